import json
import sys
from itertools import count, repeat
from types import SimpleNamespace

import pytest
from support.fake_hub import COMMIT, serving

import seqcnn
from seqcnn.cli import main
from seqcnn.errors import BundleError, EnvironmentFault, UsageError
from seqcnn.share.addresses import receive
from seqcnn.share.addresses.address import WebFile, address_name, hub_library, is_address
from seqcnn.share.card import CardTexts
from seqcnn.share.download import model_file
from seqcnn.share.push import _upload, push

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
    for path in (tmp_path / "cache").rglob("*.safetensors"):
        path.unlink()
    hub.files["lab/promoters", "model.safetensors"] = b"another model"
    with pytest.raises(BundleError, match=r"SHA-256 is .*, at first it was .*; if the change is intended"):
        model_file(address)
    assert not [*(tmp_path / "cache").rglob("*.safetensors")]


@pytest.mark.parametrize("number", [0, 1])
def test_what_is_no_model_is_neither_kept_nor_pinned(number, hub, bundle, tmp_path):
    hub.files["lab/promoters", "model.safetensors"] = b"<html>please log in</html>"
    with pytest.raises(BundleError, match=r"^(hf|http)://.* not a seqcnn model.*; the download is not kept$"):
        model_file(addresses(hub)[number])
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    hub.files["lab/promoters", "model.safetensors"] = bundle.read_bytes()
    assert model_file(addresses(hub)[number]).read_bytes() == bundle.read_bytes()


def test_an_export_is_downloaded_and_another_onnx_file_is_not_kept(hub, tmp_path):
    hub.files["lab/promoters", "model.onnx"] = b"other"
    with pytest.raises(BundleError, match="the download is not kept"):
        model_file(f"{hub.address}/lab/promoters/resolve/main/model.onnx")


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
        ("hf://../x", UsageError, "expected hf://owner/name or hf://owner/name@revision"),
        ("hf://lab/a--b", UsageError, "expected hf://owner/name or hf://owner/name@revision"),
        ("hf://-lab/a", UsageError, "expected hf://owner/name or hf://owner/name@revision"),
        ("hf://lab/a.git", UsageError, "expected hf://owner/name or hf://owner/name@revision"),
        ("hf://läb/a", UsageError, "expected hf://owner/name or hf://owner/name@revision"),
        ("https://[::1/m.safetensors", UsageError, r"^https://\.\.\.: Invalid IPv6 URL"),
        ("https://host:x/m.safetensors", UsageError, r"^https://\.\.\.: Port could not be cast"),
        ("hf://lab/absent", EnvironmentFault, r"hf://lab/absent: download failed \("),
        ("http://example.org/m.safetensors", UsageError, "expected https://"),
        ("https://example.org/m.pt", UsageError, r"expected the address of a \.safetensors or \.onnx file"),
    ],
)
def test_other_addresses_are_refused(address, fault, message, hub):
    with pytest.raises(fault, match=message):
        model_file(address)


def test_secrets_of_an_address_are_neither_shown_nor_stored(hub, tmp_path, caplog):
    address = f"{addresses(hub)[1]}?token=SECRET#SECRET"
    with caplog.at_level("INFO"):
        model_file(address)
    (pins,) = (tmp_path / "cache").rglob("pins.json")
    assert [*json.loads(pins.read_text())] == [address_name(address)]
    assert f"{addresses(hub)[1]}?sha256=" in caplog.text
    assert "SECRET" not in caplog.text + pins.read_text()
    assert any(request.endswith("?token=SECRET") for request in hub.requests)
    assert address_name(address) != address_name(address.replace("SECRET", "OTHER"))


@pytest.mark.parametrize(
    "address", ["https://user:SECRET@host/m.safetensors", "http://localhost:SECRET@host/m.onnx"]
)
def test_a_password_in_an_address_is_refused_and_not_shown(address):
    with pytest.raises(UsageError, match=r"^https?://host/.*user name or password") as caught:
        address_name(address)
    assert "SECRET" not in str(caught.value)


def test_a_redirect_is_followed_to_https_only(hub, bundle):
    hub.redirects = {"/old.safetensors": "/lab/promoters/resolve/main/model.safetensors",
                     "/plain.safetensors": "http://example.org/m.safetensors",
                     "/loop.safetensors": "/loop.safetensors"}  # fmt: skip
    assert model_file(f"{hub.address}/old.safetensors").read_bytes() == bundle.read_bytes()
    with pytest.raises(EnvironmentFault, match="a redirect to an address without https"):
        model_file(f"{hub.address}/plain.safetensors")
    with pytest.raises(EnvironmentFault, match="too many redirects"):
        model_file(f"{hub.address}/loop.safetensors")
    with pytest.raises(EnvironmentFault, match="a redirect to an address without https"):
        receive._refuse_plain("https", f"{hub.address}/m.safetensors", "name")


def answer(parts, **headers):
    """An answer of a server that sends these parts."""
    return SimpleNamespace(headers=headers, raw=SimpleNamespace(read1=lambda size: next(parts, b"")))


def test_a_download_has_bounds_of_size_and_pace(tmp_path, monkeypatch):
    monkeypatch.setattr(receive, "MAX_BYTES", 1_000)
    for parts, headers, message in (
        (repeat(b"x" * 100), {}, "more than 1,000 bytes"),
        (iter([]), {"Content-Length": "1001"}, "more than 1,000 bytes"),
        (iter([b"x"]), {"Content-Length": "2"}, "1 of 2 bytes received"),
    ):
        with pytest.raises(EnvironmentFault, match=message):
            receive._save(answer(parts, **headers), tmp_path / "m", "name")
    seconds = count(step=20)
    monkeypatch.setattr(receive.time, "monotonic", lambda: next(seconds))
    with pytest.raises(EnvironmentFault, match=r"expected at least 1,000 bytes per second"):
        receive._save(answer(repeat(b"x")), tmp_path / "m", "name")


def test_a_token_is_sent_to_the_host_of_the_address_only(hub, tmp_path):
    hub.redirects = {
        "/m": hub.address.replace("127.0.0.1", "localhost") + "/lab/promoters/resolve/main/model.safetensors"
    }
    receive.receive(WebFile(f"{hub.address}/m", {"Authorization": "Bearer x"}), tmp_path / "m", "name")
    assert hub.tokens == ["Bearer x", None]


def test_the_variable_of_the_model_may_be_an_address(hub, tmp_path, monkeypatch, capsys):
    (tmp_path / "s.fa").write_text(">a\n" + "ACGTA" * 6)
    monkeypatch.setenv("SEQCNN_MODEL", "hf://lab/promoters")
    with pytest.raises(SystemExit) as stop:
        main(["predict", str(tmp_path / "s.fa"), "-o", str(tmp_path / "p.tsv")])
    assert stop.value.code == 0
    assert "model: hf://lab/promoters (from $SEQCNN_MODEL)" in capsys.readouterr().err


def test_a_missing_file_is_an_environment_fault(hub):
    with pytest.raises(EnvironmentFault, match=r"download failed \(HTTP 404\)"):
        model_file(f"{hub.address}/lab/absent/resolve/main/model.safetensors")


def test_without_the_extra_it_is_named(hub, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(EnvironmentFault, match=r"pip install 'seqcnn\[hub\]'"):
        hub_library()


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
        ("hf://lab/new", CardTexts(license="mit\nx"), "--license: 2 lines found"),
        ("hf://lab/a..b", CardTexts(license="mit"), "expected hf://owner/name"),
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


def test_an_upload_without_a_network_is_an_environment_fault(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(EnvironmentFault, match=r"hf://lab/p: upload failed \(ConnectError\)"):
        _upload(tmp_path, "lab/p", private=False)


def test_a_download_without_a_network_is_an_environment_fault(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(EnvironmentFault, match=r"hf://lab/p: download failed \(ConnectionError\)"):
        model_file("hf://lab/p")
