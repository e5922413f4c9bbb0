"""Models of other libraries: `import_model`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import FiniteFloat

from seqcnn.api.frames import optional_path
from seqcnn.api.model import Model
from seqcnn.api.public import public
from seqcnn.io.atomic import temporary_folder
from seqcnn.schema import Count
from seqcnn.sequence.onehot import ALPHABET, Ambiguity


@public
def import_model(
    path: str | Path,
    targets: str | Sequence[str],
    *,
    units: Mapping[str, str] | None = None,
    weights: str | Path | None = None,
    length: Count | None = None,
    bases: str = ALPHABET,
    layout: Literal["channels-first", "channels-last"] | None = None,
    flank5: str = "",
    flank3: str = "",
    strand: Literal["single", "double"] = "single",
    ambiguity: Ambiguity = "share",
    check: tuple[str | Path, str | Path] | None = None,
    tolerance: Annotated[FiniteFloat, Ge(0)] = 1e-4,
    output: str | Path | None = None,
    overwrite: bool = False,
) -> Model:
    """Import a model of Keras, or an ONNX file, as `seqcnn import`; no code of the file is run.

    Parameters
    ----------
    path
        .keras, .h5, .hdf5, .onnx; or a .json file of an architecture, with `weights`.
    targets
        Names of the outputs of the model, in order.
    units
        Target -> unit.
    weights
        HDF5 file of the weights of a .json file.
    length
        Length of the input in bp, flanks included, if the model takes any.
    bases
        Order of the bases in the one-hot input.
    layout
        `channels-first`, (4, L), or `channels-last`, (L, 4); by default by the shape of the input.
    flank5, flank3
        Bases that the input holds before and after every sequence.
    strand
        `double` predicts both strands and averages them.
    ambiguity
        One-hot encoding of N: `share` is 0.25 for each base, `zero` is zeros.
    check, tolerance
        Sequences, and the table of the original's predictions of them, to compare with; largest difference,
        as a fraction of the largest prediction.
    output
        The bundle to write; without it only the model is returned.
    overwrite
        Whether an existing bundle is overwritten; else it is refused.

    Examples
    --------
    >>> import seqcnn
    >>> model = seqcnn.import_model("optimus.h5", "load")  # doctest: +SKIP
    >>> model.predict(["ACGTACGTAC" * 5])  # doctest: +SKIP
    """
    from seqcnn.model import import_model as station

    names = [targets] if isinstance(targets, str) else [*targets]
    request = station.ImportRequest(
        names, units or {}, length, bases, layout, flank5, flank3, strand, ambiguity
    )
    expected = station.Expected(Path(check[0]), Path(check[1]), tolerance) if check else None
    with temporary_folder() as folder:
        bundle = folder / "model.safetensors" if output is None else Path(output)
        imported = station.import_model(
            Path(path), bundle, request, weights=optional_path(weights), expected=expected,
            overwrite=overwrite,
        )  # fmt: skip
    model = Model.of(imported)
    model.path = None if output is None else bundle
    return model
