"""Folders of the repository that tests read."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
BAD_INPUTS = TESTS / "data_files" / "bad_inputs"
BAD_BUNDLES = TESTS / "data_files" / "bad_bundles"
BAD_CONFIGS = TESTS / "data_files" / "bad_configs"
