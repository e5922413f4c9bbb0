import base64
import gzip
import hashlib
import json
import re
from importlib.resources import files

import onnx
import pytest
from support.paths import ROOT
from support.predictor_page import untrained

from seqcnn.cli import main
from seqcnn.errors import BundleError, EnvironmentFault, UsageError
from seqcnn.model import export as export_module
from seqcnn.sequence.window import Layout
from seqcnn.share.page import SCRIPTS, page, page_script
from seqcnn.share.predictor import runtime

SOURCES = ROOT / "seqcnn" / "share" / "predictor"


@pytest.fixture(scope="module")
def content(predictor):
    return predictor("mlp")[1].read_text(encoding="utf-8")


def element(content, name):
    return re.search(f'<script type="[^"]+" id="{name}">(.*?)</script>', content, re.DOTALL)[1]


def test_the_policy_allows_the_script_and_the_style_of_the_page_and_no_address(content):
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]+)"', content)[1]
    for tag, start in (("script", '<script type="module">'), ("style", "<style>")):
        text = content.split(start)[1].split(f"</{tag}>")[0]
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy
    assert policy.startswith("default-src 'none'; ")
    assert "http" not in policy
    assert "unsafe-inline" not in policy


def test_the_page_holds_the_runtime_as_it_was_published(content):
    binary = gzip.decompress(base64.b64decode(element(content, "runtime")))
    assert hashlib.sha256(binary).hexdigest() == runtime.SHA256[runtime.BINARY]
    assert "Copyright (c) Microsoft Corporation" in content
    assert b"THIRD PARTY SOFTWARE NOTICES" in gzip.decompress(
        base64.b64decode(element(content, "third-parties"))
    )


def test_the_page_holds_a_network_without_names_of_files(content, predictor):
    network = gzip.decompress(base64.b64decode(element(content, "network")))
    (dimension, *_) = onnx.load_from_string(network).graph.input[0].type.tensor_type.shape.dim
    assert dimension.dim_param
    assert b".py" not in network
    facts = json.loads(element(content, "facts"))
    assert facts["about"]["sha256"] == hashlib.sha256(predictor("mlp")[0].read_bytes()).hexdigest()


def test_texts_are_escaped(content):
    assert "<h1>Strength &amp; &lt;b&gt;</h1>" in content
    assert '<a href="mailto:lab@example.org" rel="noreferrer">lab@example.org</a>' in content


def test_a_hostile_name_of_a_target_cannot_end_its_element(bundle, tmp_path):
    name = "</script><script>alert(1)</script>"
    fields = {"encoder": "mlp", "layout": Layout(30), "targets": (name,), "calibration": {}}
    path = untrained(bundle, tmp_path / "m.safetensors", **fields)
    page(path, tmp_path / "p.html")
    text = (tmp_path / "p.html").read_text()
    assert json.loads(element(text, "facts"))["targets"][0]["name"] == name
    assert "alert(1)</script>" not in text


def test_the_same_bundle_gives_the_same_page(predictor, tmp_path):
    for name in ("1.html", "2.html"):
        page(predictor("mlp")[0], tmp_path / name)
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "2.html").read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": "x" * 201}, "--title: 201 characters found; expected at most 200"),
        ({"output": "p.txt"}, "p.txt: expected a name that ends in .html"),
    ],
)
def test_invalid_requests_are_refused(changes, message, bundle, tmp_path):
    output = tmp_path / changes.pop("output", "p.html")
    with pytest.raises(UsageError, match=re.escape(message)):
        page(bundle, output, **changes)
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_predicts_otherwise_is_refused(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "TOLERANCE", -1)
    with pytest.raises(BundleError, match="its export differs by"):
        page(bundle, tmp_path / "p.html")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_runtime_is_refused(monkeypatch):
    monkeypatch.setitem(runtime.SHA256, runtime.BINARY, "0" * 64)
    message = r"ort-wasm-simd-threaded\.wasm is damaged; install seqcnn again"
    with pytest.raises(EnvironmentFault, match=message):
        runtime.compressed(runtime.BINARY)


def test_the_command_writes_a_page_and_its_size(bundle, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["page", str(bundle), "-o", str(tmp_path / "p.html")])
    assert stop.value.code == 0
    assert len(re.findall(r"page of 5\.\d MB written to .*p\.html", capsys.readouterr().err)) == 1
    assert (tmp_path / "p.html").stat().st_size < 6e6


def test_no_address_of_a_module_is_left_in_the_script():
    assert "import.meta" not in page_script()
    assert "</script" not in page_script()


def test_every_script_is_part_of_the_page_and_short():
    assert {path.stem for path in SOURCES.glob("*.js")} == set(SCRIPTS)
    for path in SOURCES.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("// "), path
        assert len(text.splitlines()) <= 250, path


def test_every_text_has_two_languages_with_the_same_values_and_is_used():
    labels = json.loads((SOURCES / "labels.json").read_text(encoding="utf-8"))
    used = set()
    for path in [*SOURCES.glob("*.js"), SOURCES / "page.html.j2"]:
        used |= set(re.findall(r"[\"'`]([A-Za-z_]+)[\"'`]", path.read_text(encoding="utf-8")))
    calibrated = {name for name in labels if name.startswith("calibrated_")}
    assert set(labels) - used == calibrated
    for key, (english, chinese) in labels.items():
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", chinese)), key
        assert key in ("exampleName", "columnLength") or english != chinese


def test_texts_that_scripts_ask_for_are_there():
    labels = json.loads((SOURCES / "labels.json").read_text(encoding="utf-8"))
    scripts = r"(?:say|setStatus|refuseFile|\.fault|\.note)\(\"(\w+)\"|key: \"(\w+)\""
    pattern = rf"{scripts}|data-(?:label|aria|hint)=\"(\w+)\"|text\(\"(\w+)\""
    for path in [*SOURCES.glob("*.js"), SOURCES / "page.html.j2"]:
        for groups in re.findall(pattern, path.read_text(encoding="utf-8")):
            assert next(filter(None, groups)) in labels, (path, groups)


def test_licence_and_notices_are_in_the_package():
    folder = files("seqcnn.share.predictor") / "onnxruntime_web"
    assert (folder / "LICENSE").read_text().startswith("MIT License")
    assert len(runtime.compressed(runtime.NOTICES)) < 100_000
