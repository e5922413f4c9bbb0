"""Features of mutants of one sequence, of which only the changed positions are computed.

A convolutional network takes `MutantFeatures` in place of a batch (N, C, L).  Its layers, through the hook
`__torch_function__` of torch, compute the positions that a mutation can change (fastISM, Nair et al. 2022,
doi:10.1093/bioinformatics/btac135), from those of the layer before, the features of the sequence itself
around them, and the padding of the layer at its ends.  An operation over all positions, such as a mean,
changes every position: after it the features of every mutant are whole.

Shapes: M mutants, C channels, L positions of a layer, W of which a mutation changes.  Features are images one
pixel high in the memory format channels-last, whose convolutions are the fastest on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from torch import Tensor

from seqcnn.interpret.mutants.span import Span

Operation = Callable[..., Any]


class MutantFeatures:
    """Features of M mutants of one sequence.

    Parameters
    ----------
    values
        float32 (M, C, 1, W), at the positions that the mutations change.
    span
        These positions; None if they are all positions of the layer.
    """

    OPERATIONS: ClassVar[dict[Operation, Operation]] = {}
    """Function of torch -> the function that computes it of `MutantFeatures`; see `layers`."""

    def __init__(self, values: Tensor, span: Span | None = None) -> None:
        self.values, self.span = values, span

    @classmethod
    def __torch_function__(
        cls,
        function: Operation,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute a function of torch: by `OPERATIONS`, or else of the features of all positions."""
        operation = cls.OPERATIONS.get(function, function)
        if operation is function:
            args = [arg.whole if isinstance(arg, cls) else arg for arg in args]
        return operation(*args, **(kwargs or {}))

    def __getattr__(self, name: str) -> Any:
        """Return an attribute or a method of the features of all positions, (M, C, L)."""
        return getattr(self.whole, name)

    def __add__(self, other: Any) -> MutantFeatures:
        """Add features of one shape."""
        return MutantFeatures(image(self) + image(other))

    def __mul__(self, other: Any) -> MutantFeatures:
        """Multiply each channel of each mutant with a number, (M, C, 1)."""
        return MutantFeatures(image(self) * image(other))

    def dim(self) -> int:
        """Return the number of axes of a batch (N, C, L)."""
        return 3

    @property
    def length(self) -> int:
        """Number of positions of the layer, L."""
        return self.values.shape[3] if self.span is None else self.span.length

    @property
    def whole(self) -> Tensor:
        """The features of all positions, float32 (M, C, L)."""
        return self.image.squeeze(2)

    @cached_property
    def image(self) -> Tensor:
        """The features of all positions, float32 (M, C, 1, L)."""
        return self.values if self.span is None else self.span.whole(self.values)


def image(features: Any) -> Tensor:
    """Return features of a batch (N, C, L), or of mutants, as images (N, C, 1, L)."""
    if not isinstance(features, MutantFeatures):
        return features.unsqueeze(2)  # type: ignore[no-any-return]
    if features.span:
        features.span.reference.is_mixed = True
    return features.image
