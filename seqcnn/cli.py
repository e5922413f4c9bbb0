"""The command line: a group of commands, and the exit code of each error.

Exit codes: 0 success, 2 invalid input or usage, 3 environment, 1 a bug (with its traceback), 128 + N after
signal N.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from types import FrameType

import click

from seqcnn.cli_support.renamed import STOP_SIGNALS
from seqcnn.commands.attribute import attribute
from seqcnn.commands.audit import audit
from seqcnn.commands.baseline import baseline
from seqcnn.commands.card import card
from seqcnn.commands.check import check
from seqcnn.commands.controls import controls
from seqcnn.commands.cross_validate import cross_validate
from seqcnn.commands.dependencies import dependencies
from seqcnn.commands.design import design
from seqcnn.commands.doctor import doctor
from seqcnn.commands.ensemble import ensemble
from seqcnn.commands.evaluate import evaluate
from seqcnn.commands.export import export
from seqcnn.commands.fetch import fetch
from seqcnn.commands.fit import fit
from seqcnn.commands.gather import gather
from seqcnn.commands.import_model import import_model
from seqcnn.commands.info import info
from seqcnn.commands.init import init
from seqcnn.commands.learning_curve import learning_curve
from seqcnn.commands.marginalize import marginalize
from seqcnn.commands.motifs import motifs
from seqcnn.commands.next_batch import next_batch
from seqcnn.commands.page import page
from seqcnn.commands.predict import predict
from seqcnn.commands.prepare import prepare
from seqcnn.commands.push import push
from seqcnn.commands.report import report
from seqcnn.commands.run import run
from seqcnn.commands.saturate import saturate
from seqcnn.commands.scan import scan
from seqcnn.commands.seqlets import seqlets
from seqcnn.commands.simulate import simulate
from seqcnn.commands.train import train
from seqcnn.commands.tune import tune
from seqcnn.commands.variants import variants
from seqcnn.documentation import DOCUMENTATION
from seqcnn.errors import EnvironmentFault, SeqcnnError, out_of_memory
from seqcnn.io.atomic import environment_fault
from seqcnn.log import escape_on_stdout, log_to_stderr, open_stderr
from seqcnn.plotting.rc_file import ignore_rc_file

logger = logging.getLogger("seqcnn")

COMMANDS = (
    fit, init, run, simulate, fetch, check, prepare, audit, train, tune, ensemble, baseline, predict,
    attribute, seqlets, motifs, marginalize, dependencies, design, next_batch, variants, saturate, scan,
    gather, evaluate, controls, cross_validate, learning_curve, report, info, export, page, card, push,
    import_model, doctor,
)  # fmt: skip
"""In the order of `--help`."""


class _Commands(click.Group):
    """A group that lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in that order."""
        return list(self.commands)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"Documentation: {DOCUMENTATION}",
)
@click.version_option(package_name="seqcnn")
@click.option("-q", "--quiet", is_flag=True, help="Print only warnings and errors on stderr.")
def app(quiet: bool) -> None:
    """Predict what short DNA sequences do, from the sequence.

    \b
    seqcnn fit design.fa activity.tsv -o run/     train, score, report
    seqcnn predict new.fa -m run/cnn/seed1/model.safetensors -o new.tsv
    """
    log_to_stderr(quiet=quiet)


for command in COMMANDS:
    app.add_command(command)


GC_THRESHOLD = 500_000
"""Allocated objects that start a garbage collection; the default, 700, costs a tenth of the start-up time."""

WAIT_POLICY = ("OMP_WAIT_POLICY", "PASSIVE")
"""Variable of OpenMP, which reads it when it is loaded: threads without work sleep.  By default they keep
their cores busy, and on a machine with other work each step then takes many times as long."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    _prepare_process()
    try:
        code = app.main(arguments, prog_name="seqcnn", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "seqcnn"
        logger.error("%s; see `%s --help`", error.format_message().removesuffix("."), command)
        sys.exit(error.exit_code)
    except SeqcnnError as error:
        logger.error("%s", error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
    except SystemExit as stop:
        sys.exit(141 if stop.code == 1 else stop.code)  # click's 1 is a broken pipe
    except (OSError, MemoryError, RuntimeError, ImportError) as error:
        fault = _environment_fault_of(error)
        if fault is None:
            raise
        logger.error("%s", fault)
        sys.exit(fault.exit_code)


def _environment_fault_of(error: Exception) -> EnvironmentFault | None:
    """Return the environment fault behind an error; None if the error is a bug."""
    if out_of_memory(error):
        return EnvironmentFault("out of memory; close other programs, or use a machine with more memory")
    if isinstance(error, OSError):
        return environment_fault(error, error.filename or "input or output")
    return None


def _prepare_process() -> None:
    """Set messages, signals, waiting threads, garbage collection and the style of figures of this process."""
    open_stderr()
    escape_on_stdout()
    log_to_stderr()
    _handle_stop_signals()
    ignore_rc_file()
    os.environ.setdefault(*WAIT_POLICY)
    gc.set_threshold(GC_THRESHOLD)


def _handle_stop_signals() -> None:
    """Exit on `STOP_SIGNALS`, except on those that are ignored, as under nohup."""
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    """Exit with the code that a shell reports for a signal; open files are closed on the way."""
    raise SystemExit(128 + number)
