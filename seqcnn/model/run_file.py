"""`run.json`: how a model was fitted, written beside its bundle or predictions."""

from __future__ import annotations

import json
from pathlib import Path

from seqcnn.io.atomic import atomic_path


def write_run(output: Path, seconds: float, device: str, threads: int, **facts: int | None) -> None:
    """Write time in s, device, threads and further facts to `run.json` in the folder of `output`."""
    run = {"seconds": round(seconds, 1), "device": device, "threads": threads, **facts}
    with atomic_path(output.with_name("run.json")) as temporary:
        temporary.write_text(json.dumps(run, indent=1) + "\n")
