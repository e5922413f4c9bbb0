"""Files of Keras 1, 2 and 3 -> the graph of an `imported` encoder.

- `keras_file`: `.h5`, `.hdf5`, `.keras`, or JSON and a file of weights -> configuration and weights.
- `weights`: the arrays of a layer, in the old and in the current layout of these files.
- `model_graph`: sequential and functional models, also inside one another, layer by layer in order.
- `layers`: the conversion of each class of layers.

All that is read is data: a Lambda or custom layer is refused by its name.
"""
