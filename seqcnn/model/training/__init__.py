"""Training with Lightning.

`setup` collects what a training is made of; `step` is one training step, `losses` its losses,
`distillation` its teachers; `lightning_module`, `trainer`, `callbacks`, `cuda_graphs` and `preemption`
connect it to Lightning; `run_state` finds the state of an interrupted run; `calibrate` scores and
calibrates the result.
"""
