"""The state folder of a training: its last checkpoint, and a fingerprint of what is trained.

An interrupted training resumes from the checkpoint if the fingerprint is still the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqcnn.data.dataset import Dataset
from seqcnn.errors import EnvironmentFault, place
from seqcnn.io.atomic import atomic_path
from seqcnn.io.lock import locked
from seqcnn.model.network.header import Header

CHECKPOINT = "last.ckpt"
FINGERPRINT = "run"
LOCK = "lock"


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


@contextmanager
def locked_state(output: Path, *, is_first: bool) -> Iterator[Path]:
    """Yield the state folder of the training that writes a bundle; no other process trains it in the block.

    Parameters
    ----------
    output
        The bundle.
    is_first
        Whether this process is the first one of the training; the others hold no lock.

    Raises
    ------
    EnvironmentFault
        If another process trains it; the message names its number, machine and Slurm job.
    """
    folder = state_folder(output)
    if not is_first or os.environ.get("LOCAL_RANK", "0") != "0":
        yield folder
        return
    with locked(folder / LOCK):
        try:
            yield folder
        finally:
            _remove_if_empty(folder)
    if os.name == "nt":  # where an open file cannot be removed
        _remove_if_empty(folder)


def _remove_if_empty(folder: Path) -> None:
    """Remove a state folder that holds nothing but the lock."""
    if folder.is_dir() and [path.name for path in folder.iterdir()] == [LOCK]:
        shutil.rmtree(folder, ignore_errors=True)


def start_anew(folder: Path, expected: str) -> None:
    """Remove the state of another training, and write the fingerprint of this one."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)
    with atomic_path(folder / FINGERPRINT) as temporary:
        temporary.write_text(expected, encoding="utf-8", newline="\n")
