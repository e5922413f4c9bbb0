"""Out-of-fold scores, and scores against the number of training rows: `cross_validate`, `learning_curve`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from annotated_types import Ge, Le

from seqcnn.api.data.source import dataset_of
from seqcnn.api.frames import read_frame
from seqcnn.api.model import Model, load_model
from seqcnn.api.public import public
from seqcnn.config.recipes import named_config
from seqcnn.io.atomic import temporary_folder
from seqcnn.model.metrics import METRICS
from seqcnn.model.training.trainer import Machine
from seqcnn.schema import Count, Seed


@dataclass(frozen=True, repr=False)
class CrossValidation:
    """What `seqcnn.cross_validate` returns; printed as its scores and the verdict on leakage."""

    scores: pd.DataFrame
    """Index target, metric; `value`, its 95 % interval `low` to `high`, and `n`, of all tested rows."""
    by_fold: pd.DataFrame
    """Index target, fold (from 1); `n` and `pearson`."""
    predictions: pd.DataFrame
    """Out-of-fold predictions of the tested rows, by id."""
    verdict: str
    """Sentence on leakage between folds."""
    model: Model | None
    """The models of all folds as one, calibrated on the out-of-fold errors; None for a baseline."""

    def __repr__(self) -> str:
        return f"{self.scores.round(4)}\n\n{self.by_fold.round(4)}\n\n{self.verdict}"


@dataclass(frozen=True, repr=False)
class LearningCurve:
    """What `seqcnn.learning_curve` returns; printed as its points and the verdicts."""

    points: pd.DataFrame
    """Index target, n (training rows); `epochs`, and `pearson` of the test rows with its interval `low` to
    `high`."""
    verdicts: dict[str, str]
    """Target -> sentence on whether more data would help."""

    def __repr__(self) -> str:
        lines = (f"{target}: would more data help? {text}" for target, text in self.verdicts.items())
        return "\n".join([f"{self.points.round(4)}\n", *lines])


@public
def cross_validate(
    sequences: Any,
    targets: Any = None,
    config: str = "cnn",
    *,
    folds: Annotated[int, Ge(3), Le(100)] = 5,
    epochs: Count | None = None,
    seed: Seed = 1,
    device: str = "auto",
    threads: Count | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
    **data: Any,
) -> CrossValidation:
    """Predict each sequence with a model that was trained without similar ones, as `seqcnn cross-validate`.

    Parameters
    ----------
    sequences, targets
        As of `seqcnn.fit`; or the path of a dataset (.h5), whose clusters are kept together.
    config
        Model configuration: name of an encoder, a baseline or a YAML file.
    folds
        Number of cross-validation folds.
    epochs
        Number of epochs; by default that of the configuration.
    seed
        Random seed of the folds and of each network.
    device, threads
        As of `seqcnn.fit`.
    output
        Folder that keeps out_of_fold.tsv, metrics.json and the bundle.
    overwrite
        Whether results in it are overwritten; else they are refused.
    **data
        Keywords of `seqcnn.fit` that describe the data.

    Returns
    -------
    `scores`, `by_fold`, `predictions`, `verdict` and `model`.

    Examples
    --------
    >>> import seqcnn
    >>> result = seqcnn.cross_validate("library.tsv", config="ridge", folds=3, target="activity")
    >>> int(result.by_fold["n"].sum()) == len(result.predictions)
    True
    """
    from seqcnn.evaluation.cross_validate import cross_validate as station

    settings = named_config(config, epochs=epochs)
    dataset = dataset_of(sequences, targets, data, cross_validate, seed=seed)
    with _output(output, Path(config).stem) as folder:
        machine = Machine(device, threads=threads)
        metrics = station(
            dataset, settings, folder, folds=folds, seed=seed, machine=machine, overwrite=overwrite
        )
        predictions = read_frame(folder / "out_of_fold.tsv").set_index("id")
        bundle = folder / "model.safetensors"
        model = load_model(bundle) if bundle.is_file() else None
    if model and output is None:
        model.path = None
    return CrossValidation(
        _scores(metrics["scores"]), _by_fold(metrics["by_fold"]), predictions, metrics["verdict"], model
    )


@public
def learning_curve(
    sequences: Any,
    targets: Any = None,
    config: str = "cnn",
    *,
    epochs: Count | None = None,
    seed: Seed = 1,
    device: str = "auto",
    threads: Count | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
    **data: Any,
) -> LearningCurve:
    """Train on 1/16 to all of the training rows, to estimate the value of more data.

    Parameters
    ----------
    sequences, targets
        As of `seqcnn.fit`; or the path of a dataset (.h5).
    config
        Model configuration: name of an encoder or a YAML file.
    epochs
        Number of epochs with all rows; by default that of the configuration.
    seed
        Random seed.
    device, threads
        As of `seqcnn.fit`.
    output
        The JSON file of `seqcnn learning-curve`, which a report reads.
    overwrite
        Whether it is overwritten; else it is refused.
    **data
        Keywords of `seqcnn.fit` that describe the data.

    Returns
    -------
    `points` and `verdicts`.

    Examples
    --------
    >>> import seqcnn
    >>> curve = seqcnn.learning_curve("dataset.h5", epochs=20)  # doctest: +SKIP
    >>> curve.points  # doctest: +SKIP
    """
    from seqcnn.evaluation.learning_curve import learning_curve as station
    from seqcnn.evaluation.learning_curve import max_r, more_data_verdict

    settings, machine = named_config(config, epochs=epochs), Machine(device, threads=threads)
    dataset = dataset_of(sequences, targets, data, learning_curve, seed=seed)
    with _output(output, "learning_curve.json") as path:
        curve = station(dataset, settings, path, seed=seed, machine=machine, overwrite=overwrite)
    last = curve["points"][-1]["test"]
    verdicts = {
        target: more_data_verdict(curve, target, limit=max_r(last[target]["ceiling"]))
        for target in dataset.target_names
    }
    return LearningCurve(_points(curve["points"], dataset.target_names), verdicts)


@contextmanager
def _output(output: str | Path | None, name: str) -> Iterator[Path]:
    """Yield the caller's path, or a temporary one of a name."""
    if output is not None:
        yield Path(output)
        return
    with temporary_folder() as folder:
        yield folder / name


def _scores(scores: Mapping[str, Any]) -> pd.DataFrame:
    """Return the scores of each target as `Model.evaluate` does."""
    rows = [
        {"target": target, "metric": metric, **score[metric], "n": score["n"]}
        for target, score in scores.items()
        for metric in METRICS
        if metric in score
    ]
    table = pd.DataFrame(rows).set_index(["target", "metric"])
    return table.astype({"value": float, "low": float, "high": float})


def _by_fold(folds: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the scores of each fold."""
    rows = [
        {"target": target, "fold": number, **score}
        for number, fold in enumerate(folds, start=1)
        for target, score in fold.items()
    ]
    table = pd.DataFrame(rows).set_index(["target", "fold"]).sort_index(level="target", kind="stable")
    return table.astype({"pearson": float})


def _points(points: list[dict[str, Any]], targets: list[str]) -> pd.DataFrame:
    """Return the scores of each number of training rows."""
    rows = []
    for target in targets:
        for point in points:
            score = point["test"][target]["pearson"]
            named = {"pearson": score["value"], "low": score["low"], "high": score["high"]}
            rows.append({"target": target, "n": point["n"], "epochs": point["epochs"], **named})
    table = pd.DataFrame(rows).set_index(["target", "n"])
    return table.astype({"pearson": float, "low": float, "high": float})
