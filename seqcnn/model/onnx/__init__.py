"""Exported models: the network as ONNX graph (`graph`, which needs torch), and what runs without torch: the
.onnx file, the engines, and the model on top of both.
"""
