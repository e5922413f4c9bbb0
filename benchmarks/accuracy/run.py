"""Run the pipeline on every public dataset and write benchmarks/accuracy/accuracy.md from its metrics.

`python -m benchmarks.accuracy.run [CONFIG...]` runs what is missing of all or some configs first, and adds
each test score to ledger.tsv; `--models cnn,ridge` runs only these of their models, and `--table` only writes
the table.  Rows of fits not in results/ are kept.  Configs of `NOT_RUN` run only if they are named.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from benchmarks.accuracy.ledger import record, refuse_uncommitted
from seqcnn.config.pipeline import load_pipeline

PAGE = Path("benchmarks/accuracy/accuracy.md")

PUBLISHED = {
    "plant_terminators": {
        "enrichment_tobacco": "0.873 (DenseNet-type CNN of the authors, recomputed on the same test rows)",
        "enrichment_maize": "0.820 (the same)",
    },
    "yeast_5utr": {"growth_rate": "none on native rows alone"},
    "human_splicing_introns": {"splicing_ratio": "no CNN published for these rows"},
    "human_splicing_exons": {"splicing_ratio": "no CNN published for these rows"},
    "fly_enhancers": {
        "Dev_log2_enrichment": "0.68 (DeepSTARR, the authors' CNN)",
        "Hk_log2_enrichment": "0.74 (the same)",
    },
}
"""Config name -> target -> Pearson r of the authors' model."""

NOT_RUN = ("fly_enhancers",)
"""Configs that run only if they are named: their data were never downloaded here."""

COMPARED = ("cnn/seed1", "boosting/fit")
"""Fits that are compared between the published and the automatic split."""

SAME_ROWS = {"yeast_5utr": ("reads", "t0_over_100")}
"""Config name -> category and value that select comparable rows of the automatic test set."""

COLUMNS = (
    "model", "Pearson r (95 % interval)", "Spearman rho", "n", "without relatives", "n", "parameters",
    "CPU min",
)  # fmt: skip

LEAKED = 0.1
"""Minimum decrease of r from the published to the automatic split that is called leakage."""

HEADER = """# Accuracy on public data

Made by `make accuracy` (`python -m benchmarks.accuracy.run`): each row is read from a `metrics.json` of the
pipeline run on `configs/<config>.yaml`, or kept from an earlier run of that command.  Pearson r on test rows
with the 95 % interval of a bootstrap over clusters; n is the number of test rows.  Arguments and epochs were
chosen on validation rows only; the epoch with the lowest validation loss is kept.  `ensemble` is the mean
prediction of the models of all seeds.  `without relatives`: r on test rows without a training row that is at
least 80 % identical (`seqcnn audit`).  `CPU min`: CPU time of the training, of all cores.  Models without a
row, and data of which a section says so, have not been run.  `ledger.tsv` has the commit of each score; rows
that are not in it were measured with earlier versions, whose networks chose their epoch on all validation
rows, and without weights on yeast; `cnn_wide`, a CNN with many filters, is no longer shipped.
"""

QUESTION = """
## How much of a published-split score is leakage?

The same rows and models on the published split and on the default split of seqcnn (`split: auto`, clusters of
similar sequences stay together).  The decrease of r is the effect of relatives of test sequences in training
and, because other rows are tested, of chance; see the intervals.  `related`: fraction of the published test
rows with a relative in training.  If the test rows consist of few families, a single split is imprecise: two
earlier splits of the splicing exons gave the CNN r = 0.79 and 0.78 (before large families were assigned to
training, a rule that was set after these scores were known).  `cross-validated` (`seqcnn cross-validate`,
five folds of clusters) tests every row once and is the preferred score; decrease and interpretation use it
where it is available.

| data | model | published split | related | `split: auto` | cross-validated | decrease | interpretation |
|---|---|---|---|---|---|---|---|
"""


def run(config: Path, models: list[str]) -> None:
    """Run the pipeline on one config, with all of its models or only some."""
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    for key in ("models", "cross_validate") if models else ():
        values[key] = [name for name in values.get(key, []) if name in models]
    with TemporaryDirectory() as folder:
        chosen = Path(folder) / config.name
        chosen.write_text(yaml.safe_dump(values))
        subprocess.run([sys.executable, "-m", "snakemake", "--configfile", str(chosen)], check=True)


def rows(folder: Path, target: str) -> dict[str, str]:
    """Return one table row per model and member."""
    found = {}
    for path in _fits(folder):
        metrics = _read(path)
        score = metrics["parts"]["test"][target]
        clean = metrics["test_by_leakage"].get("clean", {target: score})[target]
        r, rho = score["pearson"], score["spearman"]
        if r["value"] is None:
            continue
        name = f"{path.parts[-3]} {path.parts[-2].replace('fit', '')}".strip()
        cells = [name, _interval(r), f"{rho['value']:.3f}", str(score["n"])]
        cells += [_interval(clean["pearson"]), str(clean["n"]), *_costs(path)]
        found[name] = f"| {' | '.join(cells)} |"
    return found


def _costs(path: Path) -> list[str]:
    """Return the number of parameters of a fit, and the CPU minutes of its training; '-' if unknown."""
    run = path.with_name("run.json")
    number = _read(run).get("parameters") if run.is_file() else None
    name, model, member = path.parts[-4:-1]
    rule = f"train.{model}.{member}" if member != "fit" else f"baseline.{model}"
    usage = Path("logs", name, "benchmarks", f"{rule}.tsv")
    if not usage.is_file():
        return ["-" if number is None else f"{number:,}", "-"]
    head, values = (line.split("\t") for line in usage.read_text(encoding="utf-8").splitlines()[:2])
    minutes = float(dict(zip(head, values, strict=True))["cpu_time"]) / 60
    return ["-" if number is None else f"{number:,}", f"{minutes:.1f}"]


def section(config: Path, before: str) -> str:
    """Return the section of one config; `before` is the current page."""
    name = load_pipeline(config).name
    old = re.search(rf"\n## {name}\n.*?(?=\n## |\Z)", before, re.DOTALL)
    folder = Path("results") / name
    metrics = [_read(path) for path in _fits(folder)]
    if not metrics:
        return old[0] if old else _not_run(name)
    lines = [f"\n## {name}\n\nSplit: {metrics[0]['split']}.\n"]
    for target, score in metrics[0]["parts"]["test"].items():
        published = PUBLISHED.get(_stem(name), {}).get(target, "none")
        ceiling = score["ceiling"]
        attainable = f"{ceiling['attainable_r']:.3f}" if ceiling else "unknown (no replicates)"
        lines.append(
            f"\n**{target}** - published: {published}; attainable r by the replicates: {attainable}.\n"
        )
        lines.append("\n| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|\n")
        table = _old_rows(old[0], target) if old else {}
        table |= rows(folder, target)
        lines += [f"{row}\n" for row in sorted(table.values(), key=_score_of_row, reverse=True)]
        lines += _same_rows(folder, target)
    return "".join(lines)


def _not_run(name: str) -> str:
    """Return the section of a config of `NOT_RUN`, '' of another one."""
    if name not in NOT_RUN:
        return ""
    scores = "; ".join(f"{target} {score}" for target, score in PUBLISHED[name].items())
    return f"\n## {name}\n\nNot run here: the data were not downloaded.  Published: {scores}.\n"


def _same_rows(folder: Path, target: str) -> list[str]:
    """Return the table of the rows of a category that the published split tests too; [] if there is none."""
    by, value = SAME_ROWS.get(_stem(folder.name), ("", ""))
    found = []
    for path in _fits(folder):
        strata = _read(path)["strata"].get(target, ())
        name = f"{path.parts[-3]} {path.parts[-2].replace('fit', '')}".strip()
        found += [
            f"| {name} | {_interval(s['pearson'])} | {s['n']} |\n"
            for s in strata
            if (s["by"], s["stratum"]) == (by, value) and s["pearson"]["value"] is not None
        ]
    if not found:
        return []
    head = "| model | Pearson r (95 % interval) | n |\n|---|---|---|\n"
    return [f"\nOf these, rows with {by} {value}:\n\n{head}", *sorted(found, key=_score_of_row, reverse=True)]


def leakage(before: str) -> str:
    """Return the table of scores on published and automatic splits; `before` is the current page."""
    table = re.search(r"\n## How much .*?(?=\n## |\Z)", before, re.DOTALL)
    lines = re.findall(r"^\| .*\|\n", table[0], re.MULTILINE)[1:] if table else []
    rows = {tuple(line.split(" | ")[:2]): line for line in lines}
    for name, targets in PUBLISHED.items():
        for target in targets:
            for member in COMPARED:
                if line := _compared(name, target, member):
                    rows[tuple(line.split(" | ")[:2])] = line
    return QUESTION + "".join(rows.values()) if rows else ""


def _compared(name: str, target: str, member: str) -> str:
    """Return the row of one fit, '' if it was not run on both splits."""
    paths = [Path("results") / folder / member / "metrics.json" for folder in (name, f"{name}_auto")]
    if not all(path.is_file() for path in paths):
        return ""
    published, automatic = map(_read, paths)
    score, again = published["parts"]["test"][target], automatic["parts"]["test"][target]
    if name in SAME_ROWS:
        by, value = SAME_ROWS[name]
        strata = automatic["strata"][target]
        again = next(s for s in strata if (s["by"], s["stratum"]) == (by, value))
    leaked = published["test_by_leakage"].get("leaked", {target: {"n": 0}})[target]["n"] / score["n"]
    model = member.split("/")[0]
    folds = Path("results") / f"{name}_auto" / "cross_validation" / model / "metrics.json"
    cells = [f"{name}, {target}", model, _interval(score["pearson"]), f"{leaked:.0%}"]
    cells.append(_interval(again["pearson"]))
    if folds.is_file():
        again = _read(folds)["scores"][target]
    cells.append(_interval(again["pearson"]) if folds.is_file() else "not run")
    decrease = score["pearson"]["value"] - again["pearson"]["value"]
    return f"| {' | '.join([*cells, f'{decrease:+.3f}', _interpretation(decrease, score, again)])} |\n"


def _interpretation(decrease: float, score: dict[str, Any], again: dict[str, Any]) -> str:
    """Return the interpretation of a decrease of r from one score to another."""
    if decrease >= LEAKED:
        part = 1 - max(again["pearson"]["value"], 0) ** 2 / score["pearson"]["value"] ** 2
        return f"about {part:.0%} of the explained variance is due to relatives in training"
    apart = again["pearson"]["high"] < score["pearson"]["low"]
    return "slightly lower on new sequences" if apart else "no leakage detectable"


def _old_rows(text: str, target: str) -> dict[str, str]:
    """Return the rows of one target's table on the current page, by model and member."""
    table = re.search(rf"\n\*\*{target}\*\* .*?(?=\n\*\*|\nOf these|\Z)", text, re.DOTALL)
    found = re.findall(r"^\| (.*?) \|.*\|$", table[0], re.MULTILINE) if table else []
    lines = {line.split(" | ")[0][2:]: line for line in (table[0].splitlines() if table else [])}
    missing = {name: len(COLUMNS) - lines[name].count(" | ") - 1 for name in found}
    return {name: lines[name][:-2] + " | -" * missing[name] + " |" for name in found if name != "model"}


def _score_of_row(row: str) -> float:
    """Return the r of a row."""
    return float(row.split(" | ")[1].split(" ")[0])


def _interval(score: dict[str, Any]) -> str:
    """Format a score with its interval."""
    if score["value"] is None:
        return "not defined"
    if score["low"] is None:
        return f"{score['value']:.3f} (too few clusters for an interval)"
    return f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


def _fits(folder: Path) -> list[Path]:
    """Return the metrics of every model and member of a run."""
    found = folder.glob("*/*/metrics.json")
    return sorted(path for path in found if path.parts[-3] != "cross_validation")


def _stem(name: str) -> str:
    """Return the name of the dataset of a config."""
    return name.removesuffix("_by_gene").removesuffix("_auto")


def _read(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def main() -> None:
    """Run what is missing, then write the table."""
    configs = [path for path in sorted(Path("configs").glob("*.yaml")) if path.stem != "pipeline"]
    parser = argparse.ArgumentParser()
    default = [path for path in configs if path.stem not in NOT_RUN]
    parser.add_argument("configs", nargs="*", type=Path, default=default)
    parser.add_argument("--models", type=lambda text: text.split(","), default=[])
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if not options.table:
        refuse_uncommitted()
        for config in options.configs:
            run(config, options.models)
            record(_fits(Path("results") / load_pipeline(config).name))
    before = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(
        HEADER + leakage(before) + "".join(section(config, before) for config in configs), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
