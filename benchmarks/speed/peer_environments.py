"""Virtual environments of the peers, one per peer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks import ROOT

FOLDER = ROOT / "benchmarks" / "runs" / "peers"


def environment(name: str, *packages: str) -> Path | None:
    """Return the Python of an environment, created if missing; None if its packages cannot be installed."""
    folder = FOLDER / name
    python, done = folder / "bin" / "python", folder / "done"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        command = [python, "-m", "pip", "install", "--quiet", *packages]
        if subprocess.run(command, check=False).returncode:
            return None
        done.touch()
    return python
