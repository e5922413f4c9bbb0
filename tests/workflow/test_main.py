"""Snakemake behind one line per job: streams, log file and exit codes."""

import logging
import os
import signal
import sys
from contextlib import suppress

import pytest

from seqcnn.errors import EnvironmentFault
from seqcnn.workflow.__main__ import main
from seqcnn.workflow.display import STOP_SIGNALS


@pytest.fixture
def run(monkeypatch, capfd, tmp_path):
    """Return a function that runs a stand-in for Snakemake, and returns exit code and what was printed."""
    pytest.importorskip("snakemake")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", sys.argv)
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a shell it is ignored

    def run(snakemake, *words, log="logs/x.log"):
        monkeypatch.setattr("snakemake.cli.main", snakemake)
        streams, stdout = [os.dup(1), os.dup(2)], sys.stdout
        try:
            code = main(["INFO", log, *words])
        finally:
            sys.stdout = stdout
            for number, handler in before.items():
                signal.signal(number, handler)
            for number, stream in enumerate(streams, 1):
                os.dup2(stream, number)
                os.close(stream)
            logger = logging.getLogger("snakemake")
            logger.handlers.clear()
        printed = capfd.readouterr()
        return code, printed.out, printed.err

    return run


def says(text, code=0, stream=1):
    """Return a stand-in that prints and exits."""

    def snakemake(words):
        os.write(stream, text.encode())
        raise SystemExit(code)

    return snakemake


@pytest.mark.parametrize("stream", [1, 2])
def test_what_jobs_print_is_in_the_log_and_shown_if_no_job_was_planned(stream, run, tmp_path):
    code, out, err = run(says("a\nb\n", stream=stream))
    assert (code, out, err) == (0, "", "a\nb\n")
    assert (tmp_path / "logs/x.log").read_text() == "a\nb\n"


def test_of_arguments_that_snakemake_does_not_know_the_last_line_is_shown(run):
    assert run(says("usage: many lines\nerror: unknown --x\n", code=2)) == (2, "", "error: unknown --x\n")


@pytest.mark.parametrize(("exit_code", "code"), [(None, 0), (3, 3), ("a text", 1)])
def test_the_exit_code_is_that_of_snakemake(exit_code, code, run):
    assert run(says("", code=exit_code))[0] == code


def test_a_snakemake_that_returns_has_exit_code_0_and_its_own_output_stays_on_stdout(run):
    def snakemake(words):
        print("digraph", *words)

    assert run(snakemake, "--dag") == (0, "digraph --dag\n", "")


def test_a_dry_run_needs_no_log_file(run, tmp_path):
    assert run(says("planned\n"), "-n", log="") == (0, "", "planned\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("handled", [True, False])
def test_a_run_that_is_stopped_says_so_in_one_line(run, number, expected, handled, monkeypatch):
    def snakemake(words):
        with suppress(KeyboardInterrupt if handled else ()):
            signal.getsignal(number)(number, None)
        raise SystemExit(1)

    monkeypatch.setattr("seqcnn.workflow.display._terminate_jobs", lambda: None)  # children of the suite
    code, _, err = run(snakemake)
    assert code == expected
    assert err == "seqcnn: error: stopped; the same command continues the run\n"


def test_a_log_that_cannot_be_written_is_named(run, tmp_path):
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(EnvironmentFault, match="logs"):
        run(says(""))
