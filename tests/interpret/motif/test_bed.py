"""BED files: their scores are integers from 0 to 1000."""

import numpy as np

from seqcnn.interpret.motif.bed import bed_scores, write_bed


def test_scores_are_sizes_as_integers_of_which_the_largest_is_1000():
    assert bed_scores(np.array([3.0, -6.0, 0.0])) == [500, 1000, 0]
    assert bed_scores(np.zeros(2)) == [0, 0]
    assert bed_scores(np.empty(0)) == []


def test_rows_follow_the_comment(tmp_path):
    write_bed(tmp_path / "a.bed", "hits", [["c", "0", "5"], ["c", "7", "9"]])
    assert (tmp_path / "a.bed").read_text() == "# hits\nc\t0\t5\nc\t7\t9\n"
