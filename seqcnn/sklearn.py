"""scikit-learn estimators: a network as a regressor on sequences, and k-mer counts as a transformer.

`X` is a list, array or Series of DNA sequences, or a table with one column of them.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from seqcnn.errors import SequenceError
from seqcnn.io.atomic import temporary_folder
from seqcnn.schema import Count, Seed, check_arguments
from seqcnn.sequence.kmers import kmer_counts
from seqcnn.sequence.objects import pack_all
from seqcnn.sequence.onehot import ALPHABET
from seqcnn.sequence.window import Align, Layout

MAX_K = 8
"""Longest k-mers, bp: 65,536 columns."""


class SequenceRegressor(RegressorMixin, BaseEstimator):
    """A network that predicts measurements of DNA sequences, as a scikit-learn regressor.

    It trains on most of the rows of `fit`, and chooses the epoch on a tenth of them, in clusters of similar
    sequences.  In `cross_val_score` use a splitter with groups: random folds put relatives of test rows into
    training.

    Parameters
    ----------
    encoder
        A name of `seqcnn.encoders.ENCODERS`.
    args
        Arguments of the encoder; None are its defaults.
    epochs, batch_size, lr
        Training epochs, rows per batch, peak learning rate; None is the value of the shipped configuration.
    training
        Further fields of `seqcnn.config.model.TrainingPlan`.
    validation_fraction
        Fraction of the rows that choose the epoch and calibrate intervals, above 0 and below 0.5.
    align
        Alignment of shorter sequences: `left`, `right` or `center`.
    random_state
        Random seed of weights, batches and validation rows, 0 or more.
    device
        `cpu`, `cuda`, `cuda:N`, `mps`, or `auto`.
    threads
        Number of CPU threads; all cores by default.

    Attributes
    ----------
    model_
        The trained `seqcnn.Model`.

    Examples
    --------
    >>> import pandas as pd
    >>> from seqcnn.sklearn import SequenceRegressor
    >>> table = pd.read_table("library.tsv")
    >>> regressor = SequenceRegressor(epochs=1).fit(table["sequence"], table["activity"])
    >>> regressor.predict(table["sequence"]).shape
    (64,)
    """

    def __init__(
        self,
        encoder: str = "cnn",
        *,
        args: dict[str, Any] | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        lr: float | None = None,
        training: dict[str, Any] | None = None,
        validation_fraction: Annotated[float, Gt(0), Lt(0.5)] = 0.1,
        align: Align = "left",
        random_state: Seed = 1,
        device: str = "auto",
        threads: Count | None = None,
    ) -> None:
        self.encoder, self.args = encoder, args
        self.epochs, self.batch_size, self.lr, self.training = epochs, batch_size, lr, training
        self.validation_fraction, self.align, self.random_state = validation_fraction, align, random_state
        self.device, self.threads = device, threads

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> SequenceRegressor:
        """Train the network.

        Parameters
        ----------
        X
            N sequences.
        y
            Measurements (N,) or (N, T); NaN = not measured.
        groups
            N labels; rows of one label stay together when validation rows are chosen.
        sample_weight
            N weights of the rows in the loss.

        Returns
        -------
        This estimator.

        Raises
        ------
        SequenceError, TableError
            If a sequence is not DNA, or the values do not belong to the sequences.
        ConfigError
            If an argument or training field is unknown or out of bounds.
        UsageError
            If a parameter is out of bounds.
        """
        from seqcnn.api.model import Model
        from seqcnn.data.from_arrays import dataset_from_arrays
        from seqcnn.data.split.splits import SplitPlan
        from seqcnn.model.train import Machine, train

        given, config = _parameters(self), self._config()
        seed = given["random_state"]
        split = SplitPlan(val_fraction=given["validation_fraction"], test_fraction=0, seed=seed)
        dataset = dataset_from_arrays(
            _sequences(X), y, split=split, groups=groups, weights=sample_weight, align=given["align"]
        )
        machine = Machine(given["device"], threads=given["threads"])
        with temporary_folder() as folder:
            path = folder / "model.safetensors"
            self.model_ = Model.of(train(dataset, config, path, seed=seed, machine=machine))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict sequences.

        Parameters
        ----------
        X
            N sequences.

        Returns
        -------
        float32 (N,), or (N, T) for several targets; NaN for sequences of which over a tenth is ambiguous.
        """
        check_is_fitted(self)
        y_hat = self.model_.predict_array(_sequences(X))
        return y_hat[:, 0] if y_hat.shape[1] == 1 else y_hat

    def _config(self) -> Any:
        """Return the model configuration of the parameters."""
        from seqcnn.config.model import ModelConfig, check_model_args
        from seqcnn.config.recipes import recipe
        from seqcnn.schema import validate

        given = {"epochs": self.epochs, "batch_size": self.batch_size, "lr": self.lr}
        plan = recipe(self.encoder) | {name: value for name, value in given.items() if value is not None}
        values = {"encoder": self.encoder, "args": self.args or {}, "training": plan | (self.training or {})}
        config = validate(ModelConfig, values, type(self).__name__)
        check_model_args(config, type(self).__name__)
        return config

    def __sklearn_tags__(self) -> Tags:
        """Declare that rows are sequences, and that several targets and missing ones are allowed."""
        tags = super().__sklearn_tags__()
        _of_sequences(tags)
        tags.target_tags.multi_output = True
        tags.non_deterministic = False
        return tags


class KmerCounter(TransformerMixin, BaseEstimator):
    """Counts of k-mers of DNA sequences, for any scikit-learn regressor.

    Parameters
    ----------
    k
        Length of the k-mers, 1 to `MAX_K` bp.
    shorter
        Whether shorter k-mers are counted too, as the baseline `ridge` does.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import RidgeCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from seqcnn.sklearn import KmerCounter
    >>> ridge = make_pipeline(KmerCounter(4), StandardScaler(), RidgeCV(np.logspace(-2, 5, 15)))
    >>> KmerCounter(2, shorter=False).fit_transform(["ACGT"]).sum()
    np.float32(3.0)
    """

    def __init__(self, k: Annotated[int, Ge(1), Le(MAX_K)] = 4, *, shorter: bool = True) -> None:
        self.k, self.shorter = k, shorter

    def fit(self, X: Any, y: Any = None) -> KmerCounter:
        """Check the parameters; nothing is learned from `X` and `y`."""
        _parameters(self)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Count the k-mers of N sequences.

        Parameters
        ----------
        X
            N sequences.

        Returns
        -------
        float32 (N, features), in the order of `get_feature_names_out`; k-mers with an ambiguous base are not
        counted.
        """
        inserts = pack_all(_sequences(X))
        sizes = self._sizes()
        rows = Layout(max(map(len, inserts), default=1)).rows(inserts)
        return np.concatenate([kmer_counts(rows, k) for k in sizes], axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the k-mer of each column."""
        names: list[str] = []
        for k in self._sizes():
            kmers = [""]
            for _ in range(k):
                kmers = [kmer + base for kmer in kmers for base in ALPHABET]
            names += kmers
        return np.array(names, dtype=object)

    def _sizes(self) -> range:
        """Return the lengths of k-mers that are counted."""
        k = _parameters(self)["k"]
        return range(1 if self.shorter else k, k + 1)

    def __sklearn_tags__(self) -> Tags:
        """Declare that rows are sequences, and that no fitting is needed."""
        tags = super().__sklearn_tags__()
        _of_sequences(tags)
        tags.requires_fit = False
        return tags


def _parameters(estimator: BaseEstimator) -> dict[str, Any]:
    """Return the parameters of an estimator, checked against the annotations of its constructor."""
    kind = type(estimator)
    return check_arguments(kind.__init__, estimator.get_params(deep=False), kind.__name__)


def _of_sequences(tags: Tags) -> None:
    """Declare the input of both estimators: one-dimensional, of strings."""
    tags.input_tags.two_d_array = False
    tags.input_tags.one_d_array = True
    tags.input_tags.string = True


def _sequences(X: Any) -> Any:
    """Return a collection of sequences; the only column of a table or of a two-dimensional array.

    Raises
    ------
    SequenceError
        If there are several columns.
    """
    if getattr(X, "ndim", 1) != 2:
        return X
    if X.shape[1] != 1:
        raise SequenceError(f"X: {X.shape[1]} columns found; expected one, of sequences")
    return X.iloc[:, 0] if hasattr(X, "iloc") else X[:, 0]
