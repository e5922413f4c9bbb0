"""Make the figures of docs/gallery.md from the embedded example: `python docs/sphinx/gallery.py`.

Each figure is what a command writes; nothing is drawn here. About five minutes on one core; needs the extras
`all`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs/images/gallery"

DATA = (
    "--target expression --replicates expression_rep1,expression_rep2 --group family --unit expression=log2"
)
MODEL = "-m run/cnn/seed1/model.safetensors --threads 1"

COMMANDS = (
    f"fit {{data}}/oligos.fa {{data}}/targets.tsv {DATA} --preset fast --epochs 6 --threads 1 -o run",
    f"attribute run/dataset.h5 --split-part test --max-sequences 100 {MODEL} -o a.h5 --logo-dir logos",
    f"motifs run/dataset.h5 {MODEL} --database {{data}}/motifs.meme -o motifs",
    f"marginalize run/dataset.h5 {MODEL} --motif AGATAAG --motif CCGGAAG -o marginal",
    f"saturate one.fa {MODEL} -o s.tsv --plot saturation.svg",
    f"scan {{biology}}/locus.fa {MODEL} -o scan",
    f"dependencies one.fa {MODEL} -o run/biology/dependencies/dependencies.tsv",
    "learning-curve run/dataset.h5 --config cnn --epochs 2 --threads 1 -o run/learning_curve.json",
    "report run -o run/report.html --biology-model cnn/seed1 --overwrite",
)
"""Calls of seqcnn, in a folder of their own."""

FIGURES = {
    "scores-of-models": "run/report_figures/scores-of-models_*.svg",
    "predicted-against-measured": "run/report_figures/predicted-against-measured_*.svg",
    "residuals": "run/report_figures/residuals_*.svg",
    "error-by-quantile": "run/report_figures/error-by-quantile_*.svg",
    "target-distribution": "run/report_figures/target-distribution_*.svg",
    "replicates": "run/report_figures/replicates_*.svg",
    "training-curves": "run/report_figures/training-curves_*.svg",
    "data-curve": "run/report_figures/data-curve_*.svg",
    "attribution-logo": "logos/0001.svg",
    "attribution-summary": "logos/summary.svg",
    "motif": "motifs/logos/pattern+1.svg",
    "marginalize": "marginal/marginal.svg",
    "saturation": "saturation.svg",
    "dependencies": "run/report_figures/dependencies_*.svg",
    "scan": "scan/tracks.svg",
}
"""Figure -> where a command writes it; the first file is taken."""


def main() -> None:
    """Run the commands, and copy their figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = (ROOT / "data/biology/elements.fa").read_text().split(">")[1]
        (folder / "one.fa").write_text(f">{first}")
        for command in COMMANDS:
            words = command.format(data=ROOT / "data/example", biology=ROOT / "data/biology").split()
            subprocess.run([sys.executable, "-m", "seqcnn", *words], cwd=folder, check=True)
        IMAGES.mkdir(exist_ok=True)
        for figure, pattern in FIGURES.items():
            shutil.copy(sorted(folder.glob(pattern))[0], IMAGES / f"{figure}.svg")


if __name__ == "__main__":
    main()
