"""Outputs of a finished pipeline that are removed, cut or touched: they are made again, or reported."""

import os
import re
import shutil
from pathlib import Path

import pytest
from support.pipeline import snakemake

from benchmarks.reliability import faults

pytestmark = pytest.mark.slow

OUTPUTS = [
    "dataset.h5",
    *(f"cnn/seed1/{name}" for name in ("model.safetensors", "history.csv", "run.json")),
    *(
        f"{member}/{name}"
        for member in ("cnn/seed1", "mean/fit")
        for name in ("predictions.tsv", "metrics.json")
    ),
    "mean/fit/run.json",
    "controls.json",
    "report.html",
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "run"
    faults.lay_out_pipeline(folder)
    snakemake(folder=folder)
    return folder


@pytest.fixture
def again(finished, tmp_path):
    """Return a copy of the finished pipeline, with all that Snakemake remembers of it."""
    return shutil.copytree(finished, tmp_path / "run")


def _results(folder):
    return faults._tree(folder / "results")


def test_every_output_is_tried(finished):
    assert _results(finished).keys() == {f"toy/{name}" for name in OUTPUTS}


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("change", [Path.unlink, Path.touch])
def test_an_output_that_was_removed_or_touched_is_made_again(name, change, finished, again):
    change(again / "results/toy" / name)
    snakemake(folder=again)
    assert _results(again) == _results(finished)


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_that_was_cut_is_named(name, finished, again):
    path = again / "results/toy" / name
    os.truncate(path, path.stat().st_size // 2)
    assert re.search(
        rf"{name}: .*(truncated|damaged|[0-9] cells|no prediction|epochs|columns)",
        snakemake(folder=again, code=1),
    )
    path.unlink()
    snakemake(folder=again)
    assert _results(again) == _results(finished)
