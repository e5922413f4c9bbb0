"""Check what seqcnn promises on simulated data, whose truth is known, and write benchmarks/trust.md.

`python benchmarks/trust.py` runs every study (half an hour on one core); with names of studies it runs these
and prints their tables.  It exits with 1 if a promise was not kept.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from trust_studies import ceiling, control, intervals, paired, plants, predictions
from trust_studies.study import Study

STUDIES: dict[str, Callable[[], Study]] = {
    "intervals": intervals.study,
    "ceiling": ceiling.study,
    "conformal": predictions.conformal_study,
    "leak": predictions.leak_study,
    "control": control.study,
    "plants": plants.study,
    "paired": paired.study,
}
"""Name on the command line -> the study, in the order of the page."""

HEADER = """# What the numbers of seqcnn are worth

Made by `make trust` (`python benchmarks/trust.py`).  Measured data cannot tell whether an interval, a ceiling
or a split is honest, because nobody knows the truth behind them.  So the promises are checked on simulated
libraries: designed oligos in families whose true activity is known, measured with noise of known size.  Every
row says what was promised, what was found, and in how many simulated experiments; a row that promises nothing
is there to be known.  The test-suite repeats every study with fewer experiments
(`tests/benchmarks/test_validation.py`).
"""

_KEPT = {True: "yes", False: "**no**", None: ""}


def table(name: str, study: Study) -> str:
    """Return the part of the page that one study fills."""
    lines = [f"\n## {study.title}\n", study.words, f"\n`python benchmarks/trust.py {name}`\n"]
    lines += ["| setting | promised | measured | repetitions | kept |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.setting} | {row.promised} | {row.measured} | {row.repetitions:,} | {_KEPT[row.kept]} |"
        for row in study.rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the studies that are asked for."""
    logging.disable(logging.WARNING)
    asked = sys.argv[1:]
    if unknown := set(asked) - set(STUDIES):
        sys.exit(f"unknown study: {', '.join(sorted(unknown))}; known: {', '.join(STUDIES)}")
    page, kept = HEADER, True
    for name in asked or STUDIES:
        begin = time.monotonic()
        study = STUDIES[name]()
        page += table(name, study)
        kept &= all(row.kept is not False for row in study.rows)
        print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr)
    if asked:
        print(page.removeprefix(HEADER))
    else:
        Path(__file__).with_suffix(".md").write_text(page)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
