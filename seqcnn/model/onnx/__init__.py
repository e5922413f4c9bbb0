"""Models exported to ONNX: the file, the engines that run it, and the model built on them."""
