import gzip
import hashlib
from dataclasses import replace

import pytest
from support import web_folder
from support.command_line import cli

from seqcnn.data.fetch import fetch
from seqcnn.data.public.catalog import CATALOG, PublicFile
from seqcnn.errors import EnvironmentFault, TableError, UsageError

YEAST = ",UTR_name,UTR,t0,t1,growth_rate\n0,YAL1:2:0,ACG,317,1,0.29\n1,YAL1:9:4,AC,100,1,-0.50\n"


def write_gz(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Put a dataset of two rows into the catalogue, with its file in a local copy."""
    path = write_gz(tmp_path / "copy/small_folder/Native_UTRs.csv.gz", YEAST)
    file = PublicFile(
        path.name, hashlib.sha256(path.read_bytes()).hexdigest(), f"https://data.invalid/{path.name}"
    )
    dataset = replace(CATALOG["yeast_5utr"], name="small", folder="small_folder", files=(file,))
    monkeypatch.setitem(CATALOG, "small", dataset)
    monkeypatch.setenv("SEQCNN_DATA", str(tmp_path / "copy"))
    return dataset


@pytest.fixture
def served(monkeypatch, tmp_path, small):
    """Serve the small dataset from this machine instead, with an empty download cache."""
    with web_folder.serving(tmp_path / "copy/small_folder") as web:
        url = f"{web.address}/{small.files[0].name}"
        dataset = replace(small, files=(replace(small.files[0], url=url),))
        monkeypatch.setitem(CATALOG, "small", dataset)
        monkeypatch.delenv("SEQCNN_DATA")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)
        yield dataset


def test_fetch_from_a_local_copy_writes_fasta_targets_and_readme(small, tmp_path, caplog):
    caplog.set_level("INFO")
    result = fetch("small", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md",
        "sequences.fa",
        "targets.tsv",
    ]
    assert result.sequences.read_bytes() == b">YAL1:2:0\nACG\n>YAL1:9:4\nAC\n"
    assert result.targets.read_text().splitlines() == [
        "id\tgrowth_rate\tt0\treads\torf\tgene_set\tgene_set_t0_100",
        "YAL1:2:0\t0.29\t317\tt0_over_100\tYAL1\ttest\ttest",
        "YAL1:9:4\t-0.50\t100\tt0_up_to_100\tYAL1\ttest\tNA",
    ]
    readme = result.readme.read_text()
    for text in (small.licence, small.citation, small.doi, small.files[0].digest, small.files[0].url):
        assert text in readme
    assert result.n == 2
    assert small.licence in caplog.text
    assert small.doi in caplog.text
    assert "compared with the catalogue: SHA-256 of 1 file" in caplog.text
    assert "Compared with the catalogue of seqcnn: SHA-256 of 1 file." in readme


def test_fetch_refuses_files_that_are_there_unless_told_to_overwrite(small, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(UsageError, match=r"README\.md: file exists; give another name, or --overwrite"):
        fetch("small", tmp_path)
    assert not (tmp_path / "sequences.fa").exists()
    assert fetch("small", tmp_path, overwrite=True).readme.read_text() != "mine"


def test_fetch_refuses_a_file_in_place_of_the_folder(small, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        fetch("small", tmp_path / "out")


def test_a_changed_local_copy_is_refused_and_nothing_is_written(small, tmp_path):
    write_gz(tmp_path / "copy/small_folder/Native_UTRs.csv.gz", YEAST + "2,X:1:0,A,1,1,1\n")
    with pytest.raises(TableError, match=rf"SHA-256 is [0-9a-f]{{64}}, expected {small.files[0].digest}"):
        fetch("small", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_local_copy_that_is_no_folder_is_refused(small, tmp_path, monkeypatch):
    monkeypatch.setenv("SEQCNN_DATA", str(tmp_path / "absent"))
    with pytest.raises(UsageError, match=r"SEQCNN_DATA: .* is not a folder"):
        fetch("small", tmp_path / "out")


def test_a_failed_write_leaves_none_of_the_files(small, tmp_path, monkeypatch):
    monkeypatch.setattr("seqcnn.data.fetch._readme", lambda *_: "\udc80")  # cannot be written as UTF-8
    with pytest.raises(UnicodeEncodeError):
        fetch("small", tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_fetch_downloads_once(served, tmp_path):
    first = fetch("small", tmp_path / "one")
    (
        tmp_path / "copy/small_folder" / served.files[0].name
    ).unlink()  # the server has nothing to give any more
    second = fetch("small", tmp_path / "two")
    assert first.targets.read_bytes() == second.targets.read_bytes()
    assert (tmp_path / "cache/seqcnn/small_folder" / served.files[0].name).is_file()


def test_an_altered_download_is_refused(served, tmp_path):
    write_gz(tmp_path / "copy/small_folder" / served.files[0].name, "altered")
    with pytest.raises(EnvironmentFault, match="the source changed or the download was altered"):
        fetch("small", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_the_source_no_longer_has_is_named(served, tmp_path):
    (tmp_path / "copy/small_folder" / served.files[0].name).unlink()
    with pytest.raises(
        EnvironmentFault, match=r"Native_UTRs\.csv\.gz: download failed \(HTTP 404\).*set SEQCNN_DATA"
    ):
        fetch("small", tmp_path / "out")


def test_no_network_is_one_line_with_a_remedy(served, monkeypatch, tmp_path):
    file = replace(served.files[0], url="http://127.0.0.1:9/none.csv.gz")  # port 9: nobody listens
    monkeypatch.setitem(CATALOG, "small", replace(served, files=(file,)))
    with pytest.raises(
        EnvironmentFault, match=r"download failed \(ConnectionError\); check the network and proxy"
    ) as caught:
        fetch("small", tmp_path / "out")
    assert "\n" not in str(caught.value)


def test_a_local_copy_without_the_folder_is_named_and_the_original_is_downloaded(
    served, tmp_path, monkeypatch, caplog
):
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("SEQCNN_DATA", str(tmp_path / "other"))
    assert fetch("small", tmp_path / "out").n == 2
    assert "SEQCNN_DATA has no folder small_folder: downloading" in caplog.text


def test_the_joined_table_of_a_local_copy_is_read_in_place_of_the_originals(small, tmp_path, monkeypatch):
    absent = (replace(small.files[0], name="absent.csv.gz"),)
    monkeypatch.setitem(CATALOG, "small", replace(small, files=absent, joined=small.files[0]))
    assert fetch("small", tmp_path / "out").sequences.read_bytes() == b">YAL1:2:0\nACG\n>YAL1:9:4\nAC\n"


def test_what_a_source_leaves_open_is_a_warning(small, tmp_path, monkeypatch, caplog):
    def convert(files):
        return small.convert(files)._replace(gaps=("the barcodes are not published",))

    monkeypatch.setitem(CATALOG, "small", replace(small, convert=convert))
    assert fetch("small", tmp_path / "out").gaps == ("the barcodes are not published",)
    assert "small: the barcodes are not published" in caplog.text


def test_the_list_names_every_dataset_with_its_article(capfd):
    assert cli("fetch", "--list") == 0
    rows = [line.split("\t") for line in capfd.readouterr().out.splitlines()]
    assert rows == [[name, entry.title, f"doi:{entry.doi}"] for name, entry in CATALOG.items()]
