"""Configurations: YAML in, frozen objects out; the only place that defines what is valid.

- `pipeline`: one run of the pipeline: files, columns, split, models, seeds.
- `model`: one model: an encoder or a baseline, its arguments, its training.
- `arguments`: schemas of the arguments of encoders and baselines.
- `recipes`: model configurations by name.

It imports `data.assay.plan` and nothing that reads data or runs a network.
"""
