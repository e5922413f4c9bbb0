"""Nothing that is written tells where, or by whom: no path of this machine, no home folder, no user."""

import gzip
import sys
from pathlib import Path

import h5py
import pytest
from support.paths import ROOT

from benchmarks.reliability.writing_commands import WRITING, lay_out, run
from seqcnn.model import export as export_module

USER = "jdoe_of_the_lab"
SECRETS = [USER, f"project_{USER}", f"home_{USER}", str(ROOT), sys.prefix, "site-packages", "/seqcnn/"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with the outputs of every command of a small project, called with absolute paths."""
    top = tmp_path_factory.mktemp("top")
    folder = top / f"project_{USER}"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("USER", "LOGNAME", "USERNAME"):
            patch.setenv(name, USER)
        patch.setenv("HOME", str(top / f"home_{USER}"))
        patch.setattr(export_module, "MIN_INT8_R", -1.0)  # of a network that has hardly learnt
        lay_out()
        run_all(folder)
    return folder


def run_all(folder):
    inputs = {path.name for path in folder.iterdir()}

    def absolute(word):
        return str(folder / word) if word in inputs or word.startswith(("out", "run")) else word

    commands = [["export", "m.safetensors", "--int8", "lab.fa", "-o", "out/int8.onnx"]]
    commands += [
        [name, *WRITING[name]] for name in ("export", "attribute", "predict", "evaluate", "saturate", "scan")
    ]
    commands += [["variants", *WRITING["variants"]], ["marginalize", *WRITING["marginalize"]]]
    for command, *words in commands:
        assert run(command, *map(absolute, words)) == 0, command
    assert run("report", str(folder / "run"), "-o", str(folder / "out/report.html")) == 0


def content(path: Path) -> bytes:
    """The bytes of a file, what is compressed in it included."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        return data + gzip.decompress(data)
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            data += repr(dict(file.attrs)).encode() + b"".join(file.get("ids", ()))
    return data


def test_no_written_file_tells_where_or_by_whom(written):
    files = [path for path in written.rglob("*") if path.is_file()]
    endings = {".safetensors", ".onnx", ".h5", ".json", ".tsv", ".html", ".csv", ".gz", ".bed", ".svg"}
    assert endings <= {path.suffix for path in files}
    telling = {
        str(path.relative_to(written)): [secret for secret in SECRETS if secret.encode() in content(path)]
        for path in files
    }
    assert {name: secrets for name, secrets in telling.items() if secrets} == {}


def test_exports_have_no_metadata_but_ours_and_no_comments(written):
    import onnx

    for name in ("m.onnx", "int8.onnx"):
        message = onnx.load(written / "out" / name)
        assert [entry.key for entry in message.metadata_props] == ["seqcnn", "sha256"]
        parts = [message.graph, *message.graph.node, *message.graph.initializer, *message.graph.value_info]
        assert not any(part.doc_string or part.metadata_props for part in [*parts, *message.functions])
