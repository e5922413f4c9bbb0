"""Measure biology on known truth and on public data, and write the index, benchmarks/biology/biology.md.

`python -m benchmarks.biology` runs every part (hours on one core); with names of parts, such as `calls`, only
these are run.  `index` runs none.
"""

from __future__ import annotations

import runpy
import sys

from benchmarks.biology.index import PAGE, RESULTS, index

PARTS = list(dict.fromkeys(result.part for result in RESULTS))


def main() -> None:
    """Run the selected parts, and write the index."""
    selected = sys.argv[1:] or PARTS
    if unknown := set(selected) - {*PARTS, "index"}:
        sys.exit(f"unknown part: {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}, index")
    for part in PARTS:
        if part in selected:
            sys.argv[1:] = []
            runpy.run_module(f"benchmarks.biology.{part}", run_name="__main__", alter_sys=True)
    PAGE.write_text(index(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
