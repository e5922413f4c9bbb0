"""The attributions file: HDF5 in the layout that TF-MoDISco reads (`modisco motifs -i`).

- `raw/seq` uint8 (N, 4, L), one-hot; `shap/seq` float32 (N, 4, L), hypothetical attributions;
  `projected_shap/seq` float32 (N, 4, L), those of the bases of the sequences.
- `control` float32 (N, L): projected attributions of one shuffle of each sequence.
- `ids`; `start` and `insert_length` int32 (N,): position of the record in the window and its length, bp; a
  record with a start below 0 was cropped.
- `prediction` float32 (N,).  Attribute `header`: JSON, see `Attributions.header`.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from annotated_types import Gt, Le
from pydantic import Field, FiniteFloat

from seqcnn.errors import (
    ConfigError,
    EnvironmentFault,
    TableError,
    UsageError,
    listed,
    place,
    refuse_control,
    show,
)
from seqcnn.io.atomic import atomic_path
from seqcnn.io.hdf5 import read_hdf5
from seqcnn.io.json_file import parse_json
from seqcnn.io.regular_file import require_file
from seqcnn.io.stream import refuse_standard_input
from seqcnn.plotting.panel import Plot
from seqcnn.plotting.picture import Picture
from seqcnn.schema import Strict, checks_arguments, validate
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.strands import insert_mask
from seqcnn.sequence.window import MAX_LENGTH, Rows

FORMAT_NUMBER = 2
FORMAT = f"seqcnn attributions {FORMAT_NUMBER}"

_RENAMED = "size and completeness.worst are now insert_length and completeness.max_error"

_DATASETS = {
    "one_hot": "raw/seq",
    "hypothetical": "shap/seq",
    "projected": "projected_shap/seq",
    "control": "control",
    "start": "start",
    "insert_length": "insert_length",
    "prediction": "prediction",
}
_NUMBERS = ("hypothetical", "projected", "control", "prediction")


_DTYPES = {"one_hot": np.uint8, "start": np.int32, "insert_length": np.int32}
"""Array -> its type; all others are float32."""


class _Completeness(Strict):
    """Differences between sums of attributions and predictions, in the units of the target."""

    max_error: float = Field(ge=0)
    prediction_sd: float = Field(ge=0)


class _Header(Strict):
    """The attribute `header`."""

    target: str
    unit: str
    method: str
    encoder: str = ""
    strand: str = ""
    model_sha256: str = ""
    sequences_sha256: str = ""
    seqcnn_version: str = ""
    completeness: _Completeness | None = None
    part: str = ""
    validation_r: FiniteFloat | None = Field(None, ge=-1, le=1)


@dataclass(frozen=True)
class Attributions:
    """Attributions of N sequences in windows of L bp; the arrays are those of the file."""

    ids: list[str]
    one_hot: np.ndarray
    hypothetical: np.ndarray
    projected: np.ndarray
    control: np.ndarray
    start: np.ndarray
    insert_length: np.ndarray
    prediction: np.ndarray
    header: dict[str, Any]
    """`target`, `unit`, `method`, `encoder`, `strand`, `model_sha256`, `sequences_sha256`, `seqcnn_version`,
    and `completeness`: `max_error`, the largest deviation of a sum of attributions from the difference of
    predictions, and `prediction_sd`, both in the units of the target; null for `ism`.  `validation_r`:
    Pearson's r of the model on its validation rows, null if undefined; absent if not recorded.  A part of a
    file also has `part`, see `seqcnn.io.shard.part`."""

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        """Return what was attributed, in one line."""
        facts = [(name, self.header.get(name)) for name in ("target", "unit", "method")]
        text = ", ".join(f"{name} {show(value)[1:-1]}" for name, value in facts if value)
        return f"Attributions of {len(self)} sequences in {self.one_hot.shape[2]} bp: {text}"

    @property
    def by_position(self) -> np.ndarray:
        """The attributions of the bases of the sequences, float32 (N, L)."""
        return self.projected.sum(1, dtype=np.float32)

    def rows(self) -> Rows:
        """Return the sequences as packed bases in their windows; ambiguous bases are N."""
        length = self.one_hot.shape[2]
        bases = (self.one_hot * PACKED_BASES[:, None]).sum(1, dtype=np.uint8)  # (N, L), 0 where there is none
        start = np.maximum(self.start, 0)
        rows = Rows(bases, start, np.minimum(self.start + self.insert_length, length) - start)
        bases[insert_mask(rows) & (bases == 0)] = PACKED_BASES.sum()
        return rows

    def take(self, selected: np.ndarray) -> Attributions:
        """Return some of the sequences."""
        arrays = {name: getattr(self, name)[selected] for name in _DATASETS}
        return replace(self, ids=[self.ids[i] for i in selected], **arrays)

    @checks_arguments
    def logo(self, name: str | None = None) -> Picture:
        """Return the logo of one sequence, which notebooks draw, in lines of 60 bp.

        Parameters
        ----------
        name
            Its id; not needed if there is one sequence.  The heights of the letters are the attributions.
            `save(path)` writes SVG, PDF or PNG.

        Raises
        ------
        UsageError
            If there is no such sequence, or several and none is named.
        """
        from seqcnn.interpret.attribution.logos import logo_of

        name = self.ids[0] if name is None and len(self) == 1 else name
        if name not in self.ids:
            what = f"{show(name)} found" if name is not None else "no id"
            raise UsageError(f"logo: {what}; expected one of {listed(list(map(show, self.ids)))}")
        drawing = logo_of(self, self.ids.index(name))
        return Picture(drawing, drawing.title)

    def plot(self) -> Picture:
        """Return the mean absolute attribution by position, of the sequences and of shuffled ones."""
        from seqcnn.interpret.attribution.logos import summary_figure

        return Picture(Plot(summary_figure(self)), f"{self.header['target']}: mean |attribution| by position")

    @checks_arguments
    def seqlets(
        self,
        *,
        fdr: Annotated[FiniteFloat, Gt(0), Le(1)] = 0.05,
        null: Literal["other-bases", "shuffled-sequences"] = "other-bases",
        database: str | Path | None = None,
    ) -> pd.DataFrame:
        """Return the seqlets, spans of high attribution; see `seqcnn.interpret.seqlets.call_seqlets`.

        Motifs of a `database` (MEME format) name them, in columns match, match_strand, match_p and match_q.
        """
        from seqcnn.interpret.motif.database import read_meme
        from seqcnn.interpret.seqlets import call_seqlets, name_seqlets

        seqlets = call_seqlets(self, fdr=fdr, null=null)
        return name_seqlets(seqlets, read_meme(Path(database))) if database is not None else seqlets

    @checks_arguments
    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all; the same attributions give the same bytes."""
        import h5py

        buffer = io.BytesIO()
        ids = np.array([i.encode("utf-8", "surrogateescape") for i in self.ids], dtype=object)
        with h5py.File(buffer, "w") as file:
            file.attrs.update({"format": FORMAT, "header": json.dumps(self.header, sort_keys=True)})
            file.create_dataset("ids", data=ids, dtype=h5py.special_dtype(vlen=bytes), track_times=False)
            for name, where in _DATASETS.items():
                array = getattr(self, name)
                compression = "gzip" if array.size else None
                file.create_dataset(where, data=array, compression=compression, track_times=False)
        with atomic_path(Path(path)) as temporary:
            temporary.write_bytes(buffer.getbuffer())


def load_attributions(path: Path, *, is_part: bool = False) -> Attributions:
    """Read an attributions file of `seqcnn attribute`; with `is_part` a part of one is accepted.

    Raises
    ------
    UsageError
        If there is no such file, or it is a part.
    TableError
        If the file is damaged, of another format, or not an attributions file.
    """
    refuse_standard_input(path, "attributions (.h5)")
    require_file(path, "`seqcnn attribute` writes attributions")
    try:
        attributes, arrays = read_hdf5(path, FORMAT, ("ids", *_DATASETS.values()))
        if attributes.get("format") != FORMAT:
            raise _wrong_format(path, attributes.get("format", ""))
        ids = [name.decode("utf-8", "surrogateescape") for name in arrays.pop("ids")]
        named = {name: arrays[where] for name, where in _DATASETS.items()}
        header = validate(_Header, parse_json(attributes["header"]), "header").model_dump(exclude_unset=True)
        attributions = Attributions(ids, **named, header=header)
        _check(attributions)
        refuse_control(ids, place(path), TableError)
        if header.get("part") and not is_part:
            raise UsageError(f"{place(path)}: a part of the attributions; join all with `seqcnn gather`")
        return attributions
    except PermissionError:
        raise EnvironmentFault(f"{place(path)}: Permission denied; you need the right to read it") from None
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError, ConfigError) as error:
        raise TableError(
            f"{place(path)}: not an attributions file, or damaged ({type(error).__name__}); "
            "expected the .h5 file that `seqcnn attribute` writes"
        ) from error


def _wrong_format(path: Path, form: str) -> TableError:
    """Return the error for a file whose `format` attribute is not `FORMAT`."""
    name, _, number = form.rpartition(" ")
    if name != FORMAT.rpartition(" ")[0] or not number.isdecimal():
        return TableError(
            f"{place(path)}: not an attributions file; expected the .h5 file that `seqcnn attribute` writes"
        )
    remedy = "update seqcnn" if int(number) > FORMAT_NUMBER else f"{_RENAMED}; run `seqcnn attribute` again"
    return TableError(
        f"{place(path)}: attributions format {number[:9]} found; expected format {FORMAT_NUMBER}; {remedy}"
    )


def _check(attributions: Attributions) -> None:
    """Raise `ValueError` if arrays do not fit one another, or a value is out of range."""
    n, length = len(attributions), attributions.one_hot.shape[-1]
    for name, where in _DATASETS.items():
        array = getattr(attributions, name)
        shape = (n, 4, length) if "/" in where else (n, length) if name == "control" else (n,)
        if array.shape != shape or array.dtype != _DTYPES.get(name, np.float32):
            raise ValueError(name)
    for numbers, low in ((attributions.start, -MAX_LENGTH), (attributions.insert_length, 0)):
        if ((numbers < low) | (numbers > MAX_LENGTH)).any():
            raise ValueError("start or insert_length")
    if (attributions.one_hot.sum(1) > 1).any():
        raise ValueError("more than one base in a position")
    if not all(np.isfinite(getattr(attributions, name)).all() for name in _NUMBERS):
        raise ValueError("numbers")
