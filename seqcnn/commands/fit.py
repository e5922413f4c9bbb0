"""Train on sequences and measurements, and write a report."""

from __future__ import annotations

from pathlib import Path

import click

from seqcnn.cli_support.data import DataOptions, data_options
from seqcnn.cli_support.fit import FitOptions, fit_options
from seqcnn.cli_support.launchers import leave_to_first_task
from seqcnn.cli_support.options import File, device, figures, output_folder, threads
from seqcnn.cli_support.renamed import command


@command(resumes=True)
@click.argument("sequences", type=File)
@click.argument("targets", type=File, required=False)
@data_options
@fit_options
@threads
@device
@figures
@output_folder
def fit(
    sequences: Path, targets: Path | None, data: DataOptions, models: FitOptions, threads: int | None,
    device: str, figures: bool, output: Path,
) -> None:  # fmt: skip
    """Train on SEQUENCES (FASTA, table or BED) and TARGETS (table) and write a report.

    \b
    seqcnn fit design.fa activity.tsv -o run/
    seqcnn fit library.tsv --target log2_activity --group gene --preset fast -o run/
    seqcnn fit design.fa activity.tsv --configs cnn,rnn --seeds 1,2,3 -o run/
    seqcnn fit design.fa activity.tsv --features embeddings.npz --configs features,ridge -o run/
    seqcnn fit small.tsv --from library/cnn/ensemble/model.safetensors --freeze stem -o run/
    """
    leave_to_first_task()
    from seqcnn.api.fit_inputs import read_inputs
    from seqcnn.cli_support.data import data_plan, inputs_of
    from seqcnn.cli_support.fit import plan_of

    plan = plan_of(models)
    dataset = read_inputs(inputs_of(sequences, targets, data), data_plan(data), plan, output)

    from seqcnn.api.fit_folder import fit_folder  # loads torch: errors in the data are found before
    from seqcnn.model.train import Machine

    fit_folder(dataset, plan, output, machine=Machine(device, threads=threads), figures=figures)
