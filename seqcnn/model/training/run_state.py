"""The state folder of a training: its last checkpoint, and a fingerprint of what is trained.

An interrupted training resumes from the checkpoint if the fingerprint is still the same.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from pathlib import Path
from typing import Any

from seqcnn.data.dataset import Dataset
from seqcnn.errors import EnvironmentFault, place
from seqcnn.io.atomic import atomic_path
from seqcnn.model.network.header import Header

CHECKPOINT = "last.ckpt"
FINGERPRINT = "run"


def state_folder(output: Path) -> Path:
    """Return the folder of the state of the training that writes a bundle."""
    return output.with_name(output.name + ".state")


def fingerprint(header: Header, dataset: Dataset, devices: int) -> str:
    """Return a hash of all that decides the weights: model, rows, versions, devices, number of threads."""
    values: dict[str, Any] = {"model": header.model_dump(mode="json")}
    values |= {"val": dataset.digest("selection"), "devices": devices}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def is_resumable(folder: Path, expected: str) -> bool:
    """Return whether a folder holds a checkpoint of the training with this fingerprint."""
    mark = folder / FINGERPRINT
    return mark.is_file() and mark.read_text(encoding="utf-8") == expected and has_checkpoint(folder)


def wait_for_state(folder: Path, expected: str, *, seconds: float = 600) -> None:
    """Wait until the first process of a training has prepared its folder.

    Raises
    ------
    EnvironmentFault
        If that takes longer, or this process trains something else.
    """
    mark, end = folder / FINGERPRINT, time.monotonic() + seconds
    while not (mark.is_file() and mark.read_text(encoding="utf-8") == expected):
        if time.monotonic() > end:
            fault = "not prepared by the first task of srun; give all tasks the same command and folder"
            raise EnvironmentFault(f"{place(folder)}: {fault}")
        time.sleep(0.1)


def has_checkpoint(folder: Path) -> bool:
    """Return whether a folder holds the checkpoint of an interrupted training."""
    return (folder / CHECKPOINT).is_file()


def start_anew(folder: Path, expected: str) -> None:
    """Remove the state of another training, and write the fingerprint of this one."""
    shutil.rmtree(folder, ignore_errors=True)
    with atomic_path(folder / FINGERPRINT) as temporary:
        temporary.write_text(expected, encoding="utf-8", newline="\n")
