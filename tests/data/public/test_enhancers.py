import hashlib
from dataclasses import replace

import pytest
from support import web_folder
from support.command_line import cli

from seqcnn.data.fetch import fetch
from seqcnn.data.public.catalog import CATALOG
from seqcnn.errors import EnvironmentFault, SequenceError, TableError

NAME = "fly_enhancers"
COLUMNS = ("Dev_log2_enrichment", "Hk_log2_enrichment")
COLUMNS += tuple(f"{name}_{kind}" for kind in ("scaled", "quantile_normalized") for name in COLUMNS)
FIRST = {"Train": "chr2L_5587", "Val": "chr2R_4429", "Test": "chr2R_10574536"}
EXPECTED = """id\tDev_log2_enrichment\tHk_log2_enrichment\tregion\tstrand\tclass\tpublished_set
chr2L_5587_5592_+_positive_peaks\t5.711541\t1.3625218\tchr2L_5587_5592\t+\tpositive_peaks\ttrain
chr2L_5587_5592_-_positive_peaks\t-0.5\tNA\tchr2L_5587_5592\t-\tpositive_peaks\ttrain
chr2R_4429_5592_+_positive_peaks\t5.711541\t1.3625218\tchr2R_4429_5592\t+\tpositive_peaks\tval
chr2R_4429_5592_-_positive_peaks\t-0.5\tNA\tchr2R_4429_5592\t-\tpositive_peaks\tval
chr2R_10574536_5592_+_positive_peaks\t5.711541\t1.3625218\tchr2R_10574536_5592\t+\tpositive_peaks\ttest
chr2R_10574536_5592_-_positive_peaks\t-0.5\tNA\tchr2R_10574536_5592\t-\tpositive_peaks\ttest
"""


@pytest.fixture
def published(tmp_path):
    """Return a folder with small files of the published form: two rows of one region per part."""
    folder = tmp_path / "published" / CATALOG[NAME].folder
    folder.mkdir(parents=True)
    for part, first in FIRST.items():
        records = f">{first}_5592_+_positive_peaks\nAACGTN\n>{first}_5592_-_positive_peaks\nNACGTT\n"
        (folder / f"Sequences_{part}.fa").write_text(records)
        table = "\t".join(COLUMNS) + "\n5.711541\t1.3625218\t1\t1\t1\t1\n-0.5\tNA\t0\t0\t0\t0\n"
        (folder / f"Sequences_activity_{part}.txt").write_text(table)
    return folder


def put_into_catalogue(monkeypatch, folder, address):
    """Replace addresses and checksums of the catalogue by those of files in a folder."""
    files = tuple(
        replace(
            file,
            digest=hashlib.md5((folder / file.name).read_bytes()).hexdigest(),
            url=f"{address}/{file.name}",
        )
        for file in CATALOG[NAME].files
    )
    monkeypatch.setitem(CATALOG, NAME, replace(CATALOG[NAME], files=files))


@pytest.fixture
def web(monkeypatch, tmp_path, published):
    """Serve the small files from this machine, with an empty download cache."""
    with web_folder.serving(published) as web:
        put_into_catalogue(monkeypatch, published, web.address)
        monkeypatch.delenv("SEQCNN_DATA", raising=False)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)
        yield web


@pytest.fixture
def copy(monkeypatch, published):
    """Make the small files the local copy, with the checksums of the published ones in the catalogue."""
    monkeypatch.setenv("SEQCNN_DATA", str(published.parent))
    return published


def test_records_and_rows_are_joined_by_position_with_the_split_of_their_files(web, tmp_path, caplog):
    caplog.set_level("INFO")
    result = fetch(NAME, tmp_path / "out")
    assert result.targets.read_text() == EXPECTED
    assert result.sequences.read_text().splitlines()[:4] == [
        ">chr2L_5587_5592_+_positive_peaks", "AACGTN", ">chr2L_5587_5592_-_positive_peaks", "NACGTT",
    ]  # fmt: skip
    readme = result.readme.read_text()
    assert "Compared with the catalogue of seqcnn: MD5 of 6 files." in readme
    for file in CATALOG[NAME].files:
        assert f"| {file.name} | MD5 {file.digest} | {file.url} |" in readme
    assert "compared with the catalogue: MD5 of 6 files" in caplog.text


def test_a_second_fetch_downloads_nothing(web, tmp_path):
    first = fetch(NAME, tmp_path / "one")
    assert web.requests == [file.name for file in CATALOG[NAME].files]
    assert fetch(NAME, tmp_path / "two").targets.read_text() == first.targets.read_text()
    assert len(web.requests) == 6


def test_a_stopped_download_resumes_with_the_files_that_are_missing(web, tmp_path, published):
    late = published / "Sequences_activity_Train.txt"
    late.rename(tmp_path / "late")
    with pytest.raises(EnvironmentFault, match=r"activity_Train\.txt: download failed \(HTTP 404\)"):
        fetch(NAME, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "late").rename(late)
    before = len(web.requests)
    assert fetch(NAME, tmp_path / "out").n == 6
    assert web.requests[before:] == [file.name for file in CATALOG[NAME].files[3:]]


def test_a_download_with_another_md5_ends_with_exit_code_3_and_leaves_nothing(
    web, tmp_path, published, capfd
):
    (published / "Sequences_Train.fa").write_text(">altered\nA\n")
    assert cli("fetch", NAME, "-o", tmp_path / "out") == 3
    found = f"Sequences_Train.fa: MD5 is not {CATALOG[NAME].files[0].digest}: the source changed"
    assert found in capfd.readouterr().err
    assert not (tmp_path / "out").exists()
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_copy_with_another_md5_is_refused(copy, tmp_path):
    expected = CATALOG[NAME].files[0].digest
    with pytest.raises(TableError, match=rf"Sequences_Train\.fa: MD5 is [0-9a-f]{{32}}, expected {expected}"):
        fetch(NAME, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("file", "text", "fault", "message"),
    [
        ("Sequences_Val.fa", ">a_1_2_+_x\nA\n", TableError,
         r"Val\.txt: more entries than .*Val\.fa, which has 1 record; expected one row for each record"),
        ("Sequences_activity_Val.txt", "\t".join(COLUMNS) + "\n1\t1\t1\t1\t1\t1\n", TableError,
         r"Val\.fa: more entries than .*Val\.txt, which has 1 row; expected one row for each record"),
        ("Sequences_activity_Test.txt", "a\tb\n1\t2\n", TableError, r"no column .*Dev_log2_enrichment"),
        ("Sequences_Test.fa", ">peak1\nA\n", TableError,
         r"Test\.fa, line 1: name 'peak1' found; expected CHROMOSOME_START_END_STRAND_CLASS"),
        ("Sequences_Test.fa", "A\n", SequenceError, r"Test\.fa"),
    ],
)  # fmt: skip
def test_files_whose_rows_do_not_fit_are_refused(copy, tmp_path, monkeypatch, file, text, fault, message):
    (copy / file).write_text(text)
    put_into_catalogue(monkeypatch, copy, "https://data.invalid")
    with pytest.raises(fault, match=message):
        fetch(NAME, tmp_path / "out")
    assert not (tmp_path / "out").exists()
