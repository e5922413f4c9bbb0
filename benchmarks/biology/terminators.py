"""Test a model of plant terminators for the known elements of `terminator_elements.py`.

`python -m benchmarks.biology.terminators [MODEL DATASET]` writes benchmarks/biology/terminators.md and .png,
of a bundle and its dataset; by default of two networks on the data of configs/plant_terminators.yaml, which
are trained if they are missing.  To add a section, write a function with `@section("Title")` that returns
lines of Markdown.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.biology.models import trained
from benchmarks.biology.terminator_elements import (
    CLEAVAGE,
    ELEMENTS,
    Element,
    ElementInMotif,
    all_occurrences,
    draw_effects,
    element_in_motif,
    elements_in_seqlets,
    insertions,
    inside_and_outside,
    occurrences,
    score_occurrences,
)
from seqcnn.data.dataset import load_dataset
from seqcnn.data.readers.records import Record
from seqcnn.interpret.attribute import attribute
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.insertion import Effect, shuffled_backgrounds
from seqcnn.interpret.motif.motif import LearnedMotif
from seqcnn.interpret.motif.page import effect_numbers
from seqcnn.interpret.motifs import MotifSearch, find_motifs
from seqcnn.interpret.seqlets import call_seqlets
from seqcnn.model.inference.trained_model import LoadedModel, load_model
from seqcnn.sequence.onehot import unpack

SECTIONS: dict[str, Callable[[TestRows], list[str]]] = {}
PAGE = Path("benchmarks/biology/terminators.md")
SEARCHED, ATTRIBUTED, BACKGROUNDS = 2000, 500, 100
"""Numbers of random test rows of genes for motifs, attributions and insertions."""
STEP = 5
"""Step between insertions, bp."""
ENRICHED = 3.0
"""Minimum enrichment of an element in the sites of a motif."""


@dataclass(frozen=True)
class TestRows:
    """A trained model, and test rows of genes in random order."""

    model: LoadedModel
    sample: Sample

    def first(self, number: int) -> Sample:
        """Return the first rows."""
        at = np.arange(min(number, len(self.sample)))
        return Sample([self.sample.ids[i] for i in at], self.sample.rows.take(at))

    def letters(self, number: int) -> list[str]:
        """Return the inserts of the first rows."""
        return [unpack(row.tobytes()) for row in self.first(number).rows.bases]


def section(title: str) -> Callable[[Callable[[TestRows], list[str]]], Callable[[TestRows], list[str]]]:
    """Register a section of the page."""

    def register(write: Callable[[TestRows], list[str]]) -> Callable[[TestRows], list[str]]:
        SECTIONS[title] = write
        return write

    return register


def table(head: str, rows: list[list[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    columns = head.split(" | ")
    return ["| " + " | ".join(line) + " |" for line in (columns, ["---"] * len(columns), *rows)]


@section("Motifs: filters and TF-MoDISco patterns")
def motifs_section(test_rows: TestRows) -> list[str]:
    letters = test_rows.letters(SEARCHED)
    lines = [
        f"`find_motifs` on {len(letters)} sequences.  A motif contains an element if it occurs in its sites "
        f"at least {ENRICHED:g} times as often as in all windows of the same width in the same sequences; "
        "the five filters with the highest enrichment are listed.  Positions are of the element's first "
        "base, relative to the cleavage site."
    ]
    for target, name in enumerate(test_rows.model.targets):
        found = find_motifs(test_rows.model, test_rows.first(SEARCHED), MotifSearch(target=target))
        lines += ["", f"**{name}**: {len(found)} motifs.", "", *_patterns(found), ""]
        lines += _element_rows(found, letters)
    return lines


def _patterns(found: list[LearnedMotif]) -> list[str]:
    rows = [
        [m.name, m.consensus, str(len(m.row)), _quartiles(m.start), f"{effect_numbers(m)[3]:+.3f}"]
        for m in found
        if m.kind == "pattern"
    ]
    return table("pattern | consensus | seqlets | quartiles of position | effect at its sites", rows)


def _element_rows(found: list[LearnedMotif], letters: list[str]) -> list[str]:
    rows = []
    for element in ELEMENTS:
        base = [element.expected(at) for bases in letters for at in occurrences(bases, element.letters)]
        matches = [
            element_in_motif(motif, element, letters)
            for motif in found
            if motif.width >= len(element.letters)
        ]
        matches = sorted((h for h in matches if h.fold >= ENRICHED), key=lambda h: -h.fold)
        filters = [h for h in matches if h.motif.kind == "filter"]
        patterns = [h for h in matches if h.motif.kind == "pattern"]
        rows += [_element_row(element, h, float(np.mean(base))) for h in (*patterns, *filters[:5])]
        rows += [] if matches else [[element.label, "none", *["-"] * 6]]
    head = "element | motif | consensus | sites with it | enrichment | quartiles of position"
    return table(f"{head} | where expected (all occurrences) | effect at its sites", rows)


def _element_row(element: Element, matches: ElementInMotif, base: float) -> list[str]:
    there = float(np.mean([element.expected(at) for at in matches.starts]))
    motif = matches.motif
    cells = [element.label, motif.name, motif.consensus, f"{matches.share:.0%} of {len(motif.row)}"]
    cells += [f"{matches.fold:.1f}", _quartiles(np.array(matches.starts)), f"{there:.0%} ({base:.0%})"]
    return [*cells, f"{effect_numbers(motif)[3]:+.3f}"]


def _quartiles(starts: np.ndarray) -> str:
    return ", ".join(f"{value - CLEAVAGE:.0f}" for value in np.percentile(starts, (25, 50, 75)))


@section("Attributions and seqlets")
def seqlets_section(test_rows: TestRows) -> list[str]:
    sample, letters = test_rows.first(ATTRIBUTED), test_rows.letters(ATTRIBUTED)
    records = [Record(*pair, 0, 0) for pair in zip(sample.ids, map(bytes, sample.rows.bases), strict=True)]
    lines = [
        f"ISM of {len(records)} sequences; seqlets at a false-discovery rate of 0.05, relative to "
        "attributions of other bases.  *Shuffled letters*: occurrences of the element's letters in any other "
        "order.  An occurrence is in a seqlet if at least half of it is.  Relative to shuffled sequences "
        "no threshold reaches this rate: they contain about 70 % as many TGTA and 60 % as many AATAAA by "
        "chance, and the model uses these too.",
    ]
    for target, name in enumerate(test_rows.model.targets):
        found = attribute(test_rows.model, records, target=target)
        seqlets, signs = call_seqlets(found), np.zeros(found.by_position.shape)
        for s in seqlets.itertuples():
            signs[s.row, s.start : s.end] = np.sign(s.score)
        up, shuffled = int((seqlets["score"] > 0).sum()), len(call_seqlets(found, null="shuffled-sequences"))
        lines += [
            "",
            f"**{name}**: {up} seqlets with a positive score, {len(seqlets) - up} with a negative score; "
            f"relative to shuffled sequences {shuffled}.  {elements_in_seqlets(seqlets, letters)}",
            "",
        ]
        lines += _occurrence_rows(found, signs, letters)
    return lines


def _occurrence_rows(found: Attributions, signs: np.ndarray, letters: list[str]) -> list[str]:
    rows = []
    for element in ELEMENTS:
        for what, words in (("the element", [element.letters]), ("shuffled letters", element.shuffled)):
            positions = all_occurrences(letters, words)
            for where, wanted in (("where expected", True), ("elsewhere", False)):
                here = score_occurrences(
                    found, signs, [p for p in positions if element.expected(p[1]) == wanted]
                )
                cells = [
                    str(here.n),
                    f"{here.attribution:+.3f}",
                    f"{here.in_positive:.1%}",
                    f"{here.in_negative:.1%}",
                ]
                rows.append([element.label, what, where, *cells])
    head = "element | what | where | n | mean attribution | in positive seqlets | in negative seqlets"
    return table(head, rows)


@section("Insertions into shuffled sequences")
def insertions_section(test_rows: TestRows) -> list[str]:
    rows, curves = [], []
    for target, name in enumerate(test_rows.model.targets):
        backgrounds = shuffled_backgrounds(test_rows.model, test_rows.first(BACKGROUNDS), target=target)
        for element in ELEMENTS:
            starts = list(range(0, backgrounds.length - len(element.letters) + 1, STEP))
            changes = insertions(backgrounds, element, starts)
            inside, outside = inside_and_outside(changes, element, starts)
            best = starts[int(changes.mean(1).argmax())] - CLEAVAGE
            found = inside.low > 0 and inside.mean > outside.mean
            cells = [_effect(inside), _effect(outside), f"{changes.mean(1).max():+.3f} at {best}"]
            rows.append([name, element.label, *cells, "yes" if found else "no"])
            curves.append((name, element, starts, changes))
    draw_effects(curves, PAGE.with_suffix(".png"))
    return [
        "Effect of each element minus the mean effect of its letters in all other orders, inserted every "
        f"{STEP} bp into {BACKGROUNDS} dinucleotide-shuffled test sequences; mean and 95 % interval over the "
        "sequences, in log2.  *As expected*: the interval is above 0 where the element is expected, and the "
        "mean there is higher than elsewhere.",
        "",
        *table("target | element | where expected | elsewhere | largest | as expected", rows),
        "",
        f"![Effect by position]({PAGE.stem}.png)",
    ]


def _effect(effect: Effect) -> str:
    return f"{effect.mean:+.3f} ({effect.low:+.3f} to {effect.high:+.3f})"


def main() -> None:
    """Write the page."""
    write(*(map(Path, sys.argv[1:]) if sys.argv[1:] else trained("terminators")))


def write(bundle: Path, dataset_file: Path) -> None:
    """Write the page of a bundle, and of the dataset that it was trained on."""
    model, dataset = load_model(bundle), load_dataset(dataset_file)
    genes = dataset.categories[:, dataset.category_names.index("class")] == "Gene"
    at = np.random.default_rng(1).permutation(np.flatnonzero(genes & (dataset.split == "test")))
    test_rows = TestRows(model, Sample([dataset.ids[i] for i in at], dataset.rows.take(at)))
    scores = [f"{name} r {score['pearson']:.3f}" for name, score in model.header.metrics["test"].items()]
    text = [
        "# Recovery of polyadenylation signals by a model of plant terminators\n\n"
        f"{model.header.encoder}, {model.header.members} networks; test rows: {', '.join(scores)}.  Made by\n"
        "`python -m benchmarks.biology.terminators`.  Expected elements, "
        "defined before the analysis: "
        f"{' and '.join(element.label for element in ELEMENTS)},\nin bp from the annotated cleavage site, "
        "both with a positive effect; the sources are in `benchmarks/biology/terminator_elements.py`.\n"
    ]
    text += [f"\n## {title}\n\n" + "\n".join(write(test_rows)) + "\n" for title, write in SECTIONS.items()]
    PAGE.write_text("".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
