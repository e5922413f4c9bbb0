"""What `predict` says of a bundle, whether it was named or not."""

import pytest
from support.command_line import cli

from seqcnn.model.inference.cautions import cautions, few_members, weakness


def header_of(model, r, members=1):
    """Return the header of a model with another validation score and number of networks."""
    metrics = {"val": {"target": {"pearson": r}}}
    return model.header.model_copy(update={"metrics": metrics, "members": members})


@pytest.mark.parametrize(
    ("r", "text"),
    [
        (0.2, "the model hardly predicts its own validation rows (Pearson r 0.20); see the report"),
        (0.21, ""),
        (None, "the model hardly predicts its own validation rows (it predicts a constant); see the report"),
    ],
)
def test_a_low_validation_score_is_said(r, text, model):
    assert weakness(header_of(model, r)) == text


def test_a_header_without_scores_says_nothing(model):
    assert weakness(model.header.model_copy(update={"metrics": {}})) == ""


@pytest.mark.parametrize(("members", "error"), [(2, "71%"), (3, "50%"), (4, "41%")])
def test_an_sd_of_few_networks_is_called_uncertain(members, error):
    assert few_members(members) == (
        f"each SD is over {members} networks, and itself uncertain by about {error}; 5 seeds or more make it "
        "more precise"
    )


@pytest.mark.parametrize("members", [1, 5, 9])
def test_one_network_has_no_sd_and_five_are_enough(members):
    assert few_members(members) == ""


def test_several_bundles_count_their_networks_together_and_repeat_nothing(model):
    header = header_of(model, 0.1)
    assert list(cautions([header, header])) == [weakness(header), few_members(2)]
    assert list(cautions([header_of(model, 0.9, 5)])) == []


def test_predict_says_it_of_a_bundle_that_was_named(bundle, tmp_path, capsys):
    (tmp_path / "x.fa").write_text(f">a\n{'ACGTA' * 6}\n")
    assert cli("predict", tmp_path / "x.fa", "-m", bundle, "-o", tmp_path / "y.tsv") == 0
    assert "warning: the model hardly predicts its own validation rows" in capsys.readouterr().err
