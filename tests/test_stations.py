"""The `probe` section of a pipeline config: what it asks for, and what the report tells of it."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from seqcnn.cli import app
from seqcnn.cli_support.stations import STATIONS, probe_jobs
from seqcnn.config.pipeline import PipelineConfig, ProbePlan
from seqcnn.errors import ConfigError, EnvironmentFault
from seqcnn.extras import LIBRARIES
from seqcnn.report.biology import SECTIONS


def jobs(**probe):
    return probe_jobs(
        PipelineConfig(name="r", sequences="s.fa", targets="t.tsv", probe=ProbePlan(**probe)), app.commands
    )


def test_every_station_has_a_key_in_the_config_and_a_section_in_the_report():
    assert [*ProbePlan.model_fields] == ["model", *STATIONS]
    assert [section.station for section in SECTIONS] == [*STATIONS]


def test_a_config_without_stations_has_no_jobs():
    assert jobs() == []
    assert probe_jobs(PipelineConfig(name="r", sequences="s.fa", targets="t.tsv"), app.commands) == []


def test_a_station_gets_the_runs_own_files_unless_others_are_named():
    (job,) = jobs(attribute={"max_sequences": 5})
    assert job.arguments == [
        "attribute", "results/r/dataset.h5", "--part=test", "--max-sequences=5",
        "--output=results/r/probe/attribute/attributions.h5",
        "--seqlets=results/r/probe/attribute/seqlets.bed",
        "--page=results/r/probe/attribute/attributions.html",
    ]  # fmt: skip
    assert (job.files, job.output) == (["results/r/dataset.h5"], "results/r/probe/attribute")
    assert "--part=test" not in jobs(attribute={"sequences": "mine.fa"})[0].arguments
    assert jobs(motifs={"sequences": "mine.fa"})[0].files == ["mine.fa"]
    assert jobs(motifs={})[0].files == ["results/r/dataset.h5"]
    assert jobs(design={"random": 3})[0].files == []


def test_only_a_vcf_is_annotated():
    (job,) = jobs(variants={"vcf": "v.vcf", "genome": "g.fa"})
    assert (job.arguments[-1], job.files) == (
        "--vcf-out=results/r/probe/variants/annotated.vcf",
        ["v.vcf", "g.fa"],
    )
    (job,) = jobs(variants={"pairs": "p.tsv", "sequences": "s.fa"})
    assert job.arguments[-1] == "--output=results/r/probe/variants/effects.tsv"


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
    ("probe", "message"),
    [
        ({"motifs": {"datbase": "x"}}, r"probe.motifs: unknown key 'datbase'; did you mean 'database'\?"),
        ({"motifs": {"output": "x"}}, "probe.motifs: unknown key 'output'"),
        ({"motifs": {"number": 0}}, "probe.motifs: Invalid value for '-n' / '--number': 0 is not"),
        ({"scan": {}}, "probe.scan: Missing argument 'GENOME'"),
        ({"scan": {"genome": "--help"}}, "probe.scan.genome: '--help' found; expected a path without braces"),
        ({"motifs": {"database": "{x}.meme"}}, r"probe.motifs.database: '\{x\}.meme' found; expected a path"),
        ({"marginalize": {}}, "probe.marginalize: Missing option '--motif'"),
        (
            {"saturate": {"sequences": "x.fa", "target": True}},
            "probe.saturate.target: 'True' found; expected a value",
        ),
    ],
)
def test_a_station_refuses_what_its_command_would_refuse(probe, message):
    with pytest.raises(ConfigError, match=message):
        jobs(**probe)


def test_without_the_extra_nothing_is_planned(monkeypatch):
    monkeypatch.setitem(sys.modules, "logomaker", None)
    monkeypatch.setattr("seqcnn.extras.find_spec", lambda name: None if name == "logomaker" else name)
    with pytest.raises(EnvironmentFault, match=r"logomaker: not installed; pip install 'seqcnn\[probe\]'"):
        jobs(motifs={})


def test_the_packages_of_the_extra_are_those_of_the_project():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    names = {re.split("[^a-z-]", line)[0] for line in project["optional-dependencies"]["probe"]}
    assert names == {*LIBRARIES}
