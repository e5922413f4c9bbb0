"""Names of the engines that `--engine` takes; this module imports nothing."""

EXPORT_ENGINES = ("openvino", "onnx")
"""Engines that run exported models, the fastest first."""

ENGINE_NAMES = ("auto", "torch", *EXPORT_ENGINES)
"""All engines; `auto` is torch for bundles, and the first installed of `EXPORT_ENGINES` for .onnx files."""
