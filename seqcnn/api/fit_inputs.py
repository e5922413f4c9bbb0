"""The data of `seqcnn fit`: read, and refused if they are unusable, before torch is loaded."""

from __future__ import annotations

from pathlib import Path

from seqcnn.config.fit_plan import FitPlan
from seqcnn.data.assay.plan import DataPlan, Inputs
from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.data.prepare import prepare
from seqcnn.data.split.splits import PARTS
from seqcnn.errors import UsageError, place
from seqcnn.io.atomic import refuse_file, refuse_outputs
from seqcnn.report.run.collect import MEMBER_FILES

DATASET = "dataset.h5"
"""Name of the dataset in the folder of a fit."""

_REMEDY = "name another folder, or remove it"


def read_inputs(inputs: Inputs, data: DataPlan, plan: FitPlan, output: Path) -> Dataset:
    """Read sequences and targets for a fit into a folder.

    Raises
    ------
    SequenceError, TableError
        If an input cannot be read, or the inputs do not belong together.
    UsageError
        If `output` is a file or holds a finished run, or an input is one of its files.
    """
    refuse_run(output)
    refuse_inputs(inputs, plan, output)
    return prepare(inputs, data)


def refuse_run(output: Path) -> None:
    """Raise `UsageError` for a file, or a folder that holds a finished run."""
    refuse_file(output)
    if (output / "report.html").exists():
        raise UsageError(f"{place(output)}: holds a finished run; {_REMEDY}")


def refuse_other_run(dataset: Dataset, plan: FitPlan, output: Path) -> None:
    """Raise `UsageError` for a folder with files of another run, which a fit would replace.

    An interrupted fit of the same data resumes.
    """
    kept = output / DATASET
    if not kept.is_file():
        for path in _files(plan, output):
            if path.is_file():
                raise UsageError(f"{place(path)}: file exists; {_REMEDY}")
        return
    before = load_dataset(kept)
    if any(before.digest(part) != dataset.digest(part) for part in PARTS):
        raise UsageError(f"{place(kept)}: holds other data than those of this fit; {_REMEDY}")


def refuse_other_model(bundle: Path, *, same: bool) -> None:
    """Raise `UsageError` for the bundle of a network that is not the `same` as the one to train."""
    if not same:
        fault = "trained on other data or with another configuration, seed or number of epochs"
        raise UsageError(f"{place(bundle)}: {fault}; {_REMEDY}")


def refuse_inputs(inputs: Inputs, plan: FitPlan, output: Path) -> None:
    """Raise `UsageError` if a file that `fit_folder` will write is one of its inputs."""
    refuse_outputs(_files(plan, output), inputs.files, overwrite=True)


def _files(plan: FitPlan, output: Path) -> list[Path]:
    """Return the files that `fit_folder` writes."""
    names = [f"{member}/{name}" for member in plan.members for name in MEMBER_FILES]
    return [output / name for name in (DATASET, "controls.json", "report.html", *names)]
