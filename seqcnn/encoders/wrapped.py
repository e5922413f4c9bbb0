"""Any module of torch as an encoder whose output is the prediction itself."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from seqcnn.encoders.base import Encoder


class WrappedEncoder(Encoder):
    """A module on one-hot batches (N, 4, L) that returns predictions (N, T), or (N,) for one target."""

    IS_COMPLETE: ClassVar = True

    def __init__(self, length: int, module: nn.Module, targets: int) -> None:
        super().__init__(length)
        self.module, self.out_features = module, targets

    def forward(self, x: Tensor) -> Tensor:
        """Predict a one-hot batch (N, 4, L), float32 (N, T)."""
        parameter = next(self.module.parameters(), None)
        y_hat = self.module(x if parameter is None else x.to(parameter.dtype))
        return y_hat.reshape(x.shape[0], self.out_features).to(x.dtype)
