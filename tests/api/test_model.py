import numpy as np
import pandas as pd
import pytest
import torch
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord
from support.planted import planted

import seqcnn
from seqcnn.errors import SequenceError, TableError, UsageError
from seqcnn.model.network import cautions
from seqcnn.model.predict import TableOptions, predict_file
from seqcnn.sequence.onehot import one_hot
from seqcnn.share.page import page as write_page

SEQUENCES, MEASURED = planted(20, seed=3)
LABELS = "abcdefghijklmnopqrst"
COLUMNS = ["target", "target_low", "target_high", "out_of_distribution"]


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "x.fa"
    path.write_text("".join(f">oligo_{i}\n{s}\n" for i, s in enumerate(SEQUENCES)))
    return path


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(">chr1\n" + "".join(SEQUENCES[:4]) + "\n")
    return path


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_a_path_gives_the_names_of_its_records_in_their_order(model, fasta, kind):
    table = model.predict(kind(fasta))
    assert (table.index.name, list(table.columns)) == ("id", ["target", "out_of_distribution"])
    assert list(table.index) == [f"oligo_{i}" for i in range(20)]
    np.testing.assert_array_equal(table["target"], model.predict_array(SEQUENCES)[:, 0])


def test_predictions_with_intervals_are_those_of_the_command(model, bundle, fasta, tmp_path):
    predict_file(fasta, [bundle], tmp_path / "p.tsv", options=TableOptions(interval=0.8))
    written = pd.read_csv(tmp_path / "p.tsv", sep="\t", index_col="id")
    table = model.predict(fasta, interval=0.8)
    assert list(table.columns) == list(written.columns) == COLUMNS
    np.testing.assert_allclose(table[COLUMNS[:3]], written[COLUMNS[:3]], rtol=1e-6)
    assert table["out_of_distribution"].tolist() == (written["out_of_distribution"] == "yes").tolist()
    in_memory = model.predict(SEQUENCES, interval=0.8)
    np.testing.assert_array_equal(in_memory.to_numpy(float), table.to_numpy(float))


@pytest.mark.parametrize(
    ("sequences", "index"),
    [
        (SEQUENCES, range(20)),
        (np.array(SEQUENCES), range(20)),
        (pd.Series(SEQUENCES, index=range(20, 40)), range(20, 40)),
        (pd.DataFrame({"gene": "a", "Seq": SEQUENCES}, index=list(LABELS)), LABELS),
        ([SeqRecord(Seq(s), id=f"r{i}") for i, s in enumerate(SEQUENCES)], [f"r{i}" for i in range(20)]),
    ],
    ids=["list", "array", "Series", "DataFrame", "records"],
)  # fmt: skip
def test_the_index_is_that_of_the_input(model, sequences, index):
    table = model.predict(sequences)
    assert list(table.index) == list(index)
    np.testing.assert_array_equal(table["target"], model.predict_array(SEQUENCES)[:, 0])


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.uint8])
def test_a_one_hot_tensor_of_any_type_gives_its_predictions_only(model, kind):
    table = model.predict(torch.stack([one_hot(s) for s in SEQUENCES]).to(kind))
    assert list(table.columns) == ["target"]
    np.testing.assert_array_equal(table["target"], model.predict_array(SEQUENCES)[:, 0])
    with pytest.raises(UsageError, match="interval: needs sequences"):
        model.predict(torch.zeros(1, 4, 30), interval=0.9)


def test_an_ambiguous_sequence_has_neither_prediction_nor_interval(model):
    table = model.predict(["N" * 30, SEQUENCES[0]], interval=0.8)
    assert table[COLUMNS[:3]].isna().all(axis=1).tolist() == [True, False]


def test_nothing_gives_an_empty_table(model):
    assert model.predict([]).shape == (0, 2)
    assert model.predict(pd.Series([], dtype=object)).shape == (0, 2)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["seq", "Sequence"], r"columns 'seq'; 'Sequence' found; expected one column"),
        (["a", "b"], r"no column of sequences among 'a'; 'b' found; .*table\['NAME'\]"),
    ],
)
def test_a_frame_without_one_column_of_sequences_is_refused(model, columns, message):
    with pytest.raises(SequenceError, match=message):
        model.predict(pd.DataFrame([["ACGT"] * 2], columns=columns))


def test_of_several_columns_that_are_called_like_sequences_the_one_with_dna_is_used(model, caplog):
    expected = model.predict(SEQUENCES)
    oligos = [f"o{i}" for i in range(len(SEQUENCES))]
    for columns in ({"oligo": oligos, "Seq": SEQUENCES}, {"Seq": oligos, "sequence": SEQUENCES}):
        assert model.predict(pd.DataFrame(columns)).equals(expected)
    assert caplog.messages.count("sequences: read from column 'Seq'") == 1


def test_a_column_of_another_name_than_sequence_is_reported(model, caplog):
    model.predict(pd.DataFrame({"OLIGO": SEQUENCES}))
    assert "sequences: read from column 'OLIGO'" in caplog.text


def test_a_record_of_a_file_that_is_too_long_is_refused_with_line_and_name(model, fasta):
    fasta.write_text(fasta.read_text() + ">long\n" + "A" * 31 + "\n")
    with pytest.raises(SequenceError, match=r"x\.fa.*long"):
        model.predict(fasta)


def test_a_file_that_is_not_there_is_refused(model, tmp_path):
    with pytest.raises((UsageError, SequenceError), match="No such file"):
        model.predict(tmp_path / "missing.fa")


def test_silent_changes_are_said_once_with_their_count(model, fasta, caplog):
    long = SEQUENCES[0][4:]
    fasta.write_text(f">a\nacgt{long}\n>b\nACGU{long}\n>a\nACGN{long}\n")
    model.predict(fasta)
    assert len(caplog.records) == 4  # lower case, U, ambiguous, a repeated name
    assert all(record.levelname == "WARNING" for record in caplog.records)


def test_a_sequence_in_place_of_a_file_is_refused_with_the_remedy(model):
    with pytest.raises(UsageError, match="a sequence, not the name of a file; put it into a list"):
        model.predict(SEQUENCES[0])


def test_scores_are_those_of_the_measured_rows(model):
    table = pd.DataFrame({"sequence": SEQUENCES, "y": MEASURED, "gene": np.arange(20) // 2})
    table.loc[3, "y"] = np.nan
    scores = model.evaluate(table, "y")
    used = table["y"].notna()
    r = np.corrcoef(table["y"][used], model.predict(table)["target"][used])[0, 1]
    assert scores.loc[("target", "pearson"), "value"] == pytest.approx(r)
    assert (scores["n"] == 19).all()
    by_gene = model.evaluate(table, "y", group="gene").loc[("target", "pearson")]
    assert by_gene["value"] == pytest.approx(r)
    assert by_gene["low"] != scores.loc[("target", "pearson"), "low"]


def test_sequences_and_measurements_are_scored_as_their_table_is(model):
    table = pd.DataFrame({"sequence": SEQUENCES, "target": MEASURED}, index=[f"s{i}" for i in range(20)])
    expected = model.evaluate(table)
    pd.testing.assert_frame_equal(model.evaluate(table.sequence, table.target[::-1]), expected)
    pd.testing.assert_frame_equal(model.evaluate(SEQUENCES, MEASURED), expected)
    with pytest.raises(UsageError, match="evaluate: no measurements given; pass them after the sequences"):
        model.evaluate(SEQUENCES)
    with pytest.raises(
        UsageError, match="2 columns of measurements given; expected 1 column, one per target"
    ):
        model.evaluate(SEQUENCES, np.zeros((20, 2)))


def test_a_sequence_in_memory_of_another_length_is_named_by_its_number(model):
    with pytest.raises(SequenceError, match=r"^sequence 2 has 300 bp; the model was trained on sequences of"):
        model.predict([SEQUENCES[0], "ACG" * 100])


def test_measurements_that_do_not_fit_the_targets_are_refused(model):
    table = pd.DataFrame({"sequence": SEQUENCES, "y": MEASURED})
    with pytest.raises(UsageError, match="no column 'target'; name the columns with `targets`"):
        model.evaluate(table)
    with pytest.raises(UsageError, match="2 columns of measurements given; expected 1"):
        model.evaluate(table, ["y", "y"])


def test_attributions_are_those_of_the_file_with_the_labels_of_the_input(model, fasta):
    of_file = model.attribute(fasta)
    series = pd.Series(SEQUENCES, index=[f"oligo_{i}" for i in range(20)])
    attributions = model.attribute(series)
    assert attributions.ids == of_file.ids == list(series.index)
    np.testing.assert_array_equal(attributions.hypothetical, of_file.hypothetical)


def test_attributions_are_described_in_one_line(model):
    assert repr(model.attribute(SEQUENCES[:3])) == (
        "Attributions of 3 sequences in 30 bp: target target, method ism"
    )


def test_flags_of_tables_are_truth_values(model):
    designs = model.design(SEQUENCES[:2], number=1, max_edits=1, allow_ood=True)
    assert designs["out_of_distribution"].dtype == bool


def test_a_design_that_needs_more_edits_names_their_number(model, caplog):
    with pytest.raises(UsageError):
        model.design(["A" * 30], number=1, max_edits=2, gc=(0.9, 1.0), allow_ood=True)
    assert "no sequence with at most 2 edits satisfies all constraints" in caplog.text
    assert "relax one, or allow more edits" in caplog.text


def test_saturation_has_every_change_with_its_effect(model):
    table = model.saturate(pd.Series(SEQUENCES[:2], index=["a", "b"]))
    assert (len(table), table["id"].unique().tolist()) == (2 * 30 * 3, ["a", "b"])
    first = table.iloc[0]
    mutant = first["alt"] + SEQUENCES[0][1:]
    expected = model.predict([mutant, SEQUENCES[0]])["target"]
    assert first["prediction"] == pytest.approx(expected[0], rel=1e-5)
    assert first["effect"] == pytest.approx(expected[0] - expected[1], abs=1e-5)


def test_variants_of_a_frame_are_those_of_a_vcf(model, genome, tmp_path):
    ref = SEQUENCES[1][5]
    alt = "A" if ref != "A" else "C"
    lines = ["##fileformat=VCFv4.3", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    (tmp_path / "v.vcf").write_text("\n".join([*lines, f"chr1\t36\tv1\t{ref}\t{alt}\t.\t.\t."]) + "\n")
    table = pd.DataFrame({"contig": ["chr1"], "position": [36], "id": ["v1"], "ref": [ref], "alt": [alt]})
    from_frame = model.variants(table, genome=genome, null=10)
    pd.testing.assert_frame_equal(from_frame, model.variants(tmp_path / "v.vcf", genome=genome, null=10))
    named = table.rename(columns={"contig": "chrom", "position": "pos"})
    pd.testing.assert_frame_equal(from_frame, model.variants(named, genome=genome, null=10))
    assert from_frame["reason"].tolist() == ["-"]
    assert from_frame["effect"].dtype == float


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"contig": ["c"], "position": [1]}), "no column 'ref'; 'alt'; expected contig"),
        (
            pd.DataFrame({"contig": ["c"], "position": [1.5], "ref": ["A"], "alt": ["C"]}),
            "position of type float64 found; expected whole numbers",
        ),
    ],
)
def test_a_frame_that_holds_no_variants_is_refused(model, genome, table, message):
    with pytest.raises(TableError, match=message):
        model.variants(table, genome=genome)


def test_a_scan_has_the_prediction_of_every_window(model, genome, tmp_path):
    table = model.scan(genome, output=tmp_path / "scan")
    plus = table[table["track"] == "plus"]
    windows = ["".join(SEQUENCES[:4])[i : i + 30] for i in range(91)]
    np.testing.assert_allclose(plus["value"], model.predict(windows)["target"], rtol=1e-4, atol=1e-5)
    assert (tmp_path / "scan" / "peaks.tsv").is_file()
    with pytest.raises(UsageError, match="holds files; name another folder"):
        model.scan(genome, output=tmp_path / "scan")


def test_designs_start_from_the_labels_of_the_input(model):
    table = model.design(
        pd.Series(SEQUENCES[:3], index=["a", "b", "c"]), number=2, max_edits=2, allow_ood=True
    )
    assert set(table["start"]) <= {"a", "b", "c"}
    assert (table["edits"] <= 2).all()
    predicted = model.predict(table["sequence"].tolist())["target"]
    np.testing.assert_allclose(table["predicted"], predicted, rtol=1e-5)
    random = model.design(random=2, max_edits=1, allow_ood=True)
    assert random["start"].str.contains("random").all()


def test_motifs_are_a_table_with_a_row_per_motif(model):
    table = model.motifs(SEQUENCES * 5, number=50, patterns=False)
    assert {"name", "kind", "consensus"} <= set(table.columns)


def test_an_export_predicts_the_same(model, tmp_path):
    assert model.export(tmp_path / "m.onnx") > 0.9999
    assert (tmp_path / "m.onnx").is_file()


def test_a_page_is_that_of_the_command(model, bundle, tmp_path):
    model.page(tmp_path / "1.html", title="Strength")
    write_page(bundle, tmp_path / "2.html", title="Strength")
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "2.html").read_bytes()


def test_the_description_names_target_size_input_and_score(model):
    text = repr(model)
    for fact in ("seqcnn.Model", "targets: target", "cnn", "input: 30 bp", "48 sequences", "Pearson"):
        assert fact in text
    html = model._repr_html_()
    assert html.startswith("<table>")
    assert "30 bp" in html


def test_hostile_names_of_targets_are_escaped_in_a_notebook(model):
    model.header = model.header.model_copy(update={"targets": ("<script>",)})
    assert "<script>" not in model._repr_html_()


def test_public_names_have_docstrings_that_name_every_parameter():
    import inspect

    for name in seqcnn.__all__:
        public = getattr(seqcnn, name)
        members = [m for n, m in inspect.getmembers(public, inspect.isfunction) if not n.startswith("_")]
        own = (
            [m for m in members if m.__module__.startswith("seqcnn.api")]
            if inspect.isclass(public)
            else [public]
        )
        for function in own:
            parameters = inspect.signature(function).parameters
            missing = [p for p in parameters if p != "self" and p not in (inspect.getdoc(function) or "")]
            assert not missing, (function.__qualname__, missing)


def test_a_header_is_shown_with_one_field_per_line(model):
    lines = repr(model.header).splitlines()
    assert lines[0] == "Header"
    assert "  targets: ('target',)" in lines
    assert [line.split(":")[0].strip() for line in lines[1:]] == list(type(model.header).model_fields)
    assert max(map(len, lines)) <= 120


def test_a_chromosome_prefix_is_an_argument_of_each_method_with_a_genome(model, tmp_path):
    genome, bed, vcf = (tmp_path / name for name in ("g.fa", "r.bed", "v.vcf"))
    bases = "".join(planted(4)[0])
    genome.write_text(f">chr1\n{bases}\n")
    bed.write_text("1\t30\t60\tx\n")
    header = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    vcf.write_text(f"{header}1\t60\t.\t{bases[59]}\t{'A' if bases[59] != 'A' else 'C'}\t.\t.\t.\n")
    options = {"genome": genome, "chromosome_prefix": "add"}
    expected = model.predict([bases[30:60]]).iloc[0, 0]
    assert model.predict(bed, **options).iloc[0, 0] == expected
    assert model.attribute(bed, **options).prediction.tolist() == [expected]
    assert len(model.saturate(bed, **options)) == 90
    assert model.variants(vcf, **options)[["contig", "reason"]].to_numpy().tolist() == [["1", "-"]]
    assert model.scan(genome, bed=bed, chromosome_prefix="add").contig.unique().tolist() == ["chr1"]
    with pytest.raises(UsageError, match="chromosome_prefix: belongs to the intervals of a BED file"):
        model.predict([bases[:30]], chromosome_prefix="add")


def test_an_interval_by_level_needs_its_level(model):
    with pytest.raises(UsageError, match=r"interval_by: expected `interval` too, such as interval=0\.9"):
        model.predict(["ACGTC" * 6], interval_by="level")


def test_a_model_that_was_never_saved_is_exported(model, tmp_path):
    model.path = None
    assert model.export(tmp_path / "m.onnx") > 0.9999


def test_evaluate_names_the_rows_of_the_training(model, dataset, caplog):
    sequences, y = planted()
    table = pd.DataFrame({"sequence": sequences, "target": y})
    model.evaluate(table)
    train = len(dataset.part("train"))
    assert f"evaluate: {train} of {len(y)} rows are training sequences of the model" in caplog.text
    caplog.clear()
    model.evaluate(table[dataset.split != "train"])
    assert "training sequences" not in caplog.text
    model.network.profile.hashes = None  # a bundle of an older version
    model.evaluate(table)
    assert "training sequences" not in caplog.text


WEAK = "the model hardly predicts its own validation rows"

USES = {
    "predict": lambda model, fasta: model.predict(fasta),
    "attribute": lambda model, fasta: model.attribute(fasta),
    "saturate": lambda model, fasta: model.saturate(fasta),
    "dependencies": lambda model, fasta: model.dependencies(fasta, positions=(1, 3), max_sequences=2),
    "scan": lambda model, fasta: model.scan(fasta),
    "design": lambda model, fasta: model.design(fasta, number=1, max_edits=1, allow_ood=True),
    "next_batch": lambda model, fasta: model.next_batch(library=fasta, make=10, number=2),
    "marginalize": lambda model, fasta: model.marginalize(fasta, "TGACTCA", number=2, n_positions=2),
    "variants": lambda model, fasta: model.variants(
        pd.DataFrame({"ref": ["oligo_0"], "alt": ["oligo_1"]}), sequences=fasta, null=0
    ),
}


@pytest.mark.parametrize("name", USES)
def test_a_weak_model_is_named_once_by_each_method_that_predicts(name, model, fasta, monkeypatch, caplog):
    monkeypatch.setattr(cautions, "MIN_VALIDATION_R", 1.0)
    for _ in range(2):
        USES[name](model, fasta)
    assert caplog.text.count(WEAK) == 1
