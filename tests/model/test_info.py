import pytest

from seqcnn.errors import BundleError
from seqcnn.model.info import describe_bundle
from seqcnn.model.network.bundle import build, load_bundle, save_bundle
from seqcnn.sequence.window import Layout


@pytest.fixture
def described(bundle, tmp_path):
    """Return a function that describes the bundle with a changed header."""

    def described(**changes):
        header = load_bundle(bundle)[1].model_copy(update=changes)
        save_bundle(tmp_path / "m", build(header), header)
        return describe_bundle(tmp_path / "m")

    return described


def _lines(text):
    return dict(line.strip().split(": ", 1) for line in text.splitlines())


def test_a_bundle_is_described_in_words(bundle):
    lines = _lines(describe_bundle(bundle))
    assert lines["model"].startswith("cnn, ")
    assert "parameters" in lines["model"]
    assert lines["targets"] == "target"
    assert lines["input"] == "30 bp, aligned left"
    assert lines["flanks"] == "none"
    assert lines["strands"] == "single"
    assert lines["trained on"] == "48 sequences, 8 to choose, 8 to test"
    assert lines["inputs"] == "in memory"
    assert "epochs 3" in lines["training"]
    assert lines["written by"].endswith(", 1 CPU threads")
    assert lines["test scores"].startswith("target: Pearson r ")


def test_units_flanks_and_cropping_are_said(described):
    layout = Layout(30, align="right", flank5="ACGT", flank3="AC", crop=True)
    lines = _lines(described(units=("log2",), layout=layout))
    assert lines["targets"] == "target (log2)"
    assert lines["input"] == "30 bp, aligned right, longer ones cropped"
    assert lines["flanks"] == "4 bp before, 2 bp after"


def test_undefined_scores_are_left_out(described):
    text = described(metrics={"val": {"target": {"pearson": None, "rmse": 0.5}}})
    assert "val scores: target: RMSE 0.500" in text
    assert "Pearson" not in text


def test_nothing_in_a_header_reaches_the_terminal_as_a_command(described):
    text = described(split="\x1b[2J\x07x\ny", inputs={"a\rb": "0" * 64})
    assert all(line.isprintable() for line in text.splitlines())
    assert "\\x1b[2J" in text


def test_a_damaged_bundle_is_not_described(bundle, tmp_path):
    (tmp_path / "m").write_bytes(bundle.read_bytes()[:-1])
    with pytest.raises(BundleError):
        describe_bundle(tmp_path / "m")
