"""Messages and progress bars with a closed stderr."""

import io
import sys

import pytest
from support.command_line import cli

from seqcnn.log import escape_on_stdout, shows_progress


class Terminal:
    """A stream that is a terminal, or not."""

    closed = False

    def __init__(self, terminal):
        self.isatty = lambda: terminal


@pytest.mark.parametrize(
    ("stream", "shown"), [(Terminal(True), True), (Terminal(False), False), (None, False)]
)
def test_progress_bars_are_shown_on_a_terminal_only(stream, shown):
    assert shows_progress(stream) == shown


def test_commands_keep_their_results_and_exit_codes_if_stderr_is_closed(bundle, tmp_path, monkeypatch):
    (tmp_path / "x.fa").write_text(">a\nACGTACGTACACGTACGTACACGTACGTAC\n")
    monkeypatch.setattr(sys, "stderr", None)
    output = tmp_path / "y.tsv"
    assert cli("predict", tmp_path / "none.fa", "-m", bundle, "-o", output) == 2
    sys.stderr.close()
    monkeypatch.setattr(sys, "stderr", None)
    assert cli("predict", tmp_path / "x.fa", "-m", bundle, "-o", output) == 0
    assert len(output.read_text().splitlines()) == 2
    sys.stderr.close()


def test_letters_that_standard_output_cannot_encode_are_escaped(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    escape_on_stdout()
    print("Aktivität", flush=True)
    assert written.getvalue() == rb"Aktivit\xe4t" + b"\n"
