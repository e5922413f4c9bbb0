"""From a dataset to a model bundle, and from a bundle to predictions.

Stations: `train`, `baseline`, `ensemble`, `predict`, `export`, `info`.  Shared: `open_model` (bundle or
export), `default_model`, `metrics`, `run_json`, `engine_names`.  Parts: `network/`, `training/`,
`inference/`, `onnx/`. Nothing here knows evaluation or reports.
"""
