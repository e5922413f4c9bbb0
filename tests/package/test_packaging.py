"""What names the package to the outside: versions, addresses of the documentation, files of other tools."""

import ast
import re
import tomllib

from support.paths import ROOT

from seqcnn.documentation import DOCUMENTATION, page

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSION = PROJECT["version"]


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def test_all_files_name_the_same_version():
    assert re.search(r"^version: (.+)$", text("CITATION.cff"), re.MULTILINE)[1] == VERSION
    assert re.search(r"^## (\S+)", text("CHANGELOG.md"), re.MULTILINE)[1] == VERSION
    for readme in ("README.md", "README.zh-CN.md"):
        assert re.findall(r"seqcnn-([0-9.]+)-py3", text(readme)) == [VERSION]


def test_the_table_of_dependencies_has_each_with_its_purpose_and_tested_packages_alone():
    rows = re.findall(
        r"^\| ([a-z0-9-]+) \| (.+?) \| (.*) \| \d+ \|$", text("docs/reference/dependencies.md"), re.MULTILINE
    )
    table = {name: purpose for name, purpose, brings in rows}
    declared = re.findall(
        r'^    "([\w-]+)[^"]*",\s+# (.+)$', text("pyproject.toml").split("[project.optional")[0], re.MULTILINE
    )
    assert table == {name.lower(): purpose for name, purpose in declared}
    assert len(table) == len(PROJECT["dependencies"])
    brought = [name for *_, brings in rows for name in brings.split(", ") if brings]
    pinned = set(re.findall(r"^([a-z0-9-]+)==", text("constraints.txt"), re.MULTILINE))
    assert {*table, *brought} - pinned - {"setuptools"} == set()
    assert f"brings {len(rows) + len(brought)} packages: {len(rows)} that" in text(
        "docs/reference/dependencies.md"
    )


def test_pages_that_the_package_names_exist():
    assert PROJECT["urls"]["Documentation"] == DOCUMENTATION
    calls = [
        node.args[0].value
        for path in (ROOT / "seqcnn").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "page" and node.args
        if isinstance(node.args[0], ast.Constant)
    ]
    assert "docs/configuration.md" in calls
    assert [path for path in calls if not (ROOT / path.partition("#")[0]).is_file()] == []
    assert page("docs/a.md#b") == f"{DOCUMENTATION}docs/a.html#b"


def test_messages_name_no_file_of_the_repository():
    named = [
        f"{path.relative_to(ROOT)}: {node.value}"
        for path in (ROOT / "seqcnn").rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.JoinedStr)
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and re.search(r"\b(docs|benchmarks)/\w+", str(node.value))
    ]
    assert named == []
