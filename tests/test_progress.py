"""Progress of long steps, on a terminal and elsewhere."""

import io
import itertools
import logging
import sys

import numpy as np
import pytest
from support.command_line import cli

from seqcnn import progress as progress_module
from seqcnn.config.model import ModelConfig
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.log import log_to_stderr
from seqcnn.model.baseline import RIDGE_ALPHAS, fit_baseline
from seqcnn.progress import Progress, track


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Return a function that makes stderr a terminal, on which bars are shown after some seconds."""

    def terminal(delay=0):
        monkeypatch.setattr(progress_module, "DELAY_SECONDS", delay)
        monkeypatch.setattr(sys, "stderr", stream := Terminal())
        return stream

    return terminal


@pytest.fixture
def clock(monkeypatch):
    """Return the list of the seconds that pass before each question for the time; then 0."""
    seconds, now = [], itertools.accumulate(iter(lambda: seconds.pop(0) if seconds else 0, None))
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: next(now))
    return seconds


@pytest.fixture
def steps(monkeypatch):
    """Return the list of the steps that were closed: name, units done, their total."""
    closed = []

    def close(self):
        closed.append((self.step, self.done, self.total))

    monkeypatch.setattr(Progress, "close", close)
    return closed


def test_a_terminal_shows_a_bar_with_the_number_of_units(terminal):
    stream = terminal()
    assert list(track("abc", "testing", "letters")) == ["a", "b", "c"]
    assert "testing: 100%" in stream.getvalue()
    assert "3/3" in stream.getvalue()


def test_short_steps_show_nothing(terminal):
    stream = terminal(delay=60)
    assert list(track("abc", "testing", "letters")) == ["a", "b", "c"]
    assert stream.getvalue() == ""


def test_elsewhere_a_line_is_written_every_half_minute_with_the_remaining_time(clock, caplog):
    clock += [0, 10, 10, 10, 10]
    with caplog.at_level(logging.INFO), Progress("testing", 8, "letters") as progress:
        for _ in range(4):
            progress.update()
    assert caplog.messages == ["testing: 3 of 8 letters (37 %), 00:50 remaining"]
    assert caplog.text.isprintable() or "\r" not in caplog.text


def test_without_a_total_the_line_has_the_number(clock, caplog):
    clock += [0, 31]
    with caplog.at_level(logging.INFO), Progress("testing", unit="letters") as progress:
        progress.update(5000)
    assert caplog.messages == ["testing: 5,000 letters"]


def test_quiet_commands_show_no_bar(terminal):
    stream = terminal()
    log_to_stderr(quiet=True)
    assert list(track("abc", "testing", "letters")) == ["a", "b", "c"]
    assert stream.getvalue() == ""


def test_messages_are_written_above_the_bar(terminal):
    stream = terminal()
    log_to_stderr()
    with Progress("testing", 2, "letters") as progress:
        progress.update()
        logging.getLogger("seqcnn").info("a message")
    assert "seqcnn: a message\n" in stream.getvalue().replace("\r", "\n")


def test_downloads_set_their_total_and_end_at_it():
    with Progress("downloading", unit="bytes") as progress:
        progress.total = 100
        progress.update(64)
        progress.update(64)
        progress.reset()
        progress.update(100)
        assert (progress.done, progress.total) == (100, 100)


@pytest.mark.parametrize("baseline", ["ridge", "boosting"])
def test_fits_of_baselines_report_their_progress(baseline, dataset, tmp_path, steps, capfd):
    fit_baseline(dataset, ModelConfig(baseline=baseline), tmp_path / "p.tsv", threads=1)
    step, done, total = steps[0]
    assert (step, total) == {
        "ridge": ("fitting ridge", len(RIDGE_ALPHAS)),
        "boosting": ("fitting boosting, at most", 500),
    }[baseline]
    assert done == len(RIDGE_ALPHAS) if baseline == "ridge" else 20 < done <= 500
    assert capfd.readouterr().out == ""


def test_scoring_reports_its_progress(dataset, steps):
    scores = evaluate(dataset, np.asarray(dataset.targets), resamples=10)
    count = 3 + len(scores["test_by_leakage"]) + sum(map(len, scores["strata"].values()))
    assert steps == [("scoring", count, count)]


@pytest.mark.parametrize(
    ("command", "step"),
    [
        (["predict", "x.fa"], ("predicting", 2, None)),
        (["saturate", "x.fa"], ("changing bases", 2, None)),
        (["attribute", "x.fa", "--method", "ism"], ("attributing", 2, 2)),
        (["dependencies", "x.fa"], ("changing pairs of bases", 60, 60)),
    ],
)
def test_commands_report_their_progress(command, step, bundle, tmp_path, monkeypatch, steps):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.fa").write_text(">a\nACGTACGTACACGTACGTACACGTACGTAC\n>b\nACGTACGTACACGTACGTACACGTACGTAA\n")
    assert cli(*command, "-m", bundle, "-o", "output") == 0
    assert step in steps


def test_the_name_of_a_bar_can_change_and_its_time_go_on(terminal):
    shown, silent = Progress("first", 2, stream=terminal()), Progress("first", 2, stream=io.StringIO())
    for progress in (shown, silent):
        with progress:
            progress.rename("second")
            progress.refresh()
        assert progress.step == "second"
