"""ONNX files of other programs -> the graph of an `imported` encoder.

- `network_file`: the file, checked field by field, as nodes and constants.
- `operators`: the conversion of each operator.
"""
