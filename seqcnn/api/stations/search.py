"""The search for a model configuration: `tune`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from annotated_types import Gt, Le
from pydantic import FiniteFloat

from seqcnn.api.data.source import dataset_of
from seqcnn.api.frames import read_frame
from seqcnn.api.public import public
from seqcnn.config.fit_plan import MAX_HOURS, search_starts
from seqcnn.config.model import ModelConfig
from seqcnn.errors import UsageError, place
from seqcnn.io.atomic import atomic_path, temporary_folder
from seqcnn.model.training.trainer import Machine
from seqcnn.schema import Count, Seed


@dataclass(frozen=True, repr=False)
class TuningResult:
    """What `seqcnn.tune` returns; printed as the file that `configs` of `seqcnn.fit` takes."""

    config: ModelConfig
    """The configuration with the best validation score."""
    trials: pd.DataFrame
    """One row per configuration that was tried."""
    text: str
    """The configuration as YAML."""

    def __repr__(self) -> str:
        return self.text

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the configuration as a YAML file, for `seqcnn.fit(..., configs=[path])`."""
        if Path(path).exists() and not overwrite:
            raise UsageError(f"{place(path)}: file exists; use overwrite=True, or name another file")
        with atomic_path(Path(path)) as temporary:
            temporary.write_text(self.text, encoding="utf-8", newline="\n")


@public
def tune(
    sequences: Any,
    targets: Any = None,
    configs: Sequence[str] | None = None,
    *,
    hours: Annotated[FiniteFloat, Gt(0), Le(MAX_HOURS)] = 1.0,
    trials: Count | None = None,
    epochs: Count | None = None,
    seed: Seed = 1,
    device: str = "auto",
    threads: Count | None = None,
    output: str | Path | None = None,
    **data: Any,
) -> TuningResult:
    """Search for the network, its sizes and its training with the best validation score, as `seqcnn tune`.

    Needs `pip install "seqcnn[tune]"`.  Test rows are not used.

    Parameters
    ----------
    sequences, targets
        As of `seqcnn.fit`; or the path of a dataset (.h5).
    configs
        Configurations that the search starts from: names or YAML files; by default all shipped networks.
    hours
        Time limit.
    trials
        Maximum number of configurations.
    epochs
        Number of epochs of each trial; by default that of its configuration.
    seed
        Random seed.
    device, threads
        As of `seqcnn.fit`.
    output
        Folder that keeps the search, which the same call resumes.
    **data
        Keywords of `seqcnn.fit` that describe the data.

    Returns
    -------
    `config`, `trials` and `text`; `save(path)` writes the file that `configs` of `seqcnn.fit` takes.

    Examples
    --------
    >>> import seqcnn
    >>> best = seqcnn.tune("library.tsv", target="activity", hours=0.5)  # doctest: +SKIP
    >>> best.save("tuned.yaml")  # doctest: +SKIP
    >>> model = seqcnn.fit("library.tsv", target="activity", configs=["tuned.yaml"])  # doctest: +SKIP
    """
    from seqcnn.model.tune import tune as station
    from seqcnn.model.tuning.results import BEST, TABLE

    starts = search_starts(configs or (), {} if epochs is None else {"epochs": epochs})
    dataset = dataset_of(sequences, targets, data, tune, seed=seed)
    with temporary_folder() as temporary:
        folder = temporary / "tuning" if output is None else Path(output)
        machine = Machine(device, threads=threads)
        config = station(
            dataset, folder, configs=starts, hours=hours, trials=trials, seed=seed, machine=machine
        )
        text = (folder / BEST).read_text(encoding="utf-8")
        return TuningResult(config, read_frame(folder / TABLE), text)
