"""What `check` says on the number of sequences."""

import re
from dataclasses import replace

import numpy as np
import pytest
from support.paths import ROOT
from support.planted import planted, split_of

from seqcnn.api.fit_folder import warn_of_few_rows
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.data.library_size import MEASURED, PAGE, expectations, size_warnings
from seqcnn.documentation import page


@pytest.fixture(scope="module")
def small():
    """64 oligos, 48 of them training rows, with two targets."""
    sequences, y = planted(64)
    return dataset_from_arrays(sequences, np.stack([y, y], axis=1), split=split_of(64))


def of_size(dataset, rows):
    """Return a dataset with this number of training rows, as many as the others together."""
    return replace(
        dataset,
        targets=np.zeros((rows + 200, 1), np.float32),
        target_names=["y"],
        split=np.array(["train"] * rows + ["val"] * 100 + ["test"] * 100),
    )


def test_the_scores_are_those_of_the_page():
    row = re.compile(r"^\| (\w+), \w+ \| ([\d,]+) \| \d \| (\S+).*? \| (\S+)", re.MULTILINE)
    found = {
        (int(rows.replace(",", "")), name): (float(cnn), float(ridge))
        for name, rows, cnn, ridge in row.findall((ROOT / PAGE).read_text())
    }
    assert found == {(rows, name): r for rows, scores in MEASURED.items() for name, r in scores.items()}


@pytest.mark.parametrize(
    ("rows", "nearest", "following"), [(120, 300, 1000), (1200, 1000, 3000), (5000, 3000, 9000)]
)
def test_the_nearest_measured_size_and_the_next_are_named(small, rows, nearest, following):
    first, second = expectations(of_size(small, rows))
    begin = (
        f"are there enough sequences? {rows:,} training rows; with about {nearest:,}, on 3 public libraries"
    )
    assert first.startswith(begin)
    assert first.endswith(f"(Pearson r of test rows, {page(PAGE)})")
    assert second.startswith(f"for comparison, with about {following:,}, on ")


def test_beyond_the_largest_measured_size_nothing_larger_is_named(small):
    (line,) = expectations(of_size(small, 40_000))
    assert "with about 9,000, on 2 public libraries, a CNN 0.67 to 0.76" in line
    assert "and a k-mer ridge 0.57 to 0.66 (" in line


def test_a_ridge_is_recommended_for_few_training_rows_only(small):
    (warning,) = size_warnings(of_size(small, 1499))
    assert warning == (
        "1,499 training rows: with so few a k-mer ridge can be better than a network, as with about 1,000 on "
        "yeast_5utr (r 0.60 against 0.51) and on human_splicing_exons (r 0.21 against 0.20); recommended: "
        "--configs ridge, or compare it with networks as every fit does"
    )
    assert not list(size_warnings(of_size(small, 1500)))


def test_targets_with_few_measured_rows_in_a_part_are_named(small):
    targets = small.targets.copy()
    targets[small.part("test")[3:], 1] = np.nan
    warnings = list(size_warnings(replace(small, targets=targets)))[1:]
    assert warnings == [
        "target 'target 1': measured in 8 val rows; the 95% interval of r = 0.5 would be -0.32 to 0.89; "
        "cross-validate, or measure more",
        "target 'target 1': measured in 8 test rows; the 95% interval of r = 0.5 would be -0.32 to 0.89; "
        "cross-validate, or measure more",
        "target 'target 2': measured in 8 val rows; the 95% interval of r = 0.5 would be -0.32 to 0.89; "
        "cross-validate, or measure more",
        "target 'target 2': measured in 3 test rows; too few for an interval",
    ]


def test_every_fit_warns_of_few_rows_to_score(small, caplog):
    warn_of_few_rows(small)
    parts = [len(small.part(part)) for part in ("val", "test")]
    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        f"target {name!r}: measured in {count} {part} rows"
        for name in small.target_names
        for part, count in zip(("val", "test"), parts, strict=True)
    ]
