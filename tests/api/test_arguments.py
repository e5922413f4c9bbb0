import numpy as np
import pandas as pd
import pytest
from Bio.Seq import Seq
from support.planted import planted

import seqcnn
from seqcnn.api.frames import as_file
from seqcnn.api.variant_frame import variant_input
from seqcnn.errors import SeqcnnError, TableError, UsageError

SEQUENCES, Y = planted(20, seed=3)
VARIANT = pd.DataFrame({"contig": ["chr1"], "position": [40], "ref": ["A"], "alt": ["C"]})
TABLE = pd.DataFrame({"sequence": SEQUENCES, "target": Y})

REFUSED = [
    ("variants", {"strand": "plus"}, r"strand: 'plus' found; expected '\+' or '-'"),
    ("variants", {"strand": None}, "strand: 'None' .* expected '\\+' or '-'"),
    ("variants", {"windows": 0}, "windows: '0' .* greater than or equal to 1"),
    ("variants", {"windows": 1.5}, "windows: '1.5' .* an integer"),
    ("variants", {"null": -1}, "null: '-1' .* greater than or equal to 0"),
    ("variants", {"seed": -1}, "seed: '-1'"),
    ("variants", {"window_bp": "170"}, "window_bp: '170' found; expected an integer"),
    ("variants", {"variants": [1]}, "variants: .* an instance of DataFrame"),
    ("variants", {"variants": None}, "give the variants with vcf, variants, pairs or saturate"),
    ("variants", {"variants": VARIANT.assign(contig=np.nan)}, "row 1: no contig; 1 missing values"),
    ("variants", {"variants": VARIANT.assign(alt=None)}, "row 1: no alt"),
    ("variants", {"variants": VARIANT[["contig", "position", "ref", "alt", "alt"]]}, "several columns 'alt'"),
    ("save", {"path": 5}, "save: path: '5'"),
    ("scan", {"stride": 0}, "stride: '0'"),
    ("scan", {"stride": "5"}, "stride: '5' found; expected an integer"),
    ("scan", {"genome": None}, "genome: 'None'"),
    (
        "attribute",
        {"method": "zz"},
        "method: 'zz' found; expected 'ism', 'integrated-gradients' or 'deepshap'",
    ),
    ("attribute", {"seed": -1}, "seed: '-1'"),
    ("attribute", {"seed": True}, "seed: 'True' .* an integer"),
    ("attribute", {"max_sequences": 1.5}, "max_sequences: '1.5'"),
    ("attribute", {"genome": "g.fa"}, "genome: .* sequences in memory need none"),
    ("motifs", {"number": 0}, "number: '0'"),
    ("dependencies", {"positions": (5, 5)}, "positions 5-5: expected START-END"),
    ("dependencies", {"positions": (0, 5)}, "positions: .* greater than or equal to 1"),
    ("saturate", {"target": 5}, "target: '5' .* a string"),
    ("design", {"method": "x"}, "method: 'x' found; expected 'evolve', 'greedy' or 'ledidi'"),
    ("design", {"max_edits": -1}, "max_edits: '-1'"),
    ("design", {"number": -1}, "number: '-1'"),
    ("design", {"length": 30}, "length belongs to random; sequences of start keep theirs"),
    ("design", {"to": np.nan}, "to: 'nan' .* a finite number"),
    ("design", {"risk_aversion": np.nan}, "risk_aversion: 'nan' .* a finite number"),
    ("design", {"goal": "up"}, "goal: 'up' found; expected 'maximize' or 'minimize'"),
    ("design", {"homopolymer": 0}, "homopolymer: '0'"),
    ("design", {"fix": 5}, "fix: '5' .* a string"),
    ("design", {"forbid": "EcoRI"}, "forbid: 'EcoRI' found"),
    ("design", {"random": -1}, "random: '-1'"),
    ("design", {"gc": (0.6, 0.3)}, "gc '0.6-0.3': the lowest is above the highest; give 0.3-0.6"),
    ("design", {"goal": "maximize", "to": 1.0}, r"maximize and to \(a prediction to reach\): give one"),
    ("design", {"random": 5}, "give sequences to start from: start FILE, or random N, and not both"),
    ("predict", {"sequences": [Seq(None, length=30)]}, "sequence 1: Sequence content is undefined"),
    ("predict", {"interval": 0}, "interval: '0' .* greater than 0"),
    ("predict", {"interval": np.nan}, "interval: 'nan'"),
    ("predict", {"interval": "0.9"}, "interval: '0.9' found; expected a number"),
    ("predict", {"genome": 5}, "genome: '5'"),
    ("predict", {"genome": "g.fa"}, "genome: .* sequences in memory need none"),
    ("predict", {"sequences": ""}, "sequences: the name of a file is empty"),
    ("predict", {"sequences": np.array(SEQUENCES[0])}, "sequences: ndarray .* found"),
    ("evaluate", {"table": None}, "evaluate: no measurements given; pass them after the sequences"),
    ("evaluate", {"targets": 5}, "targets: '5'"),
]
FIRST = {"variants": VARIANT, "scan": "g.fa", "evaluate": TABLE}
NAMES = {"variants": "variants", "scan": "genome", "evaluate": "table", "design": "start", "save": "path"}


@pytest.mark.parametrize(("method", "arguments", "message"), REFUSED)
def test_an_argument_that_cannot_be_meant_is_refused_in_one_line(model, method, arguments, message):
    given = {NAMES.get(method, "sequences"): FIRST.get(method, SEQUENCES)} | arguments
    with pytest.raises(SeqcnnError, match=message) as caught:
        getattr(model, method)(**given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"align": "x"}, "align: 'x' found; expected 'left', 'right' or 'center'"),
        ({"align": None}, "align: 'None'"),
        ({"threads": 0}, "threads: '0'"),
        ({"threads": "2"}, "threads: '2' found; expected an integer"),
        ({"device": None}, "device: 'None'"),
        ({"seed": -1}, "seed: '-1'"),
        ({"seed": 1, "seeds": [1, 2]}, "seed and seeds: expected one of them"),
        ({"seeds": []}, "seeds: none given"),
        ({"seeds": [1, 1]}, "seeds: '1' is there twice"),
        ({"seeds": [-1]}, "seeds: .*greater than or equal to 0"),
        ({"preset": "slow"}, "preset: 'slow' found; expected 'standard', 'fast' or 'best'"),
        ({"configs": "cnn"}, r"configs: 'cnn' found; expected a list such as \[\"cnn\"\]"),
        ({"configs": "cnn, rnn"}, r"configs: .* expected a list such as \[\"cnn\", \"rnn\"\]"),
        ({"configs": ["kmer"]}, "^configs: 'kmer' found; expected a YAML file, or one of"),
        ({"seeds": "123"}, r"seeds: '123' found; expected a list such as \[123\]"),
        ({"seeds": np.array([1.5])}, r"seeds: '\[1.5\]' \(list\) found; expected an integer"),
        ({"seeds": np.arange(101)}, "seeds: 101 found; an ensemble has at most 100"),
        ({"seeds": np.array([1, 1])}, "seeds: '1' is there twice"),
        ({"configs": ["cnn", "cnn"]}, "configs: 'cnn' is there twice"),
        ({"configs": ["rnn"], "encoder": "mlp"}, "encoder and configs: expected one of them"),
        ({"aggregate": "sum"}, "aggregate: 'sum' found; expected 'mean' or 'median'"),
        ({"aggregate": "mean"}, "aggregate: needs a table"),
        ({"id_until": "pipe"}, "id_until: describes a table"),
        ({"target": 5}, "target: '5'"),
        ({"output": 5}, "output: '5'"),
        ({"genome": "nosuch.fa"}, "genome: .* sequences in memory need none"),
        ({"sequences": "s.fa", "targets": None}, "s.fa: No such file"),
        ({"sequences": "s.fa", "targets": Y}, "expected the path of a table"),
        ({"sequences": "s.fa", "targets": "y"}, "targets: y: no such file; name a column .* target='y'"),
        ({"sequences": "s.fa", "targets": None, "genome": "nosuch.fa"}, "genome: nosuch.fa: no such file"),
        ({"sequences": "s.fa", "targets": None, "weights": Y}, "weights: .* expected the name of a column"),
        ({"sequences": "s.fa", "targets": None, "replicates": 5}, "replicates: int found; expected a list"),
        ({"sequences": TABLE, "target": "target"}, "targets and target: expected one of them"),
        ({"length": 40}, "length: describes a table; pass a DataFrame or the path of a file"),
        ({"weights": {"a": 1}}, r"weights: .* \(dict\) found"),
        ({"weights": np.ones((20, 2))}, r"weights: shape \(20, 2\) found"),
        ({"weights": ["a"] * 20}, "weights: row 1: 'a'"),
        ({"weights": [pd.NA] * 20}, "weights: row 1: nan found"),
        ({"group": 5}, "group.*: '5'"),
        ({"split": np.ones((20, 2))}, r"split: shape \(20, 2\) found"),
        ({"targets": dict(enumerate(Y))}, r"targets: .* \(dict\) found"),
        ({"epochs": object()}, "object"),
    ],
)  # fmt: skip
def test_fit_refuses_an_argument_that_cannot_be_meant(arguments, message):
    with pytest.raises(SeqcnnError, match=message) as caught:
        seqcnn.fit(**{"sequences": SEQUENCES, "targets": Y} | arguments)
    assert "\n" not in str(caught.value)


def test_numbers_of_numpy_are_arguments(model):
    assert len(model.attribute(SEQUENCES, max_sequences=np.int64(3), seed=np.int32(2))) == 3
    assert "target_low" in model.predict(SEQUENCES, interval=np.float32(0.75))


def test_design_takes_a_range_of_gc_and_no_forbidden_sites(model):
    designs = model.design(SEQUENCES, number=1, max_edits=1, gc=(0.0, 1.0), forbid=None, allow_ood=True)
    assert len(designs) >= 1


def test_attributions_are_saved_under_a_name_as_text(model, tmp_path):
    model.attribute(SEQUENCES).save(str(tmp_path / "a.h5"))
    assert (tmp_path / "a.h5").stat().st_size > 0


@pytest.mark.parametrize("contig", ["NA", '"a', "nan", "'b"])
def test_contigs_keep_names_that_look_like_missing_values_or_quotes(model, tmp_path, contig):
    path = tmp_path / "g.fa"
    path.write_text(f">{contig}\n{''.join(SEQUENCES[:4])}\n>chr2\n{''.join(SEQUENCES[:4])}\n")
    assert set(model.scan(path, stride=30)["contig"]) == {contig, "chr2"}
    ref = "".join(SEQUENCES)[59]
    alt = "A" if ref != "A" else "C"
    table = pd.DataFrame({"contig": [contig], "position": [60], "ref": [ref], "alt": [alt]})
    assert model.variants(table, genome=path, null=0)["contig"].tolist() == [contig]


def test_each_row_without_a_group_is_a_group_of_its_own(model):
    alone = model.evaluate(TABLE.assign(gene=np.arange(20)), group="gene")
    for missing in (np.nan, None, pd.NA, ""):
        table = TABLE.assign(gene=pd.Series([missing] * 20, dtype=object))
        pd.testing.assert_frame_equal(model.evaluate(table, group="gene"), alone)


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        (TABLE.assign(target="1.0"), TableError, "evaluate: 'target': row 1: '1.0'"),
        (TABLE.assign(target=pd.Timestamp("2020-01-01")), TableError, "evaluate: 'target': datetime64"),
        (TABLE.assign(target=1e300), TableError, "evaluate: 'target': infinite numbers found"),
        (pd.concat([TABLE, TABLE[["target"]]], axis=1), UsageError, "several columns 'target' found"),
    ],
)
def test_measurements_that_are_no_numbers_are_refused(model, table, error, message):
    with pytest.raises(error, match=message):
        model.evaluate(table)


@pytest.mark.parametrize(
    ("opened", "name"),
    [(lambda: as_file(SEQUENCES), "sequences"), (lambda: variant_input(VARIANT), "variants")],
)
def test_errors_name_the_argument_instead_of_its_temporary_file(opened, name):
    with pytest.raises(TableError, match=f"^{name}, line 3: wrong$"), opened() as given:
        raise TableError(f"{given[0] if isinstance(given, tuple) else given.vcf}, line 3: wrong")


def test_an_unknown_argument_is_an_error_of_python_with_the_name_of_the_method(model):
    with pytest.raises(TypeError, match=r"^predict\(\) got an unexpected keyword argument 'size'$"):
        model.predict(SEQUENCES, size=1)
