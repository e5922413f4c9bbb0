"""The next batch: what is chosen, left out, written and said."""

import logging

import numpy as np
import pandas as pd
import pytest
from support.networks import sequences, untrained
from torch import nn

import seqcnn
from seqcnn.design.order_sheet import decode
from seqcnn.design.requests.constraints import ConstraintRequest
from seqcnn.design.requests.order import OrderRequest
from seqcnn.errors import SequenceError, UsageError
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.selection.batch_sheet import COLUMNS
from seqcnn.selection.embedding import embed
from seqcnn.selection.next_batch import FILES, BatchPlan, choose, next_batch
from seqcnn.sequence.onehot import unpack
from seqcnn.sequence.strands import reverse_complement
from seqcnn.sequence.window import Layout


def fasta(path, inserts, prefix="c"):
    path.write_text("".join(f">{prefix}{i}\n{unpack(s)}\n" for i, s in enumerate(inserts)))
    return path


def sample(inserts, prefix="c"):
    return Sample([f"{prefix}{i}" for i in range(len(inserts))], Layout(30).rows(inserts))


@pytest.fixture(scope="module")
def ensemble():
    """Three untrained members of two targets, a and b."""
    return untrained(filters=(4, 4), hidden=4, members=3)


@pytest.fixture(scope="module")
def library():
    return sample(sequences(10, 30, seed=1), "lib")


@pytest.fixture(scope="module")
def pool():
    return sample(sequences(40, 30, seed=2))


def test_the_table_and_the_fasta_have_the_batch_in_the_order_of_choice(ensemble, tmp_path):
    paths = (
        fasta(tmp_path / "l.fa", sequences(10, 30, seed=1), "lib"),
        fasta(tmp_path / "c.fa", sequences(40, 30)),
    )
    next_batch(
        paths[0], ensemble, tmp_path / "out", candidates=paths[1], plan=BatchPlan(number=5, target="b")
    )
    table = pd.read_csv(tmp_path / "out/batch.tsv", sep="\t")
    assert list(table.columns) == list(COLUMNS)
    assert table["rank"].tolist() == [1, 2, 3, 4, 5]
    assert table["id"].is_unique
    assert table["library_distance"].ge(table["distance"]).all()
    assert table["nearest"][0].startswith("lib")
    assert table["parents"].isna().all()
    lines = (tmp_path / "out/batch.fa").read_text().splitlines()
    assert [line.split()[0] for line in lines[::2]] == [f">{name}" for name in table["id"]]
    assert lines[1::2] == table["sequence"].tolist()
    assert lines[0].split()[1:3] == [
        f"predicted={table['predicted'][0]:.4f}",
        f"sd={table['predicted_sd'][0]:.4f}",
    ]


def test_predictions_are_those_of_the_target_and_the_sd_is_over_the_members(ensemble, library, pool):
    sheet = choose(ensemble, library, pool, BatchPlan(number=4, target="b"))
    rows = sheet.predicted.candidates.sample.rows
    members = ensemble.predict_members(rows).members[:, :, 1].astype(float)
    assert sheet.predicted.mean == pytest.approx(members.mean(0))
    assert sheet.predicted.sd == pytest.approx(members.std(0, ddof=1))


def test_the_range_of_predictions_is_kept_and_the_others_are_counted(ensemble, library, pool, caplog):
    low, high = np.quantile(ensemble.predict_rows(pool.rows)[:, 0], [0.4, 0.6]).tolist()
    plan = BatchPlan(number=50, target="a", min_prediction=low, max_prediction=high)
    sheet = choose(ensemble, library, pool, plan)
    assert ((sheet.predicted.mean >= low) & (sheet.predicted.mean <= high)).all()
    count = len(sheet.sequences)
    assert (
        f"40 candidates, {40 - count} left out: {40 - count} predicted below {low:g} or above" in caplog.text
    )
    assert f"only {count} candidates for a batch of 50" in caplog.text


def test_constraints_and_flanks_are_those_of_designs(ensemble, library, pool):
    constraints = ConstraintRequest(gc="0.5-0.6", homopolymer=3, flank5="GG", flank3="TT", with_flanks=True)
    plan = BatchPlan(number=3, target="a", order=OrderRequest(constraints=constraints))
    sheet = choose(ensemble, library, pool, plan)
    for insert in (decode(design.codes) for design in sheet.sequences):
        assert 0.5 <= (sum(base in "CG" for base in insert) + 2) / 34 <= 0.6
        assert not any(4 * base in insert for base in "ACGT")
    assert sheet.constraints.ordered_context == (b"\x04\x04", b"\x08\x08")


def order(number, **constraints):
    return OrderRequest(constraints=ConstraintRequest(**constraints), controls=number)


def test_the_order_has_the_batch_and_its_controls_with_adapters_and_wells(ensemble, tmp_path):
    paths = (
        fasta(tmp_path / "l.fa", sequences(10, 30, seed=1), "lib"),
        fasta(tmp_path / "c.fa", sequences(40, 30), "shuffle_"),
    )
    plan = BatchPlan(number=5, target="b", order=order(2, adapter5="GGATCC", adapter3="TT"))
    next_batch(paths[0], ensemble, tmp_path / "out", candidates=paths[1], plan=plan)
    batch = pd.read_csv(tmp_path / "out/batch.tsv", sep="\t")
    kinds = ["library", "shuffle", "scrambled_site", "knocked_out_site", "background"]
    assert batch["kind"].tolist() == ["chosen"] * 5 + [kind for kind in kinds for _ in range(2)]
    controls = batch[batch["kind"] != "chosen"]
    assert controls[["rank", "nearest", "distance", "cluster_size", "library_distance"]].isna().all(axis=None)
    assert controls["predicted"].notna().all()
    ordered = pd.read_csv(tmp_path / "out/order.csv", keep_default_na=False)
    assert ordered["well"].tolist()[:6] == ["A1", "A2", "A3", "A4", "A5", "A6"]
    assert ordered["name"].tolist() == batch["id"].tolist()
    assert ordered["sequence"].tolist() == ("GGATCC" + batch["sequence"] + "TT").tolist()
    lines = (tmp_path / "out/batch.fa").read_text().splitlines()
    assert lines[1::2] == ordered["sequence"].tolist()
    assert "kind=library" in lines[10]
    readme = (tmp_path / "out/README.txt").read_text()
    assert "\n  chosen: 5\n  library: 2\n" in readme
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(FILES)
    for name in set(FILES) - {"README.txt"}:
        assert name in readme


def test_controls_of_the_library_are_evenly_spaced_by_rank_of_prediction(ensemble, library, pool):
    sheet = choose(ensemble, library, pool, BatchPlan(number=3, target="a", order=order(2)))
    measured = [design.name for design in sheet.sequences if design.kind == "library"]
    starts = [design.start.name for design in sheet.sequences if design.kind == "library"]
    ranks = np.argsort(np.argsort(ensemble.predict_rows(library.rows)[:, 0]))
    assert measured == ["library_1", "library_2"]
    assert [ranks[library.ids.index(name)] for name in starts] == [2, 7]


def test_controls_have_other_names_than_the_candidates(ensemble, library):
    pool = Sample([f"shuffle_{i}" for i in range(1, 4)], Layout(30).rows(sequences(3, 30, seed=2)))
    sheet = choose(ensemble, library, pool, BatchPlan(number=3, target="a", order=order(1)))
    names = [design.name for design in sheet.sequences]
    assert "control_shuffle_1" in names
    assert len(set(names)) == len(names)


def test_controls_may_be_longer_than_the_batch(ensemble, pool):
    library = sample(sequences(4, 30, seed=1), "lib")
    short = sample(sequences(6, 20, seed=3))
    sheet = choose(ensemble, library, short, BatchPlan(number=2, target="a", order=order(1)))
    lengths = {design.kind: len(design.codes) for design in sheet.sequences}
    assert lengths == {
        "chosen": 20, "library": 30, "shuffle": 20, "scrambled_site": 20, "knocked_out_site": 20,
        "background": 30,
    }  # fmt: skip


def test_a_library_that_cannot_be_ordered_gives_no_controls(ensemble, library, pool):
    short = sample(sequences(6, 20, seed=3))
    plan = BatchPlan(number=2, target="a", order=order(1, order_length="20-25"))
    with pytest.raises(UsageError, match="--controls: no sequence of the library satisfies all constraints"):
        choose(ensemble, library, short, plan)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"min_prediction": 2.0, "max_prediction": 1.0}, "--min-prediction 2: above --max-prediction 1"),
        ({"made": 5}, "--make: a number of candidates to make, but --candidates names a file; give one"),
        (
            {"min_prediction": 1e6},
            r"candidates: 40 candidates, all left out: 40 predicted below 1e\+06; give",
        ),
    ],
)
def test_options_that_give_no_batch_are_refused(plan, message, ensemble, library, pool):
    with pytest.raises(UsageError, match=message):
        choose(ensemble, library, pool, BatchPlan(target="a", **plan))


def test_two_candidates_of_one_name_are_refused(ensemble, tmp_path):
    paths = fasta(tmp_path / "l.fa", sequences(3, 30)), tmp_path / "c.fa"
    paths[1].write_text(">x\nACGT\n>x\nACGA\n")
    with pytest.raises(SequenceError, match="'x' names records 1 and 2; names must be unique to join by id"):
        next_batch(paths[0], ensemble, tmp_path / "out", candidates=paths[1])
    assert not (tmp_path / "out").exists()


def test_candidates_with_ids_of_measured_sequences_are_refused_unless_they_are_these(ensemble, tmp_path):
    known, new = sequences(10, 30, seed=1), sequences(5, 30, seed=2)
    library = fasta(tmp_path / "l.fa", known, "s")
    pool = fasta(tmp_path / "c.fa", [*known[:3], *new], "s")
    with pytest.raises(
        UsageError, match=r"c.fa: 5 candidates have the id of another, measured sequence, such as 's3'"
    ):
        next_batch(library, ensemble, tmp_path / "out", candidates=pool, plan=BatchPlan(number=2, target="a"))
    assert not (tmp_path / "out").exists()
    pool.write_text(pool.read_text().replace(">s3", ">n3").replace(">s4", ">n4"))
    pool.write_text("".join(pool.read_text().partition(">s5")[:1]))
    next_batch(library, ensemble, tmp_path / "out", candidates=pool, plan=BatchPlan(number=2, target="a"))
    assert set(pd.read_csv(tmp_path / "out/batch.tsv", sep="\t")["id"]) == {"n3", "n4"}


def test_controls_have_other_names_than_measured_sequences(ensemble, pool):
    library = Sample(
        ["shuffle_1", *(f"lib{i}" for i in range(9))], Layout(30).rows(sequences(10, 30, seed=1))
    )
    sheet = choose(ensemble, library, pool, BatchPlan(number=2, target="a", order=order(1)))
    names = [design.name for design in sheet.sequences]
    assert "control_shuffle_1" in names
    assert not {*names} & {*library.ids}


def test_a_target_is_named_in_one_warning(ensemble, library, tmp_path, caplog):
    paths = (
        fasta(tmp_path / "l.fa", sequences(10, 30, seed=1), "l"),
        fasta(tmp_path / "c.fa", sequences(9, 30)),
    )
    next_batch(paths[0], ensemble, tmp_path / "out", candidates=paths[1], plan=BatchPlan(number=2))
    assert caplog.text.count("target: 'a', the first of 2") == 1


def test_a_single_model_chooses_by_distance_and_says_so(library, pool, caplog):
    model = untrained(filters=(4, 4), hidden=4)
    sheet = choose(model, library, pool, BatchPlan(number=2, target="a"))
    assert np.isnan(sheet.predicted.sd).all()
    assert "single model: distances alone choose" in caplog.text


def test_a_model_without_a_hidden_layer_needs_kmers(library, pool):
    model = seqcnn.wrap(nn.Sequential(nn.Flatten(), nn.Linear(120, 1)), length=30, targets="y")
    with pytest.raises(UsageError, match="model: has no hidden layer that seqcnn knows; use --space kmers"):
        choose(model, library, pool, BatchPlan(number=2))
    assert len(choose(model, library, pool, BatchPlan(number=2, space="kmers")).sequences) == 2


def test_features_of_a_double_stranded_model_are_those_of_either_strand(pool):
    model = untrained(filters=(4, 4), hidden=4, members=2, strand="double")
    for space, width in (("network", 8), ("kmers", 256)):
        forward, reverse = (embed(model, rows, space) for rows in (pool.rows, reverse_complement(pool.rows)))
        assert forward.shape == (40, width)
        assert np.allclose(forward, reverse, atol=1e-5)


def test_a_library_of_other_sequences_is_named(model, tmp_path, caplog):
    path = fasta(tmp_path / "other.fa", sequences(4, 30, seed=5))
    next_batch(path, model, tmp_path / "out", plan=BatchPlan(number=2, made=10))
    assert "other.fa: has no sequence that the model was trained on; is it its library?" in caplog.text


def test_candidates_are_made_of_the_library_and_name_their_parents(model, dataset, tmp_path, caplog):
    caplog.set_level(logging.INFO, "seqcnn")
    dataset.save(tmp_path / "d.h5")
    next_batch(tmp_path / "d.h5", model, tmp_path / "out", plan=BatchPlan(number=4, made=60))
    table = pd.read_csv(tmp_path / "out/batch.tsv", sep="\t", dtype={"parents": str})
    assert {parent for parents in table["parents"] for parent in parents.split(",")} <= set(dataset.ids)
    assert "is it its library" not in caplog.text
    assert "out: 4 sequences" in caplog.text


def test_python_refuses_the_names_of_measured_sequences_but_not_numbers_of_rows(model):
    inserts = [unpack(s) for s in sequences(12, 30, seed=3)]
    with pytest.raises(
        UsageError, match="candidates: 1 candidate has the id of another, measured sequence, such as 'x'"
    ):
        model.next_batch(
            pd.Series(inserts[4:6], index=["a", "x"]), library=pd.Series(inserts[:4], index=list("wxyz"))
        )
    assert len(model.next_batch(inserts[4:], library=inserts[:4], number=3)) == 3


def test_python_names_candidates_and_library_by_their_labels(model):
    inserts = [unpack(s) for s in sequences(12, 30, seed=3)]
    library = pd.Series(inserts[:4], index=["w", "x", "y", "z"])
    table = model.next_batch(pd.Series(inserts[4:], index=list("abcdefgh")), library=library, number=3)
    assert set(table["id"]) <= set("abcdefgh")
    assert table["nearest"][0] in set("wxyz")
