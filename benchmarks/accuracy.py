"""Run the pipeline on every public dataset and write benchmarks/accuracy.md from its metrics.

`python benchmarks/accuracy.py` runs what is missing first; `--table` only writes the table.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from seqcnn.config import load_pipeline

PUBLISHED = {
    "plant_terminators": {
        "enrichment_tobacco": "0.873 (DenseNet-type CNN of the authors, recomputed on the same test rows)",
        "enrichment_maize": "0.820 (the same)",
    },
    "yeast_5utr": {"growth_rate": "none on native rows alone"},
    "human_splicing_introns": {"splicing_ratio": "no CNN published for these rows"},
    "human_splicing_exons": {"splicing_ratio": "no CNN published for these rows"},
}
"""Config name -> target -> Pearson r that the authors' model reaches."""

HEADER = """# Accuracy on public data

Made by `make accuracy` (`python benchmarks/accuracy.py`): every row is read from a `metrics.json` of the
pipeline run on `configs/<config>.yaml`.  Pearson r on test rows, with the 95 % interval of a bootstrap over
groups; n test rows.  Arguments and epochs were chosen on validation rows only; the epoch that is kept is the
one with the lowest validation loss.  `ensemble` is the mean prediction of the models of all seeds.
`without relatives`: r on test rows without a training row at least 80 % identical to them (`seqcnn audit`).
What has no row has not been run yet.
"""


def run(config: Path) -> None:
    """Run the pipeline on one config."""
    subprocess.run([sys.executable, "-m", "snakemake", "--configfile", str(config)], check=True)


def rows(folder: Path, target: str) -> list[tuple[float, str]]:
    """Return one table row a model and member, with its r for sorting."""
    found = []
    for path in sorted(folder.glob("*/*/metrics.json")):
        metrics: dict[str, Any] = json.loads(path.read_text())
        score = metrics["parts"]["test"][target]
        clean = metrics["test_apart"].get("clean", {target: score})[target]
        r, rho = score["pearson"], score["spearman"]
        if r["value"] is None:
            continue
        name = f"{path.parts[-3]} {path.parts[-2].replace('fit', '')}".strip()
        cells = [name, _interval(r), f"{rho['value']:.3f}", str(score["n"])]
        cells += [_interval(clean["pearson"]), str(clean["n"])]
        found.append((r["value"], f"| {' | '.join(cells)} |"))
    return found


def _interval(score: dict[str, Any]) -> str:
    """Say a score with its interval."""
    if score["value"] is None or score["low"] is None:
        return "not defined"
    return f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


def section(config: Path) -> str:
    """Return the part of the page that one config fills."""
    name = load_pipeline(config).name
    folder = Path("results") / name
    metrics = [json.loads(path.read_text()) for path in folder.glob("*/*/metrics.json")]
    if not metrics:
        return ""
    lines = [f"\n## {name}\n\nSplit: {metrics[0]['split']}.\n"]
    for target, score in metrics[0]["parts"]["test"].items():
        published = PUBLISHED.get(name.removesuffix("_by_gene"), {}).get(target, "none")
        ceiling = score["ceiling"]
        attainable = f"{ceiling['attainable_r']:.3f}" if ceiling else "unknown (no replicates)"
        lines.append(
            f"\n**{target}** - published: {published}; attainable r by the replicates: {attainable}.\n"
        )
        lines.append("\n| model | Pearson r (95 % interval) | Spearman rho | n | without relatives | n |\n")
        lines.append("|---|---|---|---|---|---|\n")
        lines += [f"{row}\n" for _, row in sorted(rows(folder, target), reverse=True)]
    return "".join(lines)


def main() -> None:
    """Run what is missing, then write the table."""
    configs = [path for path in sorted(Path("configs").glob("*.yaml")) if path.stem != "pipeline"]
    if "--table" not in sys.argv[1:]:
        for config in configs:
            run(config)
    Path("benchmarks/accuracy.md").write_text(HEADER + "".join(map(section, configs)))


if __name__ == "__main__":
    main()
