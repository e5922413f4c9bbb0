"""The list of mutations keeps up with the code."""

from __future__ import annotations

import pytest
from support.paths import ROOT

from benchmarks.reliability.mutation_testing import MUTATIONS, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.guard)
def test_a_guard_to_take_away_stands_once_in_its_file(mutation: Mutation) -> None:
    assert (ROOT / mutation.file).read_text().count(mutation.old) == 1
    assert mutation.new != mutation.old
