"""What the package's own code must not do with a file that may come from anywhere."""

import ast
import re

import pytest
from support.paths import ROOT

PACKAGE = ROOT / "seqcnn"
SOURCES = sorted(PACKAGE.rglob("*.py"))
RUNS_CODE = {"pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
CALLS = {"eval", "exec", "compile", "__import__"}


def _name(node):
    """Return the dotted name of what is called."""
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def faults(source):
    """Yield what could run code that stands in a file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            yield from (name for name in names if name.split(".")[0] in RUNS_CODE)
        if not isinstance(node, ast.Call):
            continue
        name, given = _name(node.func), {k.arg: k.value for k in node.keywords}
        literal = {key: getattr(value, "value", None) for key, value in given.items()}
        if name in CALLS or name.endswith((".load_from_checkpoint", "read_pickle", "yaml.full_load")):
            yield name
        if name in ("os.system", "os.popen") or literal.get("shell") or literal.get("allow_pickle"):
            yield name
        if name.endswith("torch.load") and literal.get("weights_only") is not True:
            yield name
        if name.endswith("yaml.load") and "_Loader" not in [_name(argument) for argument in node.args]:
            yield name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_runs_code_that_stands_in_a_file(path):
    assert list(faults(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from joblib import load", "eval(x)", "torch.load(p)", "os.system(c)",
        "torch.load(p, weights_only=False)", "torch.load(p, weights_only=w)", "pd.read_pickle(p)",
        "np.load(p, allow_pickle=True)", "subprocess.run(c, shell=True)", "yaml.load(t, yaml.Loader)",
        "M.load_from_checkpoint(p)",
    ],
)  # fmt: skip
def test_the_check_sees_what_it_looks_for(source):
    assert list(faults(source))


def doubles_on_a_device(source):
    """Yield what makes float64 tensors that may not be on the CPU: some devices (MPS) have no float64."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "double":
            if not ast.unparse(node.func.value).endswith(".cpu()"):
                yield ast.unparse(node)
        elif isinstance(node, ast.Attribute) and _name(node) in ("torch.float64", "torch.double"):
            yield ast.unparse(node)


BASELINES = {"model/network/kmer_baseline.py", "model/network/bundle.py"}
"""Files with the float64 numbers of baselines, which stay on the CPU."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_tensors_are_on_the_cpu_before_they_are_float64(path):
    if str(path.relative_to(PACKAGE)) in BASELINES:
        return
    assert list(doubles_on_a_device(path.read_text())) == []


@pytest.mark.parametrize("source", ["x.double().cpu()", "x.to(torch.float64)", "torch.cat(x).double()"])
def test_float64_tensors_on_a_device_are_seen(source):
    assert list(doubles_on_a_device(source))


def default_texts(source):
    """Yield what writes text with the encoding or the line ends of the system."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute | ast.Name):
            continue
        name, given = _name(node.func).split(".")[-1], {k.arg for k in node.keywords}
        mode = [getattr(argument, "value", None) for argument in node.args][-1:]
        if name == "write_text" and not given >= {"encoding", "newline"}:
            yield ast.unparse(node)
        if name == "open" and mode in (["w"], ["a"], ["x"]) and not given >= {"encoding", "newline"}:
            yield ast.unparse(node)


ENDLESS = {"log.py", "genome/track/bigwig.py"}
"""Files with an `open` of /dev/null, and of pybigtools."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_text_is_written_with_a_named_encoding_and_the_same_line_ends_on_every_system(path):
    if str(path.relative_to(PACKAGE)) not in ENDLESS:
        assert list(default_texts(path.read_text())) == []


@pytest.mark.parametrize("source", ["p.write_text(t, encoding='utf-8')", "p.open('w')", "open(p, 'a')"])
def test_text_that_depends_on_the_system_is_seen(source):
    assert list(default_texts(source))


def test_checkpoints_are_read_in_one_place():
    assert [p.name for p in SOURCES if "torch.load(" in p.read_text()] == ["callbacks.py"]


def test_downloads_are_over_https_and_have_a_checksum():
    from seqcnn.data.public.catalog import CATALOG

    files = [file for dataset in CATALOG.values() for file in dataset.files]
    digits = {"sha256": 64, "md5": 32}
    assert all(
        file.url.startswith("https://") and len(file.digest) == digits[file.algorithm] for file in files
    )


def test_the_constraints_are_exact_and_satisfy_the_project():
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line[0] != "#"]
    pinned = dict(line.split("==") for line in lines)
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.!]*", line) for line in lines)  # no place, no file
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    tested = ("workflow", "interpret", "genome", "design", "onnx", "openvino", "test")
    wanted = map(Requirement, sum((extras[name] for name in tested), project["dependencies"]))
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        assert name == "seqcnn" or requirement.specifier.contains(pinned[name]), name
