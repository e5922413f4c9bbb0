"""Check the statistics of seqcnn on simulated data with known truth; write validation/validation.md.

`python -m benchmarks.validation.run` runs every study (half an hour on one core).  With names of studies,
only these are run; their parts of the page are replaced and printed.  It exits with 1 if a guarantee does
not hold.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.validation import ceiling, control, intervals, paired, predictions, variants
from benchmarks.validation.splits import leaks, planted_relatives, recall
from benchmarks.validation.study import Study

PAGE = Path("benchmarks/validation/validation.md")

STUDIES: dict[str, Callable[[], Study]] = {
    "intervals": intervals.study,
    "ceiling": ceiling.study,
    "conformal": predictions.conformal_study,
    "leak": predictions.leak_study,
    "control": control.study,
    "planted_relatives": planted_relatives.study,
    "leaks": leaks.study,
    "recall": recall.study,
    "paired": paired.study,
    "variants": variants.study,
}
"""Name on the command line -> the study, in the order of the page."""

HEADER = """# Validation on simulated data

Made by `make validation` (`python -m benchmarks.validation.run`).  On measured data the truth is unknown, so
intervals, noise ceilings and splits cannot be checked there.  They are checked here on simulated libraries:
designed oligos in families with known true activity, measured with noise of known size.  Each row gives the
guarantee, the measured value and the number of simulated experiments; rows without a guarantee are for
information.  The test suite repeats every study with fewer experiments.
"""

_HOLDS = {True: "yes", False: "**no**", None: ""}


def table(name: str, study: Study) -> str:
    """Return the part of the page that one study fills."""
    lines = [f"\n## {study.title}\n", study.description, f"\n`python -m benchmarks.validation.run {name}`\n"]
    lines += ["| setting | guaranteed | measured | repetitions | holds |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.setting} | {row.guarantee} | {row.measured} | {row.repetitions:,} | {_HOLDS[row.holds]} |"
        for row in study.rows
    ]
    return "\n".join(lines) + "\n"


def replace_part(page: str, name: str, part: str) -> str:
    """Return the page with the part of one study replaced; added at the end if it has none."""
    parts = page.split("\n## ")
    command = f"`python -m benchmarks.validation.run {name}`"
    numbers = [number for number, text in enumerate(parts) if command in text.splitlines()]
    if not numbers:
        return page + part
    parts[numbers[0]] = part.removeprefix("\n## ")
    return "\n## ".join(parts)


def main() -> None:
    """Run the selected studies."""
    logging.disable(logging.WARNING)
    selected = sys.argv[1:]
    if unknown := set(selected) - set(STUDIES):
        sys.exit(f"unknown study: {', '.join(sorted(unknown))}; known: {', '.join(STUDIES)}")
    parts, holds = {}, True
    for name in selected or STUDIES:
        begin = time.monotonic()
        study = STUDIES[name]()
        parts[name] = table(name, study)
        holds &= all(row.holds is not False for row in study.rows)
        print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr)
        if selected:
            print(parts[name])
    page = (
        PAGE.read_text(encoding="utf-8") if selected else HEADER
    )  # read now: another study may have been written meanwhile
    for name, part in parts.items():
        page = replace_part(page, name, part)
    PAGE.write_text(page, encoding="utf-8")
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
