"""Random changes of inserts that keep their length: augmentations of EvoAug's kind.

Lee et al. 2023, doi:10.1186/s13059-023-02941-w.  Different from there, the side to which inserts are aligned
stays in place, a translocation moves by any number of bp, and bases are replaced instead of noise added.

Choices are drawn on the host and applied on the device that holds the sequences, where a step may be a CUDA
graph: no shape depends on what is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from seqcnn.sequence.onehot import UNAMBIGUOUS

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Change = Literal["deletion", "insertion", "translocation", "mutation"]

CHANGES: tuple[Change, ...] = get_args(Change)
"""Kinds of changes: a `translocation` exchanges the two parts at a position, a `mutation` replaces bases."""

DELETION, INSERTION, TRANSLOCATION, MUTATION = range(1, len(CHANGES) + 1)
"""Numbers of the kinds; 0 is no change."""


@dataclass(frozen=True, slots=True)
class RandomChanges:
    """Up to `max_count` changes per sequence, each of another kind."""

    kinds: tuple[Change, ...] = CHANGES
    """Kinds to draw from, with the same probability."""
    max_count: int = 2
    """Largest number of changes; 0 to this number, or to that of the kinds, have the same probability."""
    max_span: float = 0.1
    """Longest deletion or insertion, and fraction of the bases that a mutation replaces, of the length."""

    def draw(self, n: int, length: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw C changes for each of n sequences in windows of some length in bp.

        Returns
        -------
        `kind` int64 (n, C), 0 for none; `position` and `span` float32 (n, C), 0 to 1, fractions of the length
        and of the longest span; `fill` uint8 (n, C, length), packed bases for where the change needs new
        ones, 0 where a mutation leaves a base as it is.
        """
        import torch

        count = min(self.max_count, len(self.kinds))
        numbers = torch.tensor([CHANGES.index(kind) + 1 for kind in self.kinds])
        order = torch.rand((n, len(numbers)), generator=generator).argsort(1)[:, :count]
        kind = numbers[order] * (torch.arange(count) < torch.randint(count + 1, (n, 1), generator=generator))
        position, span = torch.rand((2, n, count), generator=generator)
        letters = torch.tensor(list(UNAMBIGUOUS), dtype=torch.uint8)
        fill = letters[torch.randint(len(letters), (n, count, length), generator=generator)]
        hit = torch.rand((n, count, length), generator=generator) < self.max_span
        fill *= hit | (kind != MUTATION).unsqueeze(2)
        return {"kind": kind, "position": position, "span": span, "fill": fill}

    def apply(
        self,
        bases: Tensor,
        start: Tensor,
        insert_length: Tensor,
        choices: dict[str, Tensor],
        *,
        fixed_3p: bool,
    ) -> Tensor:
        """Change the inserts of packed windows; flanks and padding stay.

        Parameters
        ----------
        bases, start, insert_length
            As of `Rows`: uint8 (N, L), and (N,) positions and lengths in bp.
        choices
            What `draw` returned for these sequences, on their device.
        fixed_3p
            Whether the 3' end of an insert stays in place, instead of the 5' end: at the other end random
            bases fill up after a deletion, and bases are cut off after an insertion.

        Returns
        -------
        uint8 (N, L).
        """
        import torch

        window = torch.arange(bases.shape[1], device=bases.device)  # (L,)
        start, length = start.long().unsqueeze(1), insert_length.long().unsqueeze(1)  # (N, 1)
        inside = (window >= start) & (window < start + length)  # (N, L)
        fixed, step = (start + length - 1, -1) if fixed_3p else (start, 1)
        place = (window - fixed) * step  # (N, L), bp from the fixed end of the insert
        longest = (self.max_span * length).long().clamp(min=1)
        for c in range(choices["kind"].shape[1]):
            kind, position, span = (choices[name][:, c : c + 1] for name in ("kind", "position", "span"))
            first = (position * length).long().minimum(length - 1)
            size = (span * longest).long().minimum(longest - 1) + 1
            origin, is_new = _origin(place, length, kind, first, size)
            fill = choices["fill"][:, c]
            is_new |= (kind == MUTATION) & (fill > 0)
            source = torch.where(inside & ~is_new, fixed + step * origin, window)
            bases = torch.where(inside & is_new, fill, bases.gather(1, source))
        return bases


def _origin(
    place: Tensor, length: Tensor, kind: Tensor, first: Tensor, size: Tensor
) -> tuple[Tensor, Tensor]:
    """Return where the base at each place (N, L) was before a change, and which bases are new, (N, L).

    A deletion removes, and an insertion adds, `size` bp at the place `first`; the others are (N, 1), too.
    """
    deleted = place + size * (place >= first)
    inserted = place - size * (place >= first + size)
    origin = deleted.where(kind == DELETION, inserted.where(kind == INSERTION, place))
    origin = ((place + first) % length).where(kind == TRANSLOCATION, origin)
    added = (kind == INSERTION) & (place >= first) & (place < first + size)
    return origin, ((kind == DELETION) & (deleted >= length)) | added
