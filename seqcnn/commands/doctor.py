"""Explain what of this machine helps or hinders seqcnn."""

from __future__ import annotations

import click

from seqcnn.cli_support.options import option
from seqcnn.cli_support.renamed import command


@command()
@option("--json", "as_json", is_flag=True, help="Print JSON, for a request for support.")
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Explain why there is no GPU, and check CPU, packages, disk, Slurm and locale.

    Each finding is `ok`, a `note` (it costs time or features) or a `problem`, with the command to run next. A
    problem gives exit code 3. No environment variables are printed.

    \b
    seqcnn doctor
    seqcnn doctor --json > doctor.json
    """
    from seqcnn.doctor import examine
    from seqcnn.doctor.machine import this_machine

    machine = this_machine()
    findings = examine.examine(machine)
    click.echo((examine.as_json if as_json else examine.as_text)(machine, findings))
    if examine.has_problem(findings):
        context.exit(3)
