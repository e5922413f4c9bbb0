"""Names of the engines that `--engine` takes; this module imports nothing."""

EXPORT_ENGINES = ("openvino", "onnx")
"""Engines that run exported models, the fastest first."""

ENGINE_NAMES = ("auto", "torch", *EXPORT_ENGINES)
"""All engines; `auto` is the fastest one for a bundle, the first installed one for an .onnx file."""
