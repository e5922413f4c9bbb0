"""Every command that uses a trained model warns of one that hardly predicts its own validation rows."""

import pytest

from benchmarks.reliability.writing_commands import PREDICTED, WRITING
from seqcnn.cli import app, main
from seqcnn.model.network import cautions

SCORING = {"ensemble", "controls"}
"""Commands whose own output is the score of the model."""

ARGUMENTS = {**WRITING, "attribute": ["one.fa", *PREDICTED, "-o", "out/a.h5"]}

USING = sorted(
    {
        name
        for name, command in app.commands.items()
        if any("--model" in parameter.opts for parameter in command.params)
    }
    - SCORING
)


def test_these_commands_use_a_model():
    assert USING == [
        "attribute", "dependencies", "design", "marginalize", "motifs", "next", "predict", "saturate",
        "scan", "variants",
    ]  # fmt: skip


@pytest.mark.parametrize("name", USING)
def test_a_weak_model_is_named_once(name, inputs, tmp_path, monkeypatch, capsys):
    for path in inputs.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cautions, "MIN_VALIDATION_R", 1.0)
    with pytest.raises(SystemExit) as stop:
        main([name, *ARGUMENTS[name]])
    assert stop.value.code in (0, None)
    error = capsys.readouterr().err
    assert error.count("warning: the model hardly predicts its own validation rows") == 1
