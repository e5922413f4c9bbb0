"""The `biology` section of a pipeline config: what it asks for, and what the report tells of it."""

import re
import sys
import tomllib

import pytest
from support.paths import ROOT

from seqcnn.cli import app
from seqcnn.cli_support.biology_jobs import STATIONS, biology_jobs
from seqcnn.config.pipeline import BiologyConfig, PipelineConfig
from seqcnn.errors import ConfigError, EnvironmentFault
from seqcnn.extras import EXTRAS
from seqcnn.report.biology import SECTIONS


def jobs(shards=1, data=None, **biology):
    biology = BiologyConfig(**biology)
    given = {"shards": shards, "biology": biology, "data": data or {}}
    config = PipelineConfig(name="r", sequences="s.fa", targets="t.tsv", **given)
    return biology_jobs(config, app.commands)


def test_every_station_has_a_key_in_the_config_and_a_section_in_the_report():
    assert [*BiologyConfig.model_fields] == ["model", *STATIONS]
    assert [section.station for section in SECTIONS] == [*STATIONS]


def test_a_config_without_stations_has_no_jobs():
    assert jobs() == []
    assert biology_jobs(PipelineConfig(name="r", sequences="s.fa", targets="t.tsv"), app.commands) == []


def test_a_station_gets_the_runs_own_files_unless_others_are_named():
    (job,) = jobs(attribute={"max_sequences": 5})
    assert job.arguments == [
        "attribute", "results/r/dataset.h5", "--split-part=test", "--max-sequences=5",
        "--output=results/r/biology/attribute/attributions.h5",
        "--seqlets=results/r/biology/attribute/seqlets.bed",
        "--html=results/r/biology/attribute/attributions.html",
    ]  # fmt: skip
    assert (job.files, job.output) == (["results/r/dataset.h5"], "results/r/biology/attribute")
    assert "--split-part=test" not in jobs(attribute={"sequences": "mine.fa"})[0].arguments
    assert jobs(motifs={"sequences": "mine.fa"})[0].files == ["mine.fa"]
    assert jobs(motifs={})[0].files == ["results/r/dataset.h5"]
    assert jobs(design={"random": 3})[0].files == []


def test_only_a_vcf_is_annotated():
    (job,) = jobs(variants={"vcf": "v.vcf", "genome": "g.fa"})
    assert (job.arguments[-2], job.files) == (
        "--vcf-out=results/r/biology/variants/annotated.vcf",
        ["v.vcf", "g.fa"],
    )
    (job,) = jobs(variants={"pairs": "p.tsv", "sequences": "s.fa"})
    assert job.names == ["effects.tsv", "effects.html"]


def test_variants_have_a_page_unless_they_are_haplotypes_or_scored_in_parts():
    source = {"vcf": "v.vcf", "genome": "g.fa"}
    (job,) = jobs(variants=source)
    assert job.arguments[-1] == "--html=results/r/biology/variants/effects.html"
    assert jobs(variants=source | {"phased": True})[0].names == ["effects.tsv"]
    assert not jobs(shards=2, variants=source | {"phased": True})[0].has_shards
    (job,) = jobs(shards=2, variants=source)
    assert (job.names, job.has_shards) == (["effects.tsv", "annotated.vcf"], True)
    (job,) = jobs(shards=2, variants=source | {"database": "known.meme"})
    assert (job.names[-1], job.has_shards) == ("effects.html", False)


def test_the_outputs_of_a_part_are_in_a_folder_of_their_own():
    (job,) = jobs(2, variants={"vcf": "v.vcf", "genome": "g.fa"})
    assert (job.names, job.has_shards, job.after) == (["effects.tsv", "annotated.vcf"], True, [])
    assert job.arguments_in("part")[-3:] == [
        "--genome=g.fa", "--output=part/effects.tsv", "--vcf-out=part/annotated.vcf",
    ]  # fmt: skip
    (job,) = jobs(2, scan={"genome": "g.fa"})
    assert (job.names, job.arguments_in("part")) == (["."], ["scan", "g.fa", "--output=part"])


def test_outputs_that_need_the_whole_are_made_after_the_parts_are_joined_or_left_out():
    (job,) = jobs(3, attribute={"sequences": "s.fa", "fdr": 0.1})
    assert job.arguments_in("part") == ["attribute", "s.fa", "--fdr=0.1", "--output=part/attributions.h5"]
    assert (job.names, job.has_shards) == (["attributions.h5"], True)
    folder = "results/r/biology/attribute"
    assert job.after == [
        "seqlets", f"{folder}/attributions.h5", f"--output={folder}/seqlets.bed", "--fdr=0.1",
    ]  # fmt: skip
    (job,) = jobs(3, saturate={"sequences": "s.fa"})
    assert (job.names, job.has_shards, job.after) == (["saturation.tsv"], True, [])
    assert job.arguments_in("part") == ["saturate", "s.fa", "--output=part/saturation.tsv"]


def test_options_with_outputs_of_the_whole_and_one_shard_have_no_parts():
    assert not jobs(saturate={"sequences": "s.fa"})[0].has_shards
    assert not jobs(2, scan={"genome": "g.fa", "hits": "known.meme"})[0].has_shards
    (job,) = jobs(2, attribute={"logo_dir": "logos"})
    assert (job.has_shards, job.names) == (False, ["attributions.h5", "seqlets.bed", "attributions.html"])


def test_goals_of_designs_have_a_target_or_none():
    (job,) = jobs(design={"maximize": True, "minimize": False})
    assert "--maximize" in job.arguments
    assert "--minimize" not in job.arguments
    (job,) = jobs(design={"maximize": ("a", "b"), "minimize": "c"})
    assert [word for word in job.arguments if "imize" in word] == [
        "--maximize=a", "--maximize=b", "--minimize=c"
    ]  # fmt: skip


def test_options_are_written_as_a_shell_would_have_them():
    (job,) = jobs(motifs={"filters": False, "patterns": True, "database": "known.meme"})
    assert job.arguments[1:5] == [
        "results/r/dataset.h5",
        "--no-filters",
        "--patterns",
        "--database=known.meme",
    ]
    assert job.files == ["results/r/dataset.h5", "known.meme"]
    (job,) = jobs(marginalize={"motif": ("TATA", "CAAT")})
    assert job.arguments[2:4] == ["--motif=TATA", "--motif=CAAT"]


@pytest.mark.parametrize(
    ("biology", "message"),
    [
        ({"motifs": {"datbase": "x"}}, r"biology.motifs: unknown key 'datbase'; did you mean 'database'\?"),
        ({"motifs": {"output": "x"}}, "biology.motifs: unknown key 'output'"),
        ({"motifs": {"number": 0}}, "biology.motifs: Invalid value for '-n' / '--number': 0 is not"),
        ({"scan": {}}, "biology.scan: Missing argument 'GENOME'"),
        (
            {"scan": {"genome": "--help"}},
            "biology.scan.genome: '--help' found; expected a path",
        ),
        (
            {"motifs": {"database": "{x}.meme"}},
            r"biology.motifs.database: '\{x\}.meme' found; expected",
        ),
        ({"marginalize": {}}, "biology.marginalize: Missing option '--motif'"),
        (
            {"saturate": {"sequences": "x.fa", "target": True}},
            "biology.saturate.target: 'True' found; expected a value",
        ),
    ],
)
def test_a_station_refuses_what_its_command_would_refuse(biology, message):
    with pytest.raises(ConfigError, match=message):
        jobs(**biology)


VCF = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA12878\n"


@pytest.mark.parametrize(
    ("station", "options", "message"),
    [
        ("design", {"gc": "0.6-0.3"}, "--gc '0.6-0.3': the lowest is above the highest; give 0.3-0.6"),
        ("design", {"gc_window": "0.2-0.6"}, "--gc-window '0.2-0.6': expected bp and fractions"),
        ("design", {"forbid": ("BsaI", "EcoRX")}, "'EcoRX'.*did you mean 'EcoRV'"),
        ("next", {"forbid": "XYZ"}, "'XYZ'"),
        ("next", {"order_length": "300-20"}, "--order-length '300-20': expected a range in bp"),
        ("next", {"adapter5": "ACGN"}, "adapter5: "),
        ("next", {"min_prediction": 2, "max_prediction": 1}, "--min-prediction 2: above --max-prediction 1"),
        ("design", {"fix": "9-5"}, "--fix '9-5': expected ranges"),
        ("design", {"maximize": "hepg3"}, "no target 'hepg3' in the model; known: 'hepg2, k562'"),
        ("design", {"maximize": "hepg2", "minimize": "k563"}, "no target 'k563'"),
        ("design", {"maximize": "hepg2", "to": 1.0}, r"--maximize and --to \(a prediction to reach\)"),
        ("design", {"difference": "hepg2,k563"}, "no target 'k563'"),
        ("saturate", {"sequences": "s.fa", "target": "hepg3"}, "no target 'hepg3'"),
        ("variants", {"genome": "g.fa", "saturate": "chr1:9-5"}, "the start 9 is after the end 5"),
        ("variants", {"vcf": "v.vcf", "genome": "g.fa", "regions": "chr1:5"}, "--regions 'chr1:5': no such"),
        (
            "variants",
            {"vcf": "v.vcf", "genome": "g.fa", "sample": "NA12878"},
            "--sample: .* --phased; give that",
        ),
        ("variants", {"genome": "g.fa"}, "--vcf, --variants, --pairs or --saturate"),
        (
            "variants",
            {"vcf": "v.vcf", "genome": "g.fa", "phased": True, "sample": "NA12879"},
            "v.vcf: --sample 'NA12879' not found; did you mean 'NA12878'",
        ),
    ],
)
def test_a_station_refuses_values_that_its_command_would_refuse(
    station, options, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v.vcf").write_text(VCF)
    with pytest.raises(ConfigError, match=f"^biology.{station}: .*{message}"):
        jobs(data={"targets": ["hepg2", "k562"]}, **{station: options})


def test_values_that_fit_are_accepted_and_targets_that_are_not_named_are_not_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v.vcf").write_text(VCF)
    limits = {"gc": "0.3-0.6", "forbid": ("BsaI", "GGTACC"), "supplier": "twist-oligo-pool"}
    biology = {
        "design": limits | {"maximize": "hepg2", "minimize": "k562"},
        "next": limits | {"max_prediction": 3},
        "variants": {"vcf": "v.vcf", "genome": "g.fa", "phased": True, "sample": "NA12878"},
    }
    assert len(jobs(data={"targets": ["hepg2", "k562"]}, **biology)) == 3
    assert len(jobs(data={"targets": ["y"], "pivot": "cell"}, **biology)) == 3
    assert len(jobs(**biology)) == 3


def test_without_the_extra_nothing_is_planned(monkeypatch):
    monkeypatch.setitem(sys.modules, "memelite", None)
    monkeypatch.setattr("seqcnn.extras.find_spec", lambda name: None if name == "memelite" else name)
    with pytest.raises(EnvironmentFault, match=r"memelite: not installed; .*'seqcnn\[interpret\]'"):
        jobs(motifs={}, variants={"vcf": "v.vcf"})
    jobs(scan={"genome": "g.fa"})


def test_the_packages_of_the_extra_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extra, packages in EXTRAS.items():
        names = {re.split("[^a-z-]", line)[0] for line in project["optional-dependencies"][extra]}
        assert names == {*packages}


def test_a_key_of_an_earlier_version_is_refused_with_its_new_name():
    with pytest.raises(ConfigError, match=r"biology\.motifs: key 'least' is now called 'min_sites'"):
        jobs(motifs={"least": 3})
