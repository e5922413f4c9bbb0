"""The training loop: module, trainer, losses, callbacks, distillation, calibration."""
