"""Files, or sequences and measurements in memory -> the dataset of a public function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqcnn.api.data.keys import arguments_of, refuse_unknown_keys
from seqcnn.api.data.reading import Reading, file_plan
from seqcnn.api.fit_data import dataset_in_memory, feature_path, table_path
from seqcnn.api.frames import file_path, genome_path
from seqcnn.data.assay.plan import Aggregate, Inputs
from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.data.prepare import prepare
from seqcnn.data.readers.id_cut import IdUntil
from seqcnn.data.transform import TransformName
from seqcnn.errors import UsageError, place
from seqcnn.io.stream import is_hdf5
from seqcnn.schema import Seed, check_arguments
from seqcnn.sequence.window import Align


def read_data(
    sequences: Any,
    targets: Any = None,
    *,
    target: str | Sequence[str] | None = None,
    group: Any = None,
    weights: Any = None,
    replicates: Any = None,
    aggregate: Aggregate | None = None,
    replicate_column: str | None = None,
    id_until: IdUntil | None = None,
    transform: TransformName = "none",
    align: Align = "left",
    split: Any = None,
    genome: str | Path | None = None,
    features: Any = None,
    seed: Seed = 1,
    **keys: Any,
) -> Dataset:
    """Return the dataset of sequences and measurements; the arguments are those of `seqcnn.fit`."""
    columns = {"group": group, "weights": weights, "replicates": replicates, "split": split}
    reading = Reading(
        target=target, aggregate=aggregate, replicate_column=replicate_column, id_until=id_until,
        align=align, transform=transform, features=features, seed=seed, keys=keys,
    )  # fmt: skip
    if isinstance(sequences, str | Path):
        inputs = file_inputs(sequences, targets, genome=genome, features=features)
        return prepare(inputs, file_plan(reading, **columns))
    genome_path(sequences, genome)
    return dataset_in_memory(sequences, targets, reading, **columns)


def file_inputs(sequences: str | Path, targets: Any, *, genome: str | Path | None, features: Any) -> Inputs:
    """Return the files of an experiment; without `targets` one file has sequences and measurements."""
    positions, path = genome_path(sequences, genome), file_path(sequences)
    return Inputs(path, path if targets is None else table_path(targets), positions, feature_path(features))


def dataset_of(
    sequences: Any, targets: Any, data: Mapping[str, Any], function: Callable[..., Any], *, seed: int = 1
) -> Dataset:
    """Return the dataset in a file of `seqcnn prepare`, or that of `read_data`.

    Parameters
    ----------
    sequences, targets
        As of `seqcnn.fit`; or `sequences` is the path of a dataset.
    data
        Keywords that describe them.
    function
        The public function, for messages.
    seed
        Random seed of the split, if `data` has none.
    """
    refuse_unknown_keys(data, function, arguments_of(read_data))
    if isinstance(sequences, str | Path) and is_hdf5(file_path(sequences)):
        if superfluous := [*(["targets"] if targets is not None else []), *data]:
            fault = f"{function.__name__}: {superfluous[0]}: {place(sequences)} is a dataset"
            raise UsageError(f"{fault}, which has its measurements and its split; leave it out")
        return load_dataset(Path(sequences))
    checked = check_arguments(read_data, {"seed": seed, **data}, function.__name__)
    return read_data(sequences, targets, **checked)
