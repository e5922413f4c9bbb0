"""README.txt of an order: what was asked, without a date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from seqcnn.design.design import Design
from seqcnn.design.objective import Objective
from seqcnn.errors import place, printable
from seqcnn.io.atomic import atomic_path
from seqcnn.io.stream import digest
from seqcnn.model.inference.target import target_in_words
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.info import size_of, summary_lines

FILE = "README.txt"
"""Name of the output file."""


def write_readme(
    model: LoadedModel,
    designs: Sequence[Design],
    limits: Sequence[tuple[str, str, str]],
    output: Path,
    *,
    purpose: tuple[str, Sequence[str]],
    files: Mapping[str, str],
    command: str = "",
) -> None:
    """Write `FILE` into a folder.

    Parameters
    ----------
    model
        The model that predicted the sequences.
    designs
        The ordered sequences.
    limits
        Name, limit and source of each constraint.
    output
        The folder.
    purpose
        Title and lines that tell what was asked for.
    files
        Output files -> what they hold.
    command
        The command line, if there was one.
    """
    counts = Counter(design.kind for design in designs)
    sections = {
        "Command": [command] if command else [],
        "Sequences": [f"{kind}: {count}" for kind, count in counts.items()],
        purpose[0]: purpose[1],
        "Model": _model_lines(model),
        "Constraints": [f"{name} {limit} ({source})" for name, limit, source in limits],
        "Files": [f"{name}: {content}" for name, content in files.items()],
    }
    lines = [f"Order of seqcnn {version('seqcnn')}"]
    for title, section in sections.items():
        lines += ["", title, *(f"  {line}" for line in section)] if section else []
    with atomic_path(output / FILE) as temporary:
        text = "\n".join(map(printable, lines)) + "\n"
        temporary.write_text(text, encoding="utf-8", newline="\n")


def objective_in_words(model: LoadedModel, objective: Objective) -> str:
    """Return an objective as text, such as `maximize activity (log2), less 1 ensemble SD`."""
    quantity = target_in_words(model, objective.target)
    if objective.minus is not None:
        quantity += f" minus {target_in_words(model, objective.minus)}"
    goal = f"{quantity} of {objective.value:g}" if objective.goal == "to" else f"{objective.goal} {quantity}"
    return f"{goal}, less {objective.risk_aversion:g} ensemble SD" if model.header.members > 1 else goal


def _model_lines(model: LoadedModel) -> list[str]:
    """Return the lines on the model."""
    file = [f"file: {place(model.path.name)}, SHA-256 {digest(model.path)}"] if model.path else []
    return [*file, *(f"{k}: {v}" for k, v in summary_lines(model.header, size_of(model.network)).items())]
