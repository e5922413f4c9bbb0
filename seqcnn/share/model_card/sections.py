"""The sections of a card, as Markdown; names from the header are escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from seqcnn.errors import printable
from seqcnn.model.inference.predictions import MAX_AMBIGUOUS
from seqcnn.model.metrics import METRICS, MIN_CORRELATION_ROWS
from seqcnn.model.network.cautions import cautions
from seqcnn.model.network.header import Header
from seqcnn.model.network.imported_from import UNTRAINED
from seqcnn.share.model_card.scores import TargetScores, Value

_UNDEFINED = f"not defined (fewer than {MIN_CORRELATION_ROWS} rows, or equal values)"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#&~!])")

_SUBSETS = {
    "leaked": "with a relative among the training sequences",
    "segment": "with only a recurring segment of them",
    "clean": "with neither",
}
"""Subset of the test rows -> its description."""


def escaped(text: str) -> str:
    """Return a text of others without the meaning of its characters in Markdown and HTML.

    >>> escaped("a_b <i>")
    'a\\\\_b \\\\<i\\\\>'
    """
    return _SPECIAL.sub(r"\\\1", printable(text))


def sections(header: Header, scores: Mapping[str, TargetScores], file: str) -> Iterator[str]:
    """Yield the sections between description and licence; `file` is the name of the bundle."""
    yield _use(header, file)
    yield _prediction(header)
    yield _data(header)
    yield _scores(scores)
    yield _limits(header)


def target_names(header: Header) -> list[str]:
    """Return the targets with their units, escaped."""
    pairs = zip(header.targets, header.units, strict=True)
    return [escaped(f"{name} ({unit})" if unit else name) for name, unit in pairs]


def _use(header: Header, file: str) -> str:
    """Return how to predict on the command line and in Python."""
    option, argument = (" --interval 0.9", ", interval=0.9") if header.calibration else ("", "")
    return f"""## Use

With seqcnn {escaped(header.seqcnn_version)} or newer:

```
seqcnn predict sequences.fa -m {file}{option} -o predictions.tsv
```

```python
import seqcnn
model = seqcnn.load_model("{file}")
model.predict(["ACGT..."]{argument})
```"""


def _prediction(header: Header) -> str:
    """Return what is predicted, from what."""
    layout = header.layout
    strand = "both strands are averaged" if header.strand == "double" else "the strand as given"
    others = "longer ones are cropped, shorter ones" if layout.crop else "longer and shorter ones"
    ranged = header.min_length < layout.length
    aligned = f" They are aligned {layout.align} in windows of {layout.length} bp." if ranged else ""
    networks = f", the mean of {header.members} networks" if header.members > 1 else ""
    lines = [
        f"- Predicts: {', '.join(target_names(header))}.",
        f"- From: DNA of {header.lengths}, {strand}; {others} are refused.{aligned}",
        f"- Model: `{header.encoder}`{networks}.",
    ]
    if header.transforms:
        names = ", ".join(f"{escaped(n)} ({t.name})" for n, t in header.transforms.items())
        lines.append(f"- Trained on transformed values, {names}; predictions are on the original scale.")
    if layout.flank5 or layout.flank3:
        flanks = f"{len(layout.flank5)} bp before and {len(layout.flank3)} bp after"
        lines.append(f"- The model adds the flanks of its construct itself, {flanks}: give the insert only.")
    return "\n".join(["## What it predicts", "", *lines])


def _data(header: Header) -> str:
    """Return the training data and how they were split; or where an imported model comes from."""
    if header.imported:
        origin = header.imported
        agreement = origin.check.text if origin.check else "not compared with predictions of the original"
        lines = [f"- Trained elsewhere; imported from {escaped(origin.library)}, {_files(origin.files)}."]
        return "\n".join(["## Training data", "", *lines, f"- Agreement: {agreement}."])
    sizes = {part: f"{count:,}" for part, count in header.split_sizes.items()}
    counts = [f"{sizes.get(part, '0')} {words}" for part, words in
              (("train", "training"), ("val", "validation"), ("test", "test"))]  # fmt: skip
    lines = [f"- {', '.join(counts)} sequences.", f"- Split: {escaped(header.split)}."]
    lines += [f"- Files: {_files(header.inputs)}."] if header.inputs else []
    lines += [f"- Started from {escaped(source.text)}; {source.leakage_text}." for source in header.sources]
    lines.append(f"- SHA-256 of the training rows: `{header.training_sha256}`.")
    return "\n".join(["## Training data", "", *lines])


def _files(files: Mapping[str, str]) -> str:
    """Return names of files with their SHA-256."""
    return ", ".join(f"{escaped(name)} (SHA-256 {digest[:12]})" for name, digest in files.items())


def _scores(scores: Mapping[str, TargetScores]) -> str:
    """Return the table of test scores, the ceiling, and the scores by leakage."""
    if not scores:
        return "## Scores\n\nNo test rows were scored."
    rows = ["| target | test rows | metric | value | 95 % interval |", "|---|---|---|---|---|"]
    for target, of_target in scores.items():
        start = f"| {escaped(target)} | {'' if of_target.n is None else f'{of_target.n:,}'} "
        rows += [
            f"{start}| {metric.label} | {_number(score.value)} | {_interval(score)} |"
            for name, metric in METRICS.items()
            if (score := of_target.values.get(name))
        ]
    return "\n".join(["## Scores", "", *rows, "", *_notes(scores)]).rstrip()


def _notes(scores: Mapping[str, TargetScores]) -> Iterator[str]:
    """Yield notes on ceiling and leakage."""
    for target, of_target in scores.items():
        if of_target.attainable_r is not None:
            r = f"{of_target.attainable_r:.2f}"
            yield f"- {escaped(target)}: replicates allow a perfect model r = {r} (noise ceiling)."
        for subset, value in of_target.by_leakage.items():
            if subset in _SUBSETS:
                score = f"r is {_UNDEFINED}" if value is None else f"r = {value:.3f}"
            yield f"- {escaped(target)}: {score} on test rows {_SUBSETS[subset]}."
        if not of_target.by_leakage and of_target.n is not None:
            yield f"- {escaped(target)}: no test row has a relative among the training sequences."


def _limits(header: Header) -> str:
    """Return what predictions and intervals are not."""
    other = f"lengths than {header.lengths}, other cell types, species, constructs and assays"
    lines = [
        "- What the model was trained on is not known here: see its authors' description."
        if header.encoder in UNTRAINED
        else f"- Sequences of other {other} were not seen in the training.",
        f"- Sequences of which more than {MAX_AMBIGUOUS:.0%} is ambiguous (N) have no prediction.",
    ]
    if header.ood:
        flagged = "flags sequences whose k-mers are unlike those of the training"
        rate = f"Of sequences like the training's {header.ood.rate:.1%} are flagged, too"
        lines.append(
            f"- The column `out_of_distribution` {flagged}: their predictions are unreliable. {rate}."
        )
    if text := header.calibration_text:
        lines.append(f"- Prediction intervals were calibrated on {text}.")
    lines += [f"- {escaped(text[0].upper() + text[1:])}." for text in cautions([header], interval=True)]
    return "\n".join(["## Limits", "", *lines])


def _number(value: float | None) -> str:
    return _UNDEFINED if value is None else f"{value:.3f}"


def _interval(score: Value) -> str:
    return "" if score.low is None or score.high is None else f"{score.low:.3f} to {score.high:.3f}"
