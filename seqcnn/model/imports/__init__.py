"""Models of other libraries: their files, read as data, become the graph of an `imported` encoder.

- `graph_builder`: a graph in the making, with its weights.
- `keras`: files of Keras 1, 2 and 3; no code in them is run, and neither Keras nor TensorFlow is needed.
- `onnx`: ONNX files of other programs.
- `wrapped`: modules of torch, which have no file.
- `check`: comparison with predictions of the original.
"""
