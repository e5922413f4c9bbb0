"""The `probe` section of a pipeline config: what it asks for, and what the report tells of it."""

import sys
from pathlib import Path

import pytest

from seqcnn.commands.stations import STATIONS, probe_jobs
from seqcnn.config import PipelineConfig, ProbePlan
from seqcnn.errors import ConfigError, EnvironmentFault, TableError
from seqcnn.report.biology import FINDINGS, findings
from seqcnn.report.finding import read_rows, strongest


def jobs(**probe):
    return probe_jobs(PipelineConfig(name="r", sequences="s.fa", targets="t.tsv", probe=ProbePlan(**probe)))


def test_every_station_has_a_key_in_the_config_and_a_section_in_the_report():
    assert [*ProbePlan.model_fields] == ["model", *STATIONS]
    assert [*FINDINGS] == [*STATIONS]


def test_a_config_without_stations_has_no_jobs():
    assert jobs() == []
    assert probe_jobs(PipelineConfig(name="r", sequences="s.fa", targets="t.tsv")) == []


def test_a_station_gets_the_runs_own_files_unless_others_are_named():
    (job,) = jobs(attribute={"max_sequences": 5})
    assert job.arguments == [
        "attribute", "s.fa", "--max-sequences=5", "--output=results/r/probe/attribute/attributions.h5",
        "--seqlets=results/r/probe/attribute/seqlets.bed", "--pictures=results/r/probe/attribute/logos",
    ]  # fmt: skip
    assert (job.files, job.output) == (["s.fa"], "results/r/probe/attribute")
    assert jobs(motifs={"sequences": "mine.fa"})[0].files == ["mine.fa"]
    assert jobs(motifs={})[0].files == ["results/r/dataset.h5"]
    assert jobs(design={"random": 3})[0].files == []


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
    monkeypatch.setattr("seqcnn.probe.extras.find_spec", lambda name: None if name == "logomaker" else name)
    with pytest.raises(EnvironmentFault, match=r"logomaker: not installed; pip install 'seqcnn\[probe\]'"):
        jobs(motifs={})


def test_the_strongest_rows_are_those_furthest_from_zero():
    rows = [{"id": i, "effect": e} for i, e in (("a", "0.5"), ("b", "-2"), ("c", "NA"), ("d", "0.25"))]
    table = strongest("x", "Effects", rows, {"id": "Variant", "effect": "Effect"}, by="effect", most=3)
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["b", "-2"], ["a", "0.500"], ["d", "0.250"],
    ]  # fmt: skip
    assert table.caption == "Effects (3 of 4)"
    assert [column.kind for column in table.columns] == ["text", "number"]
    assert strongest("x", "Effects", [], {"id": "Variant"}) is None


def test_a_station_whose_files_are_gone_or_damaged_is_named_with_the_remedy(tmp_path):
    (tmp_path / "scan").mkdir()
    with pytest.raises(TableError, match=r"peaks.tsv: No such file; run the station again, or remove its"):
        findings(tmp_path)
    Path(tmp_path / "scan/peaks.tsv").write_text("contig\tvalue\nc\n")
    with pytest.raises(TableError, match=r"peaks.tsv: not a table"):
        read_rows(tmp_path / "scan/peaks.tsv")
