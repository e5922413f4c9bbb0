"""The index of the pages on biology: one line per result, read from its page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.biology.page import read_sections, read_tables, table

FOLDER = Path("benchmarks/biology")
PAGE = FOLDER / "biology.md"

SIMULATED, PUBLIC = "simulated truth", "public data"

HEADER = """# Biology: known truth and public data

Made by `python -m benchmarks.biology` (hours on one core); with names of parts, only these are measured:
{parts}.  One line per result, read from the page that is linked;
`python -m benchmarks.biology index` only rewrites this page.
"""


class Result(NamedTuple):
    """A line of the index."""

    part: str
    """Part of `python -m benchmarks.biology`, and name of the page."""
    section: str
    """Title of the section of the page; '' for the whole page."""
    data: str
    question: str
    text: Callable[[str], str]
    """Text of the section -> the result."""


def cell(text: str, column: str, **row: str) -> str:
    """Return a cell of the tables of a section: of the first row whose cells start with the given texts."""
    for cells in read_tables(text):
        if column in cells and all(cells.get(head, "").startswith(value) for head, value in row.items()):
            return cells[column]
    raise LookupError(f"no cell {column!r} of {row}")


def _quantity(name: str) -> Callable[[str], str]:
    """Return the function that finds a quantity in a table of quantities."""
    return lambda text: cell(text, "value", quantity=name)


def _precision_and_recall(text: str) -> str:
    """Return those of all sites at a false-discovery rate of 0.05."""
    values = [cell(text, column, FDR="0.05", sites="all") for column in ("precision", "recall")]
    return f"precision {values[0]}, recall {values[1]} (FDR 0.05)"


def _called(sensitivity: str) -> Callable[[str], str]:
    """Return the function that describes the calls at alpha 0.05."""

    def text_of(text: str) -> str:
        rates = [cell(text, column, alpha="0.05") for column in ("false-positive rate", sensitivity)]
        return f"false-positive rate {rates[0]}, sensitivity {rates[1]} (alpha 0.05)"

    return text_of


def _effects(text: str) -> str:
    """Return r of predicted and measured effects, and the calls at alpha 0.05."""
    r = " ".join(text.split()).split("r of effects, predicted against measured: ")[1].split(", rho")[0]
    return f"r of effects {r}; {_called('sensitivity, beyond 1.96 SD')(text)}"


def _saved(text: str) -> str:
    """Return what the batches save, by seed, and the difference of r after the last."""
    rows = read_tables(text)
    saved = [row for row in rows if row.get("", "").startswith("saved")]
    last = list(saved[0])[-1]
    difference = next(row[last] for row in rows if row.get("", "").startswith("r, chosen"))
    return f"{last}: saves {', '.join(row[last] for row in saved)} (by seed); r {difference}"


def _deepshap(text: str) -> str:
    """Return the sites found by both methods, with the attributions of `cnn_motifs`."""
    auprc = [cell(text, "AUPRC, all sites", model="cnn_motifs", method=m) for m in ("ism", "deepshap")]
    return f"AUPRC {auprc[0]} (ISM), {auprc[1]} (DeepSHAP)"


def _designs(text: str) -> str:
    """Return the true activity of designs of each ensemble."""
    names = ("best design, true", "median design, true")
    found = [
        "best {}, median {}".format(*(cell(text, ensemble, quantity=name) for name in names))
        for ensemble in ("ensemble 1", "ensemble 2")
    ]
    library = cell(text, "ensemble 1", quantity="best of the library")
    return f"true activity by ensemble: {'; '.join(found)}; best of the library {library}"


def _elements(text: str) -> str:
    """Return how many elements have the expected effect."""
    answers = [row["as expected"] for row in read_tables(text)]
    return f"{answers.count('yes')} of {len(answers)} effects as expected"


ISM = r"mean AUPRC of \|ISM\|"
EFFECTS = "Do calls of variants, and effects, agree with measured mutants?"
BATCHES = "What do chosen batches save against random ones?"

RESULTS = (
    Result(
        "example", "Attributions", SIMULATED, "Do attributions find the sites?",
        lambda text: f"AUPRC {cell(text, ISM, sites='all')}",
    ),
    Result("example", "Seqlets", SIMULATED, "Do seqlets find the sites?", _precision_and_recall),
    Result("example", "Hits of motifs", SIMULATED, "Do hits find the sites?", _precision_and_recall),
    Result(
        "example", "Variants", SIMULATED, "Are effects of variants the true ones?",
        lambda text: f"r {_quantity('r')(text)}",
    ),
    Result(
        "example", "Motifs", SIMULATED, "Are the planted motifs recovered?",
        lambda text: f"fraction {_quantity('planted motifs recovered')(text)}",
    ),
    Result("example", "Designs", SIMULATED, "Are designs as active as predicted?", _designs),
    Result("attributions", "", SIMULATED, "Which method of attribution finds the sites?", _deepshap),
    Result(
        "calls", "Simulated example", SIMULATED, "Do calls of variants agree with true effects?",
        _called("sensitivity, 0.5 or more"),
    ),
    Result("calls", "Measured: human cassette exons", PUBLIC, EFFECTS, _effects),
    Result("calls", "Measured: human retained introns", PUBLIC, EFFECTS, _effects),
    Result("calls", "Measured: designs in plant terminators", PUBLIC, EFFECTS, _effects),
    Result("next_batch", "Simulated: sites in a sixth", SIMULATED, BATCHES, _saved),
    Result("next_batch", "Simulated: sites in most", SIMULATED, BATCHES, _saved),
    Result("next_batch", "Public: plant terminators", PUBLIC, BATCHES, _saved),
    Result("next_batch", "Public: yeast 5' UTRs", PUBLIC, BATCHES, _saved),
    Result(
        "terminators", "Insertions into shuffled sequences", PUBLIC, "Are AATAAA and TGTA recovered?",
        _elements,
    ),
)  # fmt: skip


def index() -> str:
    """Return the text of the index; sections that a page does not have are left out."""
    rows = []
    for result in RESULTS:
        path = FOLDER / f"{result.part}.md"
        sections = read_sections(path) | {"": path.read_text(encoding="utf-8")}
        if text := sections.get(result.section):
            link = ", ".join(filter(None, [f"[{result.part}]({path.name})", result.section]))
            command = f"`python -m benchmarks.biology {result.part}`"
            rows.append([result.question, result.data, result.text(text), link, command])
    parts = ", ".join(f"`{part}`" for part in dict.fromkeys(result.part for result in RESULTS))
    return f"{HEADER.format(parts=parts)}\n{table(('question', 'data', 'result', 'page', 'command'), rows)}\n"
