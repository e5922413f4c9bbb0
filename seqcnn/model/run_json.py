"""`run.json`: how a model was fitted, written beside its bundle or predictions."""

from __future__ import annotations

from pathlib import Path

from seqcnn.io.json_file import write_json


def write_run(output: Path, seconds: float, device: str, threads: int, **facts: int | None) -> None:
    """Write time in s, device, threads and further facts to `run.json` in the folder of `output`."""
    run = {"seconds": round(seconds, 1), "device": device, "threads": threads, **facts}
    write_json(output.with_name("run.json"), run)
