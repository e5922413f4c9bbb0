"""`run.json` and `history.csv`: how a model was fitted, written beside its bundle or predictions.

Beside `model.safetensors` and `predictions.tsv`, of which a folder has one, they have these names; beside
other outputs, such as `seed1.safetensors`, they begin with that of the output: `seed1.run.json`.
"""

from __future__ import annotations

from pathlib import Path

from seqcnn.io.json_file import write_json

_ONE_PER_FOLDER = ("model", "predictions")


def run_file(output: Path) -> Path:
    """Return the path of the time, device and size of a fit that writes `output`."""
    return _beside(output, "run.json")


def history_file(output: Path) -> Path:
    """Return the path of the losses of a training that writes `output`."""
    return _beside(output, "history.csv")


def write_run(output: Path, seconds: float, device: str, threads: int, **facts: int | None) -> None:
    """Write time in s, device, threads and further facts to the `run_file` of an output."""
    run = {"seconds": round(seconds, 1), "device": device, "threads": threads, **facts}
    write_json(run_file(output), run)


def _beside(output: Path, name: str) -> Path:
    """Return the path of a file that belongs to an output."""
    return output.with_name(name if output.stem in _ONE_PER_FOLDER else f"{output.stem}.{name}")
