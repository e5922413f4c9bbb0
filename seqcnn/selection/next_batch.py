"""Library + model + candidates -> batch.tsv, batch.fa: the sequences whose measurement teaches most."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seqcnn.data.readers.fasta import check_names
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.design.order import order_table, readme
from seqcnn.design.order.order_table import write_order_tables
from seqcnn.design.order.readme import write_readme
from seqcnn.design.requests.constraints import constraints_of
from seqcnn.design.requests.order import OrderRequest
from seqcnn.design.synthesis.tables import limits_with_sources
from seqcnn.errors import UsageError, place, plural
from seqcnn.interpret.attribution.sample import Sample, read_sample
from seqcnn.io.atomic import refuse_folder
from seqcnn.model.inference.target import chosen_target, target_in_words
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.training_hashes import are_training_rows
from seqcnn.selection import batch_sheet
from seqcnn.selection.batch_order import ordered_sequences, with_controls
from seqcnn.selection.batch_sheet import BatchSheet
from seqcnn.selection.candidates import Candidates, left_out, make_candidates, refuse_measured_ids
from seqcnn.selection.choice import choose_batch
from seqcnn.selection.embedding import Space
from seqcnn.selection.predicted import PredictedCandidates

logger = logging.getLogger(__name__)

FILES = (*batch_sheet.FILES, *order_table.FILES, readme.FILE)
"""Names of the output files."""

PURPOSES = {" and ".join(order_table.FILES): order_table.PURPOSE, **batch_sheet.PURPOSES}
"""Output files -> what they hold, for README.txt."""

MADE = 10_000
"""Number of candidates that are made if there is no file of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """Which sequences are wanted."""

    number: int = 96
    """Number of sequences to choose."""
    made: int | None = None
    """Number of candidates to make; None is `MADE`."""
    target: str | None = None
    """Name of the target; None is the first one."""
    min_prediction: float | None = None
    max_prediction: float | None = None
    """Range of the predictions of the batch, on the scale of `seqcnn predict`; None is no bound."""
    space: Space = "network"
    """Features in which distances are measured."""
    order: OrderRequest = field(default_factory=OrderRequest)
    """Limits of synthesis and cloning, and what is ordered with the sequences."""
    seed: int = 1
    """Random seed of the candidates that are made, and of the controls."""


def next_batch(
    library: Path,
    model: LoadedModel,
    output: Path,
    *,
    candidates: Path | None = None,
    form: SequenceFormat | None = None,
    plan: BatchPlan | None = None,
    overwrite: bool = False,
) -> None:
    """Choose the sequences whose measurement teaches most, and write them as an order.

    Parameters
    ----------
    library
        Sequences that are measured: dataset (.h5), FASTA or table.
    model
        The model of the library; an ensemble also gives the disagreement of its members.
    output
        Folder of `FILES`, created if missing.
    candidates
        Sequences to choose from; None makes them from the library.
    form
        How the file of candidates is read.
    plan
        Which sequences are wanted.
    overwrite
        Whether files in the folder are overwritten.

    Raises
    ------
    SeqcnnError
        If an input or an option cannot be read, no candidate is left, or the folder holds files and
        `overwrite` is False.
    """
    refuse_folder(output, overwrite=overwrite, names=FILES, inputs=(library, candidates, model.path))
    plan, form = plan or BatchPlan(), form or SequenceFormat()
    measured = read_sample(library, model)
    _warn_of_other_library(model, measured, library)
    if candidates is None:
        form.refuse_unused(library, "library")
        sheet = choose(model, measured, None, plan)
    else:
        sample = read_sample(candidates, model, form=form)
        check_names(sample.ids, candidates)
        refuse_measured_ids(model, sample, measured, place(candidates))
        sheet = choose(model, measured, sample, plan, where=place(candidates))
    write_batch(sheet, model, plan, output)
    logger.info("%s: %s", place(output), plural(len(sheet.batch.rows), "sequence"))


def choose(
    model: LoadedModel,
    library: Sample,
    candidates: Sample | None,
    plan: BatchPlan,
    *,
    where: str = "candidates",
) -> BatchSheet:
    """Choose a batch; see `next_batch`.

    Candidates that are measured already, repeat another one, have ambiguous bases, violate a constraint or
    are predicted outside the wanted range are left out, and counted in the log.

    Parameters
    ----------
    model
        The model of the library.
    library, candidates
        Sequences that are measured, and those to choose from; None makes them from the library.
    plan
        Which sequences are wanted.
    where
        Name of the candidates in messages.

    Returns
    -------
    The batch; it is smaller than asked for if there are not enough candidates.

    Raises
    ------
    UsageError
        If options exclude each other, or no candidate is left.
    """
    refuse_options(plan, made=candidates is None)
    target, constraints = chosen_target(model, plan.target), constraints_of(model, plan.order.constraints)
    if model.header.members == 1:
        logger.warning("single model: distances alone choose; an ensemble also gives a disagreement")
    if candidates is None:
        pool = make_candidates(library, model.header.layout, plan.made or MADE, seed=plan.seed)
    else:
        pool = Candidates(candidates, [""] * len(candidates))
    out, reasons = left_out(model, pool.sample.rows, library.rows, constraints)
    usable = PredictedCandidates.of(model, pool.take(np.flatnonzero(~out)), target)
    inside = usable.in_range(plan.min_prediction, plan.max_prediction)
    usable, reasons[_outside(plan)] = usable.take(np.flatnonzero(inside)), int((~inside).sum())
    _log_left_out(where, len(usable), reasons, requested=plan.number)
    number, rows = min(plan.number, len(usable)), usable.candidates.sample.rows
    batch = choose_batch(model, rows, library.rows, number, target=target, space=plan.space)
    chosen = usable.candidates.take(batch.rows)
    sequences = ordered_sequences(
        model, chosen.sample, library, constraints,
        target=target, number=plan.order.controls, seed=plan.seed,
    )  # fmt: skip
    predicted = PredictedCandidates.of(model, with_controls(chosen, sequences, model.header.layout), target)
    return BatchSheet(sequences, predicted, library.ids, batch, constraints, target)


def write_batch(sheet: BatchSheet, model: LoadedModel, plan: BatchPlan, output: Path) -> None:
    """Write the files of a batch, `FILES`, into a folder."""
    sheet.write(output)
    write_order_tables(sheet.sequences, sheet.constraints, plan.order.plates, output)
    limits = limits_with_sources(sheet.constraints, allow_ood=True)
    write_readme(
        model, sheet.sequences, limits, output,
        purpose=("Choice", _choice_in_words(model, plan, sheet.target)), files=PURPOSES,
        command=plan.order.command,
    )  # fmt: skip


def _choice_in_words(model: LoadedModel, plan: BatchPlan, target: int) -> list[str]:
    """Return what was asked for, for README.txt."""
    where = "where the networks disagree, " if model.header.members > 1 else ""
    between = {"network": "in the last hidden layer of the networks", "kmers": "between 4-mer frequencies"}
    lines = [f"{where}far from the measured sequences and from one another {between[plan.space]}"]
    bounds = {"at least": plan.min_prediction, "at most": plan.max_prediction}
    within = [f"{words} {bound:g}" for words, bound in bounds.items() if bound is not None]
    quantity = target_in_words(model, target)
    return [*lines, f"predicted: {' '.join([quantity, ' and '.join(within)]).strip()}"]


def refuse_options(plan: BatchPlan, *, made: bool) -> None:
    """Raise `UsageError` for options that do not belong together."""
    low, high = plan.min_prediction, plan.max_prediction
    if low is not None and high is not None and low > high:
        raise UsageError(f"--min-prediction {low:g}: above --max-prediction {high:g}; exchange them")
    if plan.made is not None and not made:
        raise UsageError("--make: a number of candidates to make, but --candidates names a file; give one")


def _warn_of_other_library(model: LoadedModel, library: Sample, path: Path) -> None:
    """Warn of a library without any sequence that the model was trained on."""
    hashes, double = model.network.profile.hashes, model.header.strand == "double"
    if hashes is not None and not are_training_rows(library.rows, hashes, double=double).any():
        logger.warning("%s: has no sequence that the model was trained on; is it its library?", place(path))


def _outside(plan: BatchPlan) -> str:
    """Return why candidates outside the range are left out."""
    bounds = (("below", plan.min_prediction), ("above", plan.max_prediction))
    return "predicted " + " or ".join(f"{word} {value:g}" for word, value in bounds if value is not None)


def _log_left_out(where: str, usable: int, reasons: dict[str, int], *, requested: int) -> None:
    """Log which candidates are left out; raise `UsageError` if none is left."""
    count, texts = sum(reasons.values()), [f"{n:,} {reason}" for reason, n in reasons.items() if n]
    if not usable:
        remedy = "give others, or relax the range or the constraints"
        raise UsageError(f"{where}: {plural(count, 'candidate')}, all left out: {', '.join(texts)}; {remedy}")
    if count:
        total = plural(usable + count, "candidate")
        logger.warning("%s: %s, %s left out: %s", where, total, f"{count:,}", ", ".join(texts))
    if usable < requested:
        logger.warning("%s: only %s for a batch of %s", where, plural(usable, "candidate"), f"{requested:,}")
