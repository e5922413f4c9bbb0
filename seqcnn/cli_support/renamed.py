"""Refuse flags of earlier versions with the name that each has now, and files in the place of an option."""

from __future__ import annotations

import logging
import shlex
import signal
from typing import Any

import click

from seqcnn.stop_signals import available

logger = logging.getLogger(__name__)

STOP_SIGNALS = available("SIGTERM", "SIGHUP", "SIGUSR1")
"""Signals on which a command removes unfinished outputs and exits, as on SIGINT."""

RENAMED_CONFIG_FLAGS = {"--model": "--config", "--encoder": "--config"}

RENAMED_FLAGS: dict[str, dict[str, str]] = {
    "fit": {"--model": "--configs", "--encoder": "--configs", "--config": "--configs"},
    "train": RENAMED_CONFIG_FLAGS,
    "baseline": RENAMED_CONFIG_FLAGS,
    "cross-validate": RENAMED_CONFIG_FLAGS,
    "learning-curve": RENAMED_CONFIG_FLAGS,
    "prepare": {"--config": "--data-config"},
    "check": {"--config": "--data-config"},
    "attribute": {"--part": "--split-part", "--pictures": "--logo-dir", "--page": "--html"},
    "motifs": {"--least": "--min-sites"},
    "marginalize": {"--widest": "--max-gap", "--places": "--n-positions"},
    "design": {"--seeds": "--start", "--caution": "--risk-aversion", "--allow-unlike": "--allow-ood"},
    "report": {"--probed": "--biology-model"},
}
"""Command -> old flag -> its name now."""

ARGUMENT_HINTS = {
    "variants": "give a VCF with --vcf, a table of pairs with --pairs, and the genome with --genome",
    "scan": "give regions with --bed",
    "predict": "give models with -m",
}
"""Command -> options for files that are given as arguments."""


_ARGUMENTS = "seqcnn.arguments"  # key of the arguments in the context


class Command(click.Command):
    """A command that refuses an old flag by naming the new one, and a stray file by naming its option.

    With `resumes`, the same command continues a run that was stopped, and says so when it is stopped.
    """

    def __init__(self, *args: Any, resumes: bool = False, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.resumes = resumes

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; log that it can be continued if it is stopped."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            self._log_stop()
            raise SystemExit(128 + signal.SIGINT) from None
        except SystemExit as stop:
            if stop.code in {128 + number for number in STOP_SIGNALS}:
                self._log_stop()
            raise

    def _log_stop(self) -> None:
        """Log that the same command continues the run."""
        if self.resumes:
            logger.error("stopped; the same command continues the run")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line; add the new name, or the option, to the error."""
        ctx.meta[_ARGUMENTS] = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if new := RENAMED_FLAGS.get(str(self.name), {}).get(error.option_name):
                message = f"{error.option_name} is now called {new}"
                raise click.UsageError(message, ctx) from None
            raise
        except click.UsageError as error:
            if "unexpected extra argument" in error.message and (hint := ARGUMENT_HINTS.get(str(self.name))):
                raise click.UsageError(f"{error.message}; {hint}", ctx) from None
            raise


def command_line() -> str:
    """Return the command line of the command that runs, quoted for a shell."""
    context = click.get_current_context()
    return shlex.join([*context.command_path.split(), *context.meta[_ARGUMENTS]])


def command(name: str | None = None, **settings: Any) -> Any:
    """Return a decorator that makes a `Command` of a function."""
    return click.command(name, cls=Command, **settings)
