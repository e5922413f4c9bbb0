"""Measurements behind every number of the documentation; see benchmarks/README.md.

Run them as modules from the root of the repository, such as `python -m benchmarks.speed.training`.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""Root of the repository."""
