"""Engines import no telemetry."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from support.paths import ROOT

AUDITED = """
import sys
seen = []
def hook(event, arguments):
    if event.startswith("socket.") or event == "open" and arguments[1] and set(arguments[1]) & set("wax+"):
        seen.append((event, arguments[:2]))
sys.addaudithook(hook)
from seqcnn.model.onnx.engines import {function}
{call}
assert "openvino" in sys.modules
assert not any(name.startswith("openvino_telemetry") for name in sys.modules), "imported"
print([entry for entry in seen if "pyc" not in str(entry)])
"""
CALL = """
try:
    _openvino(b"", 1)
except RuntimeError:
    pass
"""


def test_openvino_is_imported_without_its_telemetry(tmp_path):
    assert find_spec("openvino_telemetry"), "nothing is switched off"
    environment = {k: v for k, v in os.environ.items() if k not in ("CI", "TF_BUILD", "JENKINS_URL")}
    environment |= {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    code = AUDITED.format(function="_openvino", call=CALL)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    assert not list(tmp_path.iterdir())


def test_a_program_that_uses_the_telemetry_itself_keeps_it(monkeypatch):
    import types

    from seqcnn.model.onnx.engines import _without_telemetry

    own = types.ModuleType("openvino_telemetry")
    monkeypatch.setitem(sys.modules, "openvino_telemetry", own)
    with _without_telemetry():
        assert sys.modules["openvino_telemetry"] is None
    assert sys.modules["openvino_telemetry"] is own


def test_openvino_is_imported_in_one_place():
    files = [path for path in (ROOT / "seqcnn").rglob("*.py") if "import openvino" in path.read_text()]
    assert [Path(path).name for path in files] == ["engines.py"]
