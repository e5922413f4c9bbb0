"""Exported models, which run without torch: the .onnx file, the engines, and the model on top of both."""
