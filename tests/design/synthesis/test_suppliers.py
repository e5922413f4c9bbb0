"""Presets of suppliers: every limit has its page; options replace limits and are named."""

import csv
import logging
import re
from dataclasses import fields

import numpy as np
import pytest
from support.networks import untrained

from seqcnn.design.constraints import Constraints
from seqcnn.design.request import DesignRequest, design_order
from seqcnn.design.requests.constraints import ConstraintRequest, constraints_of
from seqcnn.design.requests.objective import ObjectiveRequest
from seqcnn.design.requests.order import OrderRequest
from seqcnn.design.requests.starts import StartRequest
from seqcnn.design.synthesis.supplier_names import SUPPLIER_NAMES
from seqcnn.design.synthesis.suppliers import SUPPLIERS
from seqcnn.design.synthesis.tally import Tally
from seqcnn.errors import UsageError


@pytest.fixture(scope="module")
def model():
    return untrained(filters=(4, 4), hidden=4)


def test_the_command_line_names_every_supplier():
    assert list(SUPPLIERS) == list(SUPPLIER_NAMES)


@pytest.mark.parametrize("name", SUPPLIER_NAMES)
def test_every_limit_of_a_supplier_has_the_address_of_a_page(name):
    supplier = SUPPLIERS[name]
    limited = {f.name for f in fields(Constraints) if getattr(supplier.limits, f.name) != f.default}
    assert limited == set(supplier.sources)
    assert all(source.url.startswith("https://") and source.title for source in supplier.sources.values())


@pytest.mark.parametrize("name", SUPPLIER_NAMES)
def test_a_supplier_sets_its_limits(name, model):
    constraints = constraints_of(model, ConstraintRequest(supplier=name))
    for field in SUPPLIERS[name].sources:
        assert getattr(constraints, field) == getattr(SUPPLIERS[name].limits, field)


def test_options_replace_limits_of_the_supplier_and_are_named(model, caplog):
    caplog.set_level(logging.INFO, "seqcnn")
    request = ConstraintRequest(supplier="idt-gblock", gc="0.3-0.5", homopolymer=6, repeat=12)
    constraints = constraints_of(model, request)
    assert (constraints.gc, constraints.homopolymer, constraints.homopolymer_gc) == ((0.3, 0.5), 6, None)
    assert (constraints.repeat, constraints.order_length) == (12, (125, 3000))
    assert "IDT gBlocks Gene Fragment: order_length 125-3000" in caplog.text
    assert "gc: 0.3-0.5 replaces 0.25-0.75 of the supplier" in caplog.text
    assert "homopolymer: 6 replaces 9 of the supplier" in caplog.text
    assert "repeat" not in caplog.text  # the supplier states none


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"supplier": "twist-oligos"},
            "--supplier 'twist-oligos': not known.*did you mean 'twist-oligo-pool'",
        ),
        ({"supplier": "x"}, "--supplier 'x': not known; known: agilent-oligo-library"),
        ({"gc_window": "50"}, "--gc-window '50': expected bp and fractions, such as 50:0.25-0.75"),
        ({"gc_window": "0:0.2-0.3"}, "--gc-window '0:0.2-0.3': expected bp"),
        ({"gc_window": "50:0.8-0.3"}, "--gc-window '0.8-0.3': the lowest is above the highest; give 0.3-0.8"),
        ({"order_length": "300-20"}, "--order-length '300-20': expected a range in bp, such as 20-300"),
        ({"repeat": 31}, "31 bp: repeats can be limited to 30 bp or less"),
        ({"adapter5": "ACN"}, "adapter5: ambiguous base at position 3"),
        ({"adapter3": "ACX"}, "adapter3: 'X' at position 3"),
    ],
)
def test_constraints_that_cannot_be_read_are_refused(options, message, model):
    with pytest.raises(UsageError, match=message):
        constraints_of(model, ConstraintRequest(**options))


def test_adapters_that_violate_a_limit_by_themselves_are_named(model, caplog):
    request = ConstraintRequest(adapter5="GGTCTCA", adapter3="CCCCCC", forbid=("BsaI",), homopolymer=5)
    constraints_of(model, request)
    assert "ordered 5' of every design: site_GGTCTC 1, limit 0; this is not part of the search" in caplog.text
    assert "ordered 3' of every design: homopolymer 6, limit 5" in caplog.text


def order(model, folder, **constraints):
    request = DesignRequest(
        start=StartRequest(random=3, length=30),
        objective=ObjectiveRequest(allow_ood=True),
        order=OrderRequest(constraints=ConstraintRequest(**constraints)),
        method="greedy",
    )
    return design_order(request, model, folder)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_sequences_of_another_length_than_the_supplier_makes_are_refused(model, tmp_path):
    message = "'random_1': 36 bp with adapters; ordered sequences of 125 to 3000 bp are expected"
    with pytest.raises(UsageError, match=message):
        order(model, tmp_path / "out", supplier="idt-gblock", adapter5="ACGTAC")
    assert not (tmp_path / "out").exists()


def test_adapters_are_named_only_if_there_are_some(model, tmp_path):
    with pytest.raises(UsageError, match="'random_1': 30 bp; ordered sequences of 40 to 50 bp are expected"):
        order(model, tmp_path / "out", order_length="40-50")


def test_a_range_from_high_to_low_is_named_with_the_other_one(model):
    with pytest.raises(UsageError, match=r"--gc '0.7-0.6': the lowest is above the highest; give 0.6-0.7"):
        constraints_of(model, ConstraintRequest(gc="0.7-0.6"))


def test_a_constraint_that_no_sequence_satisfies_is_named_with_the_value_that_was_reached(
    model, tmp_path, caplog
):
    order(model, tmp_path / "out", homopolymer=1, max_edits=1)
    assert re.search(r"the nearest one violates homopolymer \(\d, limit 1\); relax one", caplog.text)


def test_tables_say_which_constraint_rejected_candidates_and_how_close_designs_are(model, tmp_path):
    designs = order(
        model, tmp_path, supplier="agilent-oligo-library", gc="0.4-0.5", homopolymer=2, max_edits=9,
        adapter5="AC",
    )  # fmt: skip
    summary = {row["constraint"]: row for row in rows(tmp_path / "constraints.tsv")}
    assert list(summary) == ["order_length", "gc", "homopolymer", "max_edits", "out_of_distribution"]
    assert summary["order_length"]["source"].startswith("Agilent SureDesign: Permitted formats")
    assert summary["gc"]["source"] == "option"
    counts = [int(summary["gc"][name]) for name in ("candidates", "rejected", "rejected_alone")]
    assert counts[0] > counts[1] > counts[2] > 0
    assert summary["order_length"]["rejected"] == "0"
    by_design = rows(tmp_path / "design_constraints.tsv")
    assert len(by_design) == 4 * len(designs)
    for row in by_design:
        design = designs[int(row["id"].removeprefix("design_")) - 1]
        assert int(row["margin"]) >= 0
        if row["constraint"] == "gc":
            gc = (np.isin(design.codes, (1, 2)).sum() + 1) / 32
            assert float(row["value"]) == pytest.approx(gc)
        if row["constraint"] == "max_edits":
            assert (row["value"], row["margin"]) == (f"{len(design.edits)}", f"{9 - len(design.edits)}")
    at_limit = sum(row["margin"] == "0" for row in by_design if row["constraint"] == "max_edits")
    assert summary["max_edits"]["designs_at_limit"] == f"{at_limit}"


def test_a_candidate_that_violates_two_constraints_is_rejected_by_neither_alone():
    tally = Tally()
    tally.add({"a": np.array([1.0, 0, 2, 0]), "b": np.array([1.0, 3, 0, 0])})
    assert (tally.candidates, dict(tally.rejected), dict(tally.rejected_alone)) == (
        4, {"a": 2, "b": 2}, {"a": 1, "b": 1}
    )  # fmt: skip
