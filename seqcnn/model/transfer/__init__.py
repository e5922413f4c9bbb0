"""Transfer learning: a training that starts from the weights of a bundle.

`pretrained` loads the source, and copies and freezes its layers; `relatives` compares its training rows with
held-out rows; `transfer_config` takes the configuration of a model from its source.
"""
