import re

import pytest
import yaml
from support.predictor_page import untrained

from seqcnn.cli import main
from seqcnn.errors import UsageError
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.io.json_file import write_json
from seqcnn.model.inference.trained_model import load_model
from seqcnn.sequence.window import Layout
from seqcnn.share.card import CardTexts, card, check_texts, first_targets
from seqcnn.share.model_card.front_matter import front_matter as front_matter_text
from seqcnn.share.model_card.scores import TargetScores, Value
from seqcnn.share.model_card.sections import escaped, sections


@pytest.fixture
def model(bundle, tmp_path):
    """Return a copy of the tiny trained model."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(bundle.read_bytes())
    return path


def front_matter(text):
    return yaml.safe_load(text.split("---\n")[1])


def test_a_card_says_what_the_model_is_and_how_to_use_it(model, tmp_path, caplog):
    texts = CardTexts("Promoters", license="cc-by-4.0", citation="doi:10.1/x")
    card(model, tmp_path / "README.md", texts=texts)
    text = (tmp_path / "README.md").read_text()
    for sentence in (
        "# Promoters\n",
        "Predicts target from DNA sequences of 30 bp.",
        "seqcnn predict sequences.fa -m model.safetensors --interval 0.9",
        "- 48 training, 8 validation, 8 test sequences.",
        "- From: DNA of 30 bp, the strand as given; longer and shorter ones are refused.\n",
        "- Licence: cc-by-4.0\n- Citation: doi:10.1/x\n",
        "`out_of_distribution`",
    ):
        assert sentence in text
    assert "no licence" not in caplog.text
    block = front_matter(text)
    assert (block["license"], block["library_name"]) == ("cc-by-4.0", "seqcnn")
    (result,) = block["model-index"][0]["results"]
    r = load_model(model).header.metrics["test"]["target"]["pearson"]
    assert result["metrics"][0] == {"type": "pearsonr", "name": "Pearson r", "value": round(r, 4)}


def test_scores_have_the_intervals_of_the_metrics_beside_the_model(model, dataset, tmp_path):
    metrics = evaluate(dataset, load_model(model).predict_rows(dataset.rows))
    write_json(tmp_path / "metrics.json", metrics)
    card(model, tmp_path / "README.md")
    r = metrics["parts"]["test"]["target"]["pearson"]
    interval = "" if r["low"] is None else f"{r['low']:.3f} to {r['high']:.3f}"
    assert (
        f"| target | 8 | Pearson r | {r['value']:.3f} | {interval} |" in (tmp_path / "README.md").read_text()
    )


def test_ceiling_and_leakage_are_told(model, dataset, tmp_path):
    metrics = evaluate(dataset, load_model(model).predict_rows(dataset.rows))
    scores = metrics["parts"]["test"]["target"]
    scores["ceiling"] = {"attainable_r": 0.931, "reliability": 0.87}
    metrics["test_by_leakage"] = {
        "leaked": {"target": scores},
        "clean": {"target": {**scores, "pearson": {"value": None}}},
    }
    write_json(tmp_path / "other.json", metrics)
    card(model, tmp_path / "README.md", metrics=tmp_path / "other.json")
    text, r = (tmp_path / "README.md").read_text(), f"{scores['pearson']['value']:.3f}"
    assert "- target: replicates allow a perfect model r = 0.93 (noise ceiling)." in text
    assert f"- target: r = {r} on test rows with a relative among the training sequences." in text
    undefined = "- target: r is not defined (fewer than 5 rows, or equal values) on test rows with neither."
    assert undefined in text


def test_metrics_of_another_model_are_refused(model, dataset, tmp_path):
    metrics = evaluate(dataset, -load_model(model).predict_rows(dataset.rows))
    write_json(tmp_path / "metrics.json", metrics)
    with pytest.raises(
        UsageError, match=r"metrics\.json: 'target' has r = -.*; expected the metrics of this"
    ):
        card(model, tmp_path / "README.md")
    assert not (tmp_path / "README.md").exists()


@pytest.mark.parametrize("content", ["{}", '{"parts": {"test": {"target": 3}}}', '{"parts": []}'])
def test_other_json_is_refused(content, model, tmp_path):
    (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(UsageError, match="no test scores found; expected the metrics that `seqcnn evaluate`"):
        card(model, tmp_path / "README.md")


def test_a_missing_licence_and_citation_are_asked_for(model, tmp_path, caplog):
    card(model, tmp_path / "README.md")
    text = (tmp_path / "README.md").read_text()
    assert "- Licence: Not stated: ask the authors before you use the model." in text
    assert "license" not in front_matter(text)
    for words in ("give --license", "give --citation", "give --metrics"):
        assert words in caplog.text


def test_names_of_others_are_text_and_nothing_else(bundle, tmp_path):
    name = "<script>|`x`\u202e# y"
    fields = {"encoder": "mlp", "layout": Layout(30), "targets": (name,), "calibration": {}}
    path = untrained(bundle, tmp_path / "m.safetensors", **fields)
    card(path, tmp_path / "README.md")
    text = (tmp_path / "README.md").read_text()
    assert "\u202e" not in text
    body = text.split("---\n")[2]
    assert not re.search(r"(?<!\\)<script", body)
    assert escaped(name) in body


def test_the_command_writes_a_card_of_a_baseline(tmp_path, monkeypatch):
    from benchmarks.reliability.writing_commands import lay_out, run

    monkeypatch.chdir(tmp_path)
    lay_out()
    assert run("baseline", "d.h5", "--config", "gc.yaml", "--threads", "1", "-o", "g.safetensors") == 0
    with pytest.raises(SystemExit) as stop:
        main(["card", "g.safetensors", "-o", "README.md"])
    assert stop.value.code == 0
    assert "- Model: `gc`, one network." not in (tmp_path / "README.md").read_text()
    assert "- Model: `gc`" in (tmp_path / "README.md").read_text()


def test_a_card_of_an_imported_model_says_where_it_comes_from(imported, tmp_path):
    card(imported, tmp_path / "README.md")
    text = (tmp_path / "README.md").read_text()
    assert "- Trained elsewhere; imported from Keras" in text
    assert "- Agreement: not compared with predictions of the original." in text
    assert "- From: DNA of 30 bp, the strand as given; longer and shorter ones are refused.\n" in text
    assert "- What the model was trained on is not known here" in text
    assert "not seen in the training" not in text
    assert "--interval" not in text
    assert "model-index" not in front_matter(text)


def test_direction_marks_of_a_target_are_escaped_in_the_block_of_a_card():
    scores = {"a\u202eb": TargetScores(values={"pearson": Value(value=0.5)})}
    block = front_matter_text("t\u202e", "mit", scores)
    assert "\u202e" not in block
    assert block.count("\\u202e") == 2


def test_a_range_of_lengths_is_aligned_in_the_window(model, tmp_path):
    header = load_model(model).header.model_copy(update={"min_length": 20})
    assert (
        "- From: DNA of 20 to 30 bp, the strand as given; longer and shorter ones are refused. They are "
        in ("".join(sections(header, {}, "m")))
    )


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"license": "mit\nx"}, "--license: 2 lines found; expected one"),
        ({"title": "a\rb"}, "--title: 2 lines found; expected one"),
        ({"license": "mit\x1b"}, r"--license: control character in 'mit\\x1b'; remove it"),
        ({"description": "a\x07"}, "--description: control character"),
        ({"citation": "a\x07"}, "--citation: control character"),
    ],
)
def test_texts_that_a_card_cannot_hold_are_refused(texts, message):
    with pytest.raises(UsageError, match=message):
        check_texts(CardTexts(**texts))


def test_a_licence_that_the_hub_does_not_know_is_told(caplog):
    for license in ("mit", "cc-by-4.0", "other", ""):
        check_texts(CardTexts(license=license))
    assert caplog.text == ""
    check_texts(CardTexts(license="cc-by-4"))
    assert "'cc-by-4' is no licence of Hugging Face; expected one such as cc-by-4.0 or mit" in caplog.text
    assert "did you mean 'cc-by-4.0'?" in caplog.text


def test_a_citation_is_one_line_of_plain_text(model, tmp_path):
    card(model, tmp_path / "README.md", texts=CardTexts(license="mit", citation="A <b>\n\n- B, doi:10.1/x"))
    assert (tmp_path / "README.md").read_text().count("\n- Citation: A \\<b\\> - B, doi:10.1/x\n") == 1


def test_a_title_without_one_names_all_targets_or_the_first_three():
    assert first_targets(["HepG2", "K562"]) == "HepG2, K562"
    assert first_targets(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
