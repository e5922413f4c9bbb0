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

from functools import cached_property
from typing import ClassVar

from torch import Tensor

from seqcnn.interpret.mutants.span import Span
from seqcnn.model.layers.images import Images, Operation


class MutantFeatures(Images):
    """Features of M mutants of one sequence.

    Parameters
    ----------
    values
        float32 (M, C, 1, W), at the positions that the mutations change.
    span
        These positions.
    """

    OPERATIONS: ClassVar[dict[Operation, Operation]] = {**Images.OPERATIONS}

    def __init__(self, values: Tensor, span: Span) -> None:
        super().__init__(values)
        self.values, self.span = values, span

    @property
    def length(self) -> int:
        """Number of positions of the layer, L."""
        return self.span.length

    def combined(self) -> Tensor:
        """Return the features of all positions (M, C, 1, L), to combine them with others."""
        self.span.reference.is_mixed = True
        return self.image

    @cached_property
    def image(self) -> Tensor:
        """The features of all positions, float32 (M, C, 1, L)."""
        return self.span.whole(self.values)
