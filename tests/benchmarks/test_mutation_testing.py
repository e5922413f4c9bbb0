"""The list of sabotages keeps up with the code."""

from __future__ import annotations

import pytest
from sabotage import SABOTAGES, Sabotage
from support.paths import ROOT


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.guard)
def test_a_guard_to_take_away_stands_once_in_its_file(sabotage: Sabotage) -> None:
    assert (ROOT / sabotage.file).read_text().count(sabotage.old) == 1
    assert sabotage.new != sabotage.old
