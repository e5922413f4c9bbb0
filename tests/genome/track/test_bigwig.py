"""A bigWig is written and read in a process of its own, which a damaged file or a full disk may end."""

import numpy as np
import pytest
from support.fake_biology import add_biology
from support.fake_run import dataset

from seqcnn.errors import EnvironmentFault, TableError
from seqcnn.genome.track import bigwig as bigwig_module
from seqcnn.genome.track.bigwig import read_bigwig, write_bigwig
from seqcnn.report.biology import sections


@pytest.fixture
def bigwig(tmp_path):
    """Return the track of fake_biology: 1.5 from 20 to 80 of a contig of 100 bp."""
    add_biology(tmp_path)
    return tmp_path / "biology/scan/plus.bw"


def test_a_part_of_a_contig_is_read_and_cut_at_its_ends(bigwig):
    start, values = read_bigwig(bigwig, "chr1", -50, 25)
    assert start == 0
    assert np.array_equal(values, [np.nan] * 20 + [1.5] * 5, equal_nan=True)
    start, values = read_bigwig(bigwig, "chr1", 78, 500)
    assert start == 78
    assert np.array_equal(values, [1.5] * 2 + [np.nan] * 20, equal_nan=True)


@pytest.mark.parametrize("size", [0, 3, 200, 500, -1])
def test_a_truncated_bigwig_is_damaged(bigwig, size, capfd):
    bigwig.write_bytes(bigwig.read_bytes()[:size])
    with pytest.raises(TableError, match=r"plus.bw: cut or damaged.*run `seqcnn scan` again"):
        sections(bigwig.parents[1], dataset())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("place", [24, 52, 356])
def test_damage_that_ends_the_library_does_not_end_the_report(bigwig, place):
    """An error for the position of the index, no memory for a buffer's size, a panic of damaged data."""
    content = bytearray(bigwig.read_bytes())
    content[place : place + 4] = b"\xff" * 4
    bigwig.write_bytes(content)
    with pytest.raises(ValueError, match=r"plus\.bw cannot be read"):
        read_bigwig(bigwig, "chr1", 0, 100)


def test_an_unknown_contig_is_damage(bigwig):
    with pytest.raises(ValueError, match="cannot be read"):
        read_bigwig(bigwig, "chr2", 0, 100)


@pytest.mark.parametrize("limit", [0, 100, 600, 4000])
def test_a_bigwig_that_is_not_written_whole_is_an_environment_fault(tmp_path, monkeypatch, limit):
    """The library itself returns without an error at 0 and 100 bytes, and panics at the others."""
    (tmp_path / "x.bedgraph").write_text("".join(f"c\t{i}\t{i + 1}\t{i % 97}\n" for i in range(20_000)))
    limited = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({limit},) * 2)\n"
    monkeypatch.setattr(bigwig_module, "_WRITE", limited + bigwig_module._WRITE)
    with pytest.raises(EnvironmentFault, match=r"x\.bw: not written \([\w ]*\); check the space") as caught:
        write_bigwig(tmp_path / "x.bedgraph", tmp_path / "x.bw", sizes={"c": 20_000})
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["x.bedgraph"]
