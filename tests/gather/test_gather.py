"""Parts of a result are joined to the bytes of the whole; parts that do not fit are refused."""

import gzip
import random
import shutil

import pytest
from support.command_line import cli
from support.planted import planted

from seqcnn.genome import scan as scan_module
from seqcnn.interpret import attribute as attribute_module
from seqcnn.interpret import saturate as saturate_module

N = 23
"""Sequences, of which three shards have 7, 8 and 8."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Return a folder with sequences, a genome, variants and pairs."""
    folder = tmp_path_factory.mktemp("inputs")
    letters = planted(N, seed=4)[0]
    letters[3] = "N" * 10 + letters[3][10:]  # no prediction
    names = [f"o{number}" for number in range(N - 1)] + ["o1"]  # a repeated name
    (folder / "x.fa").write_text("".join(f">{n}\n{s}\n" for n, s in zip(names, letters, strict=True)))
    rows = "".join(f'"o {number}",{s}\n' for number, s in enumerate(letters))
    (folder / "x.csv").write_text("id,sequence\n" + rows.replace("o 3", "o,3"))
    contig = "".join(letters[4:12])
    (folder / "g.fa").write_text(f">c1\n{contig}\n>c2\n{contig[50:140]}\n")
    draw, lines = random.Random(1), []
    for position in sorted(draw.sample(range(20, 200), 11)):
        ref = contig[position - 1]
        alts = "ACGT".replace(ref, "")[: 1 + position % 2]
        lines.append(f"c1\t{position}\t.\t{ref}\t{','.join(alts)}\t.\t.\t.\n")
    header = "##fileformat=VCFv4.3\n##source=a\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (folder / "v.vcf").write_text(header + "".join(lines) + "zz\t5\t.\tA\tC\t.\t.\t.\n")
    (folder / "pairs.tsv").write_text("ref\talt\n" + "".join(f"o{i}\to{i + 1}\n" for i in range(4, 9)))
    (folder / "lib.fa").write_text("".join(f">o{i}\n{s}\n" for i, s in enumerate(letters)))
    return folder


@pytest.fixture
def here(inputs, bundle, tmp_path, monkeypatch):
    """Return the current folder, with the inputs and the model."""
    for path in inputs.iterdir():
        shutil.copy(path, tmp_path)
    shutil.copy(bundle, tmp_path / "m.safetensors")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sharded(arguments, name, *, n=3, option="-o"):
    """Run a command once per shard; return the names of the parts."""
    parts = [f"part{i}.{name}" for i in range(1, n + 1)]
    for i, part in enumerate(parts, 1):
        assert (
            cli(
                "-q",
                *arguments,
                "-m",
                "m.safetensors",
                "--device",
                "cpu",
                "--shard",
                f"{i}/{n}",
                option,
                part,
            )
            == 0
        )
    return parts


def whole(arguments, output):
    assert cli("-q", *arguments, "-m", "m.safetensors", "--device", "cpu", "-o", output) == 0


def same(one, other):
    assert (one).read_bytes() == (other).read_bytes()


@pytest.mark.parametrize("name", ["p.tsv", "p.csv", "p.csv.gz", "p.xlsx", "p.parquet"])
def test_predictions_in_every_format_have_the_bytes_of_the_whole(here, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    arguments = ["predict", "x.csv", "--interval", "0.8"]
    whole(arguments, f"whole.{name}")
    parts = sharded(arguments, name if name in ("p.csv", "p.csv.gz") else "p.tsv")
    assert cli("gather", *reversed(parts), "-o", f"joined.{name}") == 0
    same(here / f"whole.{name}", here / f"joined.{name}")


def test_the_messages_on_a_result_are_those_of_the_whole(here, capsys):
    whole(["predict", "x.fa"], "whole.tsv")
    said = capsys.readouterr().err
    parts = sharded(["predict", "x.fa"], "tsv", n=4)
    capsys.readouterr()
    assert cli("-q", "gather", *parts, "-o", "joined.tsv") == 0
    joined = capsys.readouterr().err.splitlines()
    assert set(joined) <= set(said.splitlines())
    assert any("1 record with the name of an earlier record" in line for line in joined)
    assert any("1 sequence has no prediction" in line for line in joined)
    same(here / "whole.tsv", here / "joined.tsv")


def test_a_dataset_more_shards_than_rows_and_standard_output_are_joined(here, dataset, capfdbinary):
    dataset.take(range(3)).save(here / "d.h5")
    whole(["predict", "d.h5"], "whole.tsv")
    parts = sharded(["predict", "d.h5"], "tsv", n=5)
    capfdbinary.readouterr()
    assert cli("-q", "predict", "d.h5", "-m", "m.safetensors", "--device", "cpu", "--shard", "2/5") == 0
    assert capfdbinary.readouterr().out == (here / parts[1]).read_bytes()
    assert cli("gather", *parts, "-o", "joined.tsv") == 0
    same(here / "whole.tsv", here / "joined.tsv")


def test_variants_of_a_vcf_have_the_table_and_the_vcf_of_the_whole(here):
    arguments = ["variants", "--vcf", "v.vcf", "--genome", "g.fa", "--null", "20"]
    whole([*arguments, "--vcf-out", "whole.vcf.gz"], "whole.tsv")
    for i in (1, 2, 3):
        outputs = ["--vcf-out", f"part{i}.vcf{'.gz' * (i % 2)}", "-o", f"part{i}.tsv"]
        assert cli("-q", *arguments, "-m", "m.safetensors", "--shard", f"{i}/3", *outputs) == 0
    assert cli("gather", *(f"part{i}.tsv" for i in (1, 2, 3)), "-o", "joined.tsv") == 0
    assert cli("gather", "part1.vcf.gz", "part2.vcf", "part3.vcf.gz", "-o", "joined.vcf.gz") == 0
    same(here / "whole.tsv", here / "joined.tsv")
    same(here / "whole.vcf.gz", here / "joined.vcf.gz")
    assert gzip.decompress((here / "joined.vcf.gz").read_bytes()).startswith(
        b"##fileformat=VCFv4.3\n##source=a\n"
    )


def test_variants_that_no_part_finds_in_the_genome_are_refused(here, capsys):
    (here / "v.vcf").write_text((here / "v.vcf").read_text().replace("c1\t", "c9\t"))
    parts = sharded(["variants", "--vcf", "v.vcf", "--genome", "g.fa", "--null", "0"], "tsv", n=2)
    capsys.readouterr()
    assert cli("gather", *parts, "-o", "joined.tsv") == 2
    assert "v.vcf: none of its contigs is known" in capsys.readouterr().err
    assert not (here / "joined.tsv").exists()


def test_pairs_and_saturations_have_the_bytes_of_the_whole(here, monkeypatch):
    monkeypatch.setattr(saturate_module, "CHUNK", 4)  # sequences that stay together
    for arguments in (
        ["variants", "--pairs", "pairs.tsv", "--sequences", "lib.fa", "--null", "20"],
        ["saturate", "x.fa"],
    ):
        whole(arguments, f"whole.{arguments[0]}.tsv")
        parts = sharded(arguments, f"{arguments[0]}.tsv")
        assert cli("gather", *parts, "-o", f"joined.{arguments[0]}.tsv") == 0
        same(here / f"whole.{arguments[0]}.tsv", here / f"joined.{arguments[0]}.tsv")


@pytest.mark.parametrize("name", ["d.tsv", "d.csv", "d.csv.gz"])
def test_dependencies_have_the_bytes_and_the_messages_of_the_whole(here, capsys, name):
    arguments = ["dependencies", "lib.fa", "--max-sequences", "5", "--positions", "3-9"]
    whole(arguments, f"whole.{name}")
    said = capsys.readouterr().err.splitlines()
    parts = sharded(arguments, "d.tsv" if name == "d.csv" else name)
    capsys.readouterr()
    assert cli("-q", "gather", *parts, "-o", f"joined.{name}") == 0
    joined = capsys.readouterr().err.splitlines()
    same(here / f"whole.{name}", here / f"joined.{name}")
    assert [line for line in joined if "1 sequence is left out" in line]
    assert set(joined) <= set(said)


def test_dependencies_are_not_joined_to_parquet_whose_rows_come_in_groups(here, capsys):
    arguments = ["dependencies", "lib.fa", "--max-sequences", "1", "--positions", "1-2"]
    (part,) = sharded(arguments, "tsv", n=1)
    assert cli("gather", part, "-o", "joined.parquet") == 2
    assert "a table of `seqcnn dependencies` is not written as .parquet" in capsys.readouterr().err


@pytest.mark.parametrize("method", ["ism", "integrated-gradients", "deepshap"])
def test_attributions_have_the_bytes_of_the_whole(here, monkeypatch, method):
    arguments = ["attribute", "x.fa", "--method", method, "--max-sequences", "5"]
    monkeypatch.setattr(attribute_module, "_CHUNK", 2)  # sequences that stay together
    whole(arguments, "whole.h5")
    parts = sharded(arguments, "h5", n=4)
    assert cli("gather", *parts, "-o", "joined.h5") == 0
    same(here / "whole.h5", here / "joined.h5")


def test_a_part_of_attributions_is_not_taken_for_the_whole(here, capsys):
    parts = sharded(["attribute", "x.fa", "--max-sequences", "1"], "h5", n=1)
    assert cli("seqlets", parts[0], "-o", "s.bed") == 2
    assert "part1.h5: a part of the attributions; join all with `seqcnn gather`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [["--peak-distance", "20"], ["--bed", "r.bed", "--stride", "2"]], ids=["genome", "regions"]
)
def test_tracks_have_the_bytes_of_the_whole(here, monkeypatch, options):
    monkeypatch.setattr(scan_module, "BLOCK", 16)  # more blocks than shards
    (here / "r.bed").write_text("c1\t0\t130\nc1\t150\t230\nc2\t5\t60\n")
    arguments = ["scan", "g.fa", *options]
    whole(arguments, "whole")
    parts = sharded(arguments, "scan", n=3)
    assert cli("gather", *parts, "-o", "joined/") == 0
    names = sorted(path.name for path in (here / "whole").iterdir())
    assert sorted(path.name for path in (here / "joined").iterdir()) == names
    assert len(names) == 6
    assert len((here / "whole/peaks.tsv").read_text().splitlines()) > 2
    for name in names:
        same(here / "whole" / name, here / "joined" / name)


def test_a_changed_file_of_a_part_is_refused(here, capsys):
    parts = sharded(["scan", "g.fa"], "scan", n=2)
    (here / parts[1] / "minus.bedgraph").write_text("")
    assert cli("gather", *parts, "-o", "joined") == 2
    assert "part2.scan/minus.bedgraph: missing, or changed after it was written" in capsys.readouterr().err
    assert not (here / "joined").exists()


@pytest.fixture
def parts(here):
    """Return three parts of predictions."""
    return sharded(["predict", "x.fa"], "tsv")


def other_part(*arguments, shard="3/3"):
    options = ["-m", "m.safetensors", "--device", "cpu", "--shard", shard, "-o", "other.tsv"]
    assert cli("-q", *(arguments or ["predict", "x.fa"]), *options) == 0


def _model(here):
    import torch

    from seqcnn.model.inference.trained_model import load_model

    model = load_model(here / "m.safetensors")
    with torch.no_grad():
        next(model.network.parameters()).add_(0.1)
    model.save(here / "m.safetensors", overwrite=True)
    other_part()


CASES = {
    "missing": (lambda here: None, ["part1.tsv", "part3.tsv"], "part 2/3 is missing; give all 3 parts"),
    "doubled": (
        lambda here: shutil.copy(here / "part3.tsv", here / "other.tsv"),
        ["part1.tsv", "part2.tsv", "part3.tsv", "other.tsv"],
        "both are part 3/3; give each part once",
    ),
    "other input": (
        lambda here: shutil.copy(here / "lib.fa", here / "x.fa") and other_part(),
        ["part1.tsv", "part2.tsv", "other.tsv"],
        "parts of different results: 'SHA-256 of sequences' is",
    ),
    "other model": (_model, ["part1.tsv", "part2.tsv", "other.tsv"], "'SHA-256 of --model' is"),
    "other options": (
        lambda here: other_part("predict", "x.fa", "--interval", "0.7"),
        ["part1.tsv", "part2.tsv", "other.tsv"],
        "'--interval' is '0.7' and 'None'",
    ),
    "other number": (
        lambda here: other_part(shard="3/4"),
        ["part1.tsv", "part2.tsv", "other.tsv"],
        "'number of parts' is '4' and '3'",
    ),
    "other command": (
        lambda here: other_part("saturate", "x.fa"),
        ["part1.tsv", "part2.tsv", "other.tsv"],
        "'command' is 'saturate' and 'predict'",
    ),
    "no part": (lambda here: None, ["part1.tsv", "part2.tsv", "x.csv"], "x.csv: not a part of a result"),
    "cut": (
        lambda here: (here / "other.tsv").write_bytes((here / "part3.tsv").read_bytes()[:-200]),
        ["part1.tsv", "part2.tsv", "other.tsv"],
        "other.tsv: the part was cut; compute it again",
    ),
    "a folder": (
        lambda here: (here / "d").mkdir(),
        ["part1.tsv", "d"],
        "d: is a folder; expected files, or folders of `seqcnn scan` only",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_parts_that_make_no_result_are_refused_in_one_line(here, parts, capsys, case):
    prepare, given, message = CASES[case]
    prepare(here)
    capsys.readouterr()
    assert cli("gather", *given, "-o", "joined.tsv") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (here / "joined.tsv").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "x.fa", "--shard", "4/3"], "expected NUMBER/COUNT, such as 2/4"),
        (["predict", "-", "--shard", "1/3"], "standard input: --shard reads the input twice"),
        (["predict", "x.fa", "--shard", "1/3", "-o", "p.xlsx"], "p.xlsx: parts are text; name a .tsv file"),
        (
            ["saturate", "x.fa", "--shard", "1/3", "--plot", "s.pdf", "-o", "s.tsv"],
            "--plot: needs the whole",
        ),
        (["dependencies", "x.fa", "--shard", "1/3", "--html", "a", "-o", "s.tsv"], "--html: needs the whole"),
        (["dependencies", "x.fa", "--shard", "1/3", "-o", "p.xlsx"], "p.xlsx: parts are text; name a .tsv"),
        (["attribute", "x.fa", "--shard", "1/3", "--html", "a", "-o", "a.h5"], "--html: needs the whole"),
    ],
)
def test_shards_that_cannot_be_computed_are_refused(here, capsys, arguments, message):
    assert cli(*arguments, "-m", "m.safetensors", "--device", "cpu") == 2
    assert message in capsys.readouterr().err
    assert not {path.name for path in here.iterdir()} & {"p.xlsx", "s.tsv", "a.h5"}
