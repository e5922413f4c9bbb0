import json
import shutil
import sys

import pytest
from support.fake_hub import COMMIT, serving

import seqcnn
from seqcnn.cli import main
from seqcnn.errors import BundleError, EnvironmentFault, UsageError
from seqcnn.share import download
from seqcnn.share.card import CardTexts
from seqcnn.share.download import is_address, model_file
from seqcnn.share.push import push

pytestmark = pytest.mark.usefixtures("quick_export")


@pytest.fixture
def hub(bundle, tmp_path, monkeypatch):
    """A hub on this machine with the tiny model, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", "hf_none")
    with serving() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        server.files["lab/promoters", "model.safetensors"] = bundle.read_bytes()
        yield server


def addresses(hub):
    return ["hf://lab/promoters", f"{hub.address}/lab/promoters/resolve/main/model.safetensors"]


@pytest.mark.parametrize("number", [0, 1])
def test_a_model_is_downloaded_once(number, hub, bundle):
    address = addresses(hub)[number]
    assert model_file(address).read_bytes() == bundle.read_bytes()
    hub.requests.clear()
    assert seqcnn.load_model(address).targets == ["target"]
    assert hub.requests == []


@pytest.mark.parametrize("number", [0, 1])
def test_a_model_that_changed_is_refused(number, hub, tmp_path):
    address = addresses(hub)[number]
    model_file(address)
    for folder in (tmp_path / "cache").rglob("models"):
        for path in folder.iterdir():
            if path.name != "pins.json":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    hub.files["lab/promoters", "model.safetensors"] = b"another model"
    with pytest.raises(BundleError, match=r"SHA-256 is .*, at first it was .*; if the change is intended"):
        model_file(address)


def test_a_changed_file_of_the_cache_is_refused(hub):
    path = model_file(addresses(hub)[1])
    path.write_bytes(b"x")
    with pytest.raises(BundleError, match="SHA-256 is"):
        model_file(addresses(hub)[1])


def test_a_file_that_was_in_the_cache_without_a_pin_is_downloaded_again(hub, bundle):
    path = model_file(addresses(hub)[1])
    path.write_bytes(b"planted")
    path.with_name("pins.json").unlink()
    assert model_file(addresses(hub)[1]).read_bytes() == bundle.read_bytes()


def test_a_revision_is_pinned_by_itself(hub, tmp_path):
    for address in ("hf://lab/promoters@v1", "hf://lab/promoters"):
        model_file(address)
    (pins,) = (tmp_path / "cache").rglob("pins.json")
    assert set(json.loads(pins.read_text())) == {"hf://lab/promoters@v1", "hf://lab/promoters"}
    assert any("/resolve/v1/" in request for request in hub.requests)


@pytest.mark.parametrize(
    ("address", "fault", "message"),
    [
        ("hf://lab", UsageError, "expected hf://owner/name or hf://owner/name@revision"),
        ("hf://lab/absent", EnvironmentFault, r"hf://lab/absent: download failed \("),
        ("http://example.org/m.safetensors", UsageError, "expected https://"),
        ("https://example.org/m.pt", UsageError, r"expected the address of a \.safetensors or \.onnx file"),
    ],
)
def test_other_addresses_are_refused(address, fault, message, hub):
    with pytest.raises(fault, match=message):
        model_file(address)


def test_a_missing_file_is_an_environment_fault(hub):
    with pytest.raises(EnvironmentFault, match=r"download failed \(HTTP 404\)"):
        model_file(f"{hub.address}/lab/absent/resolve/main/model.safetensors")


def test_without_the_extra_it_is_named(hub, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(EnvironmentFault, match=r"pip install 'seqcnn\[hub\]'"):
        download.hub_library()


def test_paths_are_no_addresses():
    assert not any(map(is_address, ("m.safetensors", "/hf:/x", "hf:/a/b", "C:\\m.onnx")))


def test_a_pushed_model_is_predicted_from_its_address(hub, bundle, tmp_path, capsys):
    texts = ["--license", "mit", "--citation", "doi:10.1/x"]
    with pytest.raises(SystemExit) as stop:
        main(["push", str(bundle), "hf://lab/new", *texts])
    assert stop.value.code == 0
    assert f"hf://lab/new@{COMMIT}" in capsys.readouterr().err
    files = {name for repository, name in hub.files if repository == "lab/new"}
    assert files == {"README.md", "model.onnx", "model.safetensors"}
    assert hub.files["lab/new", "README.md"].startswith(b"---\nlicense: mit\n")
    (tmp_path / "s.fa").write_text(">a\n" + "ACGTA" * 6)
    with pytest.raises(SystemExit) as stop:
        main(["predict", str(tmp_path / "s.fa"), "-m", "hf://lab/new", "-o", str(tmp_path / "p.tsv")])
    assert stop.value.code == 0
    assert (tmp_path / "p.tsv").read_text().startswith("id\ttarget")


@pytest.mark.parametrize(
    ("repository", "texts", "message"),
    [
        ("lab/new", CardTexts(license="mit"), "expected hf://owner/name"),
        ("hf://lab/new@v1", CardTexts(license="mit"), "expected hf://owner/name"),
        ("hf://lab/new", CardTexts(), "--license: none given"),
    ],
)
def test_an_upload_needs_a_repository_and_a_licence(repository, texts, message, hub, bundle):
    with pytest.raises(UsageError, match=message):
        push(bundle, repository, texts=texts)
    assert hub.requests == []


def test_a_refused_upload_names_the_login(hub, bundle):
    hub.refuses = True
    with pytest.raises(EnvironmentFault, match=r"upload failed \(HTTP 401\); check the network, and log in"):
        push(bundle, "hf://lab/new", texts=CardTexts(license="mit"))
