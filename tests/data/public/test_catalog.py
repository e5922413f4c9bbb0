import re

import pytest
from support.paths import ROOT

from seqcnn.data.public.catalog import CATALOG, PublicDataset, find_dataset
from seqcnn.errors import UsageError

FOLDER = ROOT / "configs"
GITHUB = r"https://raw\.githubusercontent\.com/[^/]+/[^/]+/[0-9a-f]{40}/.+"
ZENODO = r"https://zenodo\.org/records/[0-9]+/files/.+"
DIGITS = {"sha256": 64, "md5": 32}
CONFIGS = sorted(path for path in FOLDER.glob("*.yaml") if path.stem.startswith(tuple(CATALOG)))


@pytest.mark.parametrize("dataset", CATALOG.values(), ids=list(CATALOG))
def test_entries_are_pinned_and_cited(dataset: PublicDataset):
    assert CATALOG[dataset.name] is dataset
    assert dataset.files
    for file in dataset.files:
        assert re.fullmatch(f"{GITHUB}|{ZENODO}", file.url)
        assert file.url.endswith("/" + file.name)
    for file in (*dataset.files, *((dataset.joined,) if dataset.joined else ())):
        assert re.fullmatch(rf"[0-9a-f]{{{DIGITS[file.algorithm]}}}", file.digest)
        assert file.algorithm == "sha256" or file.url.startswith("https://zenodo.org/")
    assert dataset.title
    assert dataset.licence
    assert re.search(r"\d{4}", dataset.citation)
    assert dataset.doi.startswith("10.")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_name_columns_that_their_dataset_has(path):
    from seqcnn.config.pipeline import load_pipeline

    config = load_pipeline(path)
    columns = CATALOG[config.fetch].columns
    plan = config.data
    wanted = {*plan.targets, plan.split.column, *(c for names in plan.replicates.values() for c in names)}
    assert config.name == path.stem
    assert (wanted | {plan.group, *plan.categories}) - {None} <= set(columns)
    assert set(plan.units) == set(plan.targets)


@pytest.mark.parametrize("name", CATALOG)
def test_every_dataset_has_a_config(name):
    assert FOLDER / f"{name}.yaml" in CONFIGS


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(
        UsageError, match=r"'yeast_5urt'; known: plant_terminators, .*; did you mean 'yeast_5utr'\?"
    ):
        find_dataset("yeast_5urt")
