"""What names the package to the outside: versions, addresses of the documentation, files of other tools."""

import ast
import re
import tomllib

import jinja2
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from support.paths import ROOT

from seqcnn.config.pipeline import pipeline_of
from seqcnn.documentation import DOCUMENTATION, page

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSION = PROJECT["version"]


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def recipe():
    """Return the recipe of conda, as its Jinja template is filled."""
    template = jinja2.Template(text("install/conda/meta.yaml"))
    return yaml.safe_load(template.render(PYTHON="python", pin_subpackage=lambda name, max_pin: name))


def commands(node):
    """Yield the commands of a workflow of GitHub."""
    if isinstance(node, dict):
        yield from [node["run"]] if isinstance(node.get("run"), str) else []
        for value in node.values():
            yield from commands(value)
    elif isinstance(node, list):
        for value in node:
            yield from commands(value)


CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base", "snakemake": "snakemake-minimal"}
"""Package of PyPI -> its name in conda-forge, where they differ."""

WORKFLOWS = {
    path.name: yaml.safe_load(path.read_text()) for path in (ROOT / ".github/workflows").glob("*.yml")
}


def test_the_recipe_of_conda_needs_what_the_wheel_with_its_workflow_needs():
    needs = map(Requirement, PROJECT["dependencies"] + PROJECT["optional-dependencies"]["workflow"])
    expected = {CONDA_NAMES.get(need.name, need.name).lower(): need.specifier for need in needs}
    found = {
        name: SpecifierSet(spec) for name, spec in (line.split() for line in recipe()["requirements"]["run"])
    }
    assert found == expected | {"python": SpecifierSet(PROJECT["requires-python"])}
    assert recipe()["about"]["summary"] == PROJECT["description"]


@pytest.mark.parametrize("path", ["install/Dockerfile", "install/apptainer.def"])
def test_containers_install_the_torch_and_the_extras_that_the_project_names(path):
    torch = next(need for need in PROJECT["dependencies"] if need.startswith("torch"))
    assert set(re.findall(r'"(torch[^"]*)"', text(path))) == {torch}
    extras = set(re.findall(r"whl\)\[(\w+)\]", text(path)))
    assert extras == {"workflow"} <= set(PROJECT["optional-dependencies"])


def test_the_docker_image_has_what_the_wheel_is_made_of_and_runs_as_no_root():
    lines = text("install/Dockerfile").splitlines()
    copied = {word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]}
    allowed = {line[1:] for line in text("install/Dockerfile.dockerignore").splitlines() if line[0] == "!"}
    wheel = tomllib.loads(text("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert (
        copied
        == allowed
        == {"pyproject.toml", "README.md", "LICENSE", *wheel["packages"], *wheel["force-include"]}
    )
    stages = text("install/Dockerfile").split("\nFROM ")[1:]
    assert [stage.splitlines()[0] for stage in stages][2:] == ["base AS cpu", "base AS cuda"]
    assert all("USER 1000" in stage for stage in stages[2:])


def test_workflows_of_github_run_targets_and_files_that_exist():
    assert set(WORKFLOWS) == {"docs.yml", "packages.yml", "tests.yml"}
    targets = set(re.findall(r"^(\w+):", text("Makefile"), re.MULTILINE))
    for run in commands(list(WORKFLOWS.values())):
        assert set(re.findall(r"\bmake (\w+)", run)) <= targets
        paths = re.findall(r"\b(?:install|tests|docs)/[\w./-]+", run)
        assert [path for path in paths if not (ROOT / path).exists()] == []
        assert set(re.findall(r"\.\[(\w+)\]", run)) <= set(PROJECT["optional-dependencies"])
    suite = next(run for run in commands(WORKFLOWS["tests.yml"]) if '-m "not slow' in run)
    assert suite.split(" -n ")[0] in text("Makefile").replace("$(BIN)/", "")


def test_the_catalogue_of_workflows_finds_what_it_wants():
    usage = yaml.safe_load(text(".snakemake-workflow-catalog.yml"))["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert 'include: "../seqcnn/workflow/Snakefile"' in text("workflow/Snakefile")
    assert 'include: "seqcnn/workflow/Snakefile"' in text("Snakefile")
    config = text("config/README.md")
    example = yaml.safe_load(config.split("```yaml\n")[1].split("```")[0])
    assert pipeline_of(example, "config/README.md").models == ("cnn", "ridge", "gc", "mean")


def test_all_files_name_the_same_version():
    assert re.search(r"^version: (.+)$", text("CITATION.cff"), re.MULTILINE)[1] == VERSION
    assert re.search(r"^## (\S+)", text("CHANGELOG.md"), re.MULTILINE)[1] == VERSION
    for readme in ("README.md", "README.zh-CN.md"):
        assert re.findall(r"seqcnn-([0-9.]+)-py3", text(readme)) == [VERSION]
    assert recipe()["package"]["version"] == VERSION
    assert set(re.findall(r"seqcnn:([0-9.]+)", text("install/Dockerfile"))) == {VERSION}
    assert re.search(r"Version (\S+)", text("install/apptainer.def"))[1] == VERSION


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


def sources(pattern):
    """Yield the files of the package that match a pattern, and their syntax trees; only these are parsed."""
    for path in (ROOT / "seqcnn").rglob("*.py"):
        if re.search(pattern, source := path.read_text(encoding="utf-8")):
            yield path.relative_to(ROOT), ast.walk(ast.parse(source))


def test_pages_that_the_package_names_exist():
    assert PROJECT["urls"]["Documentation"] == DOCUMENTATION
    calls = [
        node.args[0].value
        for _, nodes in sources(r"import .*\bpage\n")
        for node in nodes
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "page" and node.args
        if isinstance(node.args[0], ast.Constant)
    ]
    assert "docs/configuration.md" in calls
    assert [path for path in calls if not (ROOT / path.partition("#")[0]).is_file()] == []
    assert page("docs/a.md#b") == f"{DOCUMENTATION}docs/a.html#b"


def test_messages_name_no_file_of_the_repository():
    file = r"\b(docs|benchmarks)/\w+"
    named = [
        f"{path}: {ast.unparse(node)}"
        for path, nodes in sources(file)
        for node in nodes
        if isinstance(node, ast.JoinedStr) and re.search(file, ast.unparse(node))
    ]
    assert named == []
