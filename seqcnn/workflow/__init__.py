"""The pipeline that `seqcnn run` runs: a Snakefile, its profile, and the display of its progress.

- `Snakefile`: one rule per command; `environment.yaml` is its conda environment.
- `display`: one line per job, from the events that Snakemake logs.
- `project`: the folder that `seqcnn init` writes, from the templates in `project/`.
- `module_config`: the configuration of the pipeline as a module of another workflow; `captions/` are those of
  Snakemake's report.
- `__main__`: Snakemake with this display; its own log goes to a file.
"""

from pathlib import Path

SNAKEFILE = Path(__file__).with_name("Snakefile")

VARIABLE = "SEQCNN_CONFIG"
"""Environment variable that holds the path of the configuration for the Snakefile."""

DEFAULT = "configs/pipeline.yaml"
"""The configuration of `seqcnn run` without argument."""

LOCK = Path(".snakemake/seqcnn.lock")
"""Held by the pipeline that runs in a folder: Snakemake's own does not name its holder, and outlives it."""

DRY_RUN = {"-n", "--dry-run", "--dryrun"}
"""Arguments of Snakemake that run no job."""


DEFAULT_PROFILE = "profiles/default"


def profile(name: str) -> str:
    """Return the path of a profile `profiles/NAME`: that of this folder, else the one of the package."""
    package = Path(__file__).parent
    folder = package if (package / DEFAULT_PROFILE).is_dir() else package.parents[1]
    is_shipped = name.startswith("profiles/") and not Path(name).is_dir() and (folder / name).is_dir()
    return str(folder / name) if is_shipped else name
