"""What `seqcnn run` shows of a pipeline: one line per job, and the end of the log of a failed one."""

import io
import logging
import re
import signal
import subprocess
from types import SimpleNamespace

import psutil
import pytest
from support.forks import start
from support.pipeline import seqcnn

from seqcnn.log import log_to_stream
from seqcnn.workflow import SNAKEFILE
from seqcnn.workflow.display import STEPS, STOP_SIGNALS, JobDisplay, last_lines, words_of

TIME = re.compile(r"\(\d+(\.\d)? s\)")


@pytest.fixture
def stream():
    """Yield the stream to which the package logs; put the handlers of signals back."""
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a shell it is ignored
    log_to_stream(stream := io.StringIO(), level=logging.INFO)
    yield stream
    for number, handler in before.items():
        signal.signal(number, handler)


def shown(stream, *records, dry_run=False):
    """Return the lines that a display shows of some records, and the display."""
    display = JobDisplay(stream, dry_run=dry_run)
    for level, message, values in records:
        display.emit(logging.makeLogRecord({"levelno": level, "msg": message, **values}))
    display.finish()
    return [TIME.sub("(T)", line) for line in stream.getvalue().splitlines()], display


def event(kind, level=logging.INFO, message="", **values):
    return level, message, {"event": kind, **values}


PLAN = event("run_info", stats={"train": 1, "evaluate": 1, "all": 1, "default": 1, "total": 4})
TRAIN = event("job_info", jobid=3, rule_name="train", wildcards={"run": "x", "model": "cnn", "seed": "2"})
ALL = event("job_info", jobid=0, rule_name="all", wildcards={})


@pytest.mark.parametrize(
    ("rule", "wildcards", "words"),
    [
        ("train", {"run": "x", "model": "cnn", "seed": "12"}, "train cnn, seed 12"),
        ("predict", {"run": "x", "model": "rnn", "member": "ensemble"}, "predict with rnn, ensemble"),
        ("evaluate", {"run": "x", "model": "ridge", "member": "fit"}, "score ridge"),
        ("prepare", {"run": "x"}, "join, check and split the data"),
        ("unknown", {}, "unknown"),
    ],
)
def test_a_job_is_named_in_plain_words(rule, wildcards, words):
    assert words_of(rule, wildcards) == words


def test_every_rule_of_the_snakefile_has_its_words():
    rules = set(re.findall(r"^ *rule (\w+):", SNAKEFILE.read_text(), re.MULTILINE))
    assert rules - {"all"} <= STEPS.keys()


def test_a_finished_job_is_one_line_with_its_number_and_time(stream):
    finished = event("job_finished", job_id=3)
    lines, display = shown(stream, PLAN, TRAIN, finished, ALL, event("job_finished", job_id=0))
    assert lines == ["seqcnn: 1/2 train cnn, seed 2 (T)"]
    assert (display.total, display.is_told) == (2, False)


def test_a_dry_run_lists_the_jobs_and_counts_them(stream):
    lines, _ = shown(stream, PLAN, TRAIN, ALL, PLAN, dry_run=True)
    assert lines == ["seqcnn: train cnn, seed 2", "seqcnn: 2 jobs would run"]


def test_a_failed_job_shows_the_end_of_its_log_and_no_other_error(stream, tmp_path):
    log = tmp_path / "train.log"
    log.write_text("".join(f"line {number}\n\n" for number in range(20)) + "\x1b[2Jseqcnn: error: bad\n")
    failed = event("job_error", logging.ERROR, jobid=3, rule_name="train", log=[str(log)])
    other = event("error", logging.ERROR, "RuleException: exit status 2")
    lines, display = shown(stream, PLAN, TRAIN, other, failed, failed, other)
    assert lines == [
        "seqcnn: error: failed: train cnn, seed 2",
        f"seqcnn: error: the last lines of {log}:",
        *(f"  line {number}" for number in range(11, 20)),
        "  \\x1b[2Jseqcnn: error: bad",
    ]
    assert display.is_told


def test_an_error_before_any_job_is_one_line(stream):
    lines, _ = shown(stream, event("error", logging.ERROR, "MissingInput:\n  a.fa\n  b.tsv"))
    assert lines == ["seqcnn: error: MissingInput: a.fa b.tsv"]


def test_an_error_that_the_snakefile_raises_is_its_message(stream):
    message = 'WorkflowError in file "/a/Snakefile", line 47:\nresults/x/report.html: truncated'
    lines, _ = shown(stream, event("error", logging.ERROR, message))
    assert lines == ["seqcnn: error: results/x/report.html: truncated"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_of_this_process_alone_ends_its_jobs(stream, number, monkeypatch):
    """Snakemake's own handler, which waits for the running jobs, is replaced when a job begins."""
    display = JobDisplay(stream, dry_run=False)
    with subprocess.Popen(["sleep", "60"]) as job:
        started = psutil.Process(job.pid)
        alone = SimpleNamespace(children=lambda recursive: [started])  # not other children of the suite
        library = SimpleNamespace(Process=lambda: alone, Error=psutil.Error)
        monkeypatch.setattr("seqcnn.workflow.display.import_module", lambda name: library)
        signal.signal(number, lambda *_: None)
        for level, message, values in (PLAN, TRAIN):
            display.emit(logging.makeLogRecord({"levelno": level, "msg": message, **values}))
        with pytest.raises(KeyboardInterrupt):
            signal.getsignal(number)(number, None)
        assert job.wait(10) == -signal.SIGTERM
    display.finish()
    assert display.stopped_by == number


def test_a_signal_that_nohup_ignores_does_not_stop_a_run(stream):
    display = JobDisplay(stream, dry_run=False)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    display.handle_signals()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_an_interrupted_run_says_how_it_continues(stream):
    message = "WorkflowError:\nAt least one job did not complete successfully."
    lines, _ = shown(stream, PLAN, TRAIN, event("error", logging.ERROR, message))
    assert lines == ["seqcnn: error: stopped; the same command continues the run"]


def test_a_job_that_fails_because_the_user_stops_the_run_is_not_shown(stream, tmp_path):
    display = JobDisplay(stream, dry_run=False)
    display.handle_signals()
    with pytest.raises(KeyboardInterrupt):
        signal.getsignal(signal.SIGINT)(signal.SIGINT, None)
    failed = event("job_error", logging.ERROR, jobid=3, rule_name="train", log=[str(tmp_path / "log")])
    for level, message, values in (PLAN, TRAIN, failed):
        display.emit(logging.makeLogRecord({"levelno": level, "msg": message, **values}))
    display.finish()
    assert stream.getvalue() == "seqcnn: error: stopped; the same command continues the run\n"


def test_warnings_of_the_snakefile_are_shown_and_those_of_snakemake_are_not(stream):
    own, other = ({"filename": name} for name in ("Snakefile", "dag.py"))
    lines, _ = shown(stream, (logging.WARNING, "another", own), (logging.WARNING, "shared", other))
    assert lines == ["seqcnn: warning: another"]


def test_a_finished_pipeline_says_so(stream):
    lines, display = shown(stream, (logging.INFO, "Nothing to be done (all files are present).", {}))
    assert lines == ["seqcnn: nothing to be done: all results are up to date"]
    assert (display.total, display.is_told) == (None, True)


def test_the_last_lines_of_a_file_that_is_missing_are_none(tmp_path):
    assert last_lines(tmp_path / "none") == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a pipeline of one baseline, without profiles and model configurations."""
    folder = tmp_path_factory.mktemp("display")
    seqcnn("simulate", "-n", "100", "--length", "50", "-o", "data", folder=folder)
    (folder / "x.yaml").write_text(
        "name: x\nsequences: data/oligos.fa\ntargets: data/targets.tsv\n"
        "data: {targets: [expression]}\nmodels: [mean]\n"
    )
    return folder


def run(folder, *arguments):
    """Run `seqcnn run x.yaml` in a folder; return its exit code and what it printed on both streams."""
    (output := folder / "said").unlink(missing_ok=True)
    process = start("seqcnn", "run", "x.yaml", *arguments, folder=folder, output=output, variables={})
    return process.wait(), [TIME.sub("(T)", line) for line in process.said().splitlines()]


def test_a_run_prints_one_line_per_job_and_keeps_the_log(folder):
    assert run(folder, "--until", "prepare", "--dry-run") == (
        0, ["seqcnn: join, check and split the data", "seqcnn: 1 job would run"]
    )  # fmt: skip
    assert not (folder / "logs").exists()
    code, lines = run(folder, "--until", "prepare")
    assert (code, lines) == (
        0,
        [
            "seqcnn: 1/1 join, check and split the data (T)",
            "seqcnn: log: logs/x/pipeline.log",
        ],
    )
    log = (folder / "logs/x/pipeline.log").read_text()
    assert "rule prepare:" in log
    assert "sequences of 50 bp, window 50 bp" in log


def test_a_failed_run_shows_why_and_where_the_log_is(folder):
    targets = (folder / "data/targets.tsv").read_text()
    lines = targets.splitlines()
    (folder / "data/targets.tsv").write_text("\n".join([lines[0], lines[1].replace("\t", "\tx", 1)]))
    code, said = run(folder, "--until", "prepare", "--forceall")
    (folder / "data/targets.tsv").write_text(targets)
    assert code == 1
    assert said[0] == "seqcnn: error: failed: join, check and split the data"
    assert said[1] == "seqcnn: error: the last lines of logs/x/prepare.log:"
    assert said[2].startswith("  seqcnn: error: data/targets.tsv: ")
    assert said[-1] == "seqcnn: error: log: logs/x/pipeline.log"
    assert len(said) == 4


def test_verbose_shows_what_snakemake_prints(folder):
    code, said = run(folder, "--until", "prepare", "--dry-run", "--forceall", "--verbose")
    assert code == 0
    assert "rule prepare:" in said


def test_arguments_that_snakemake_does_not_know_are_named(folder):
    assert run(folder, "--cors", "2") == (2, ["snakemake: error: unrecognized arguments: --cors"])
