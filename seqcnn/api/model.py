"""A trained model for notebooks and scripts: one method per command, with pandas objects in and out."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from annotated_types import Gt, Lt
from torch import nn

from seqcnn.api.fit_data import feature_path, measured_table
from seqcnn.api.frames import (
    bed_format,
    file_path,
    in_memory,
    prediction_frame,
)
from seqcnn.api.methods.attributions import AttributionMethods
from seqcnn.api.methods.batches import BatchMethods
from seqcnn.api.methods.designs import DesignMethods
from seqcnn.api.methods.genome import GenomeMethods
from seqcnn.api.methods.motifs import MotifMethods
from seqcnn.api.methods.share import ShareMethods
from seqcnn.api.public import log_cautions, public
from seqcnn.api.tables.scores import ScoreTable, score_table
from seqcnn.data.arrays import number_matrix
from seqcnn.data.assay.target_names import OOD_COLUMN
from seqcnn.data.features.feature_array import feature_array
from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.errors import UsageError, counted, show
from seqcnn.io.stream import is_hdf5
from seqcnn.model.inference.original_scale import on_scale, scale_names, table_values, transforms_of
from seqcnn.model.inference.predictions import Predictions, concatenate, mask_ambiguous
from seqcnn.model.inference.trained_model import LoadedModel, batch_of, is_one_hot
from seqcnn.model.inference.trained_model import load_model as load_bundle_model
from seqcnn.model.network.cautions import cautions
from seqcnn.model.network.training_hashes import are_training_rows
from seqcnn.schema import Count
from seqcnn.sequence.onehot import Ambiguity
from seqcnn.sequence.window import Rows

logger = logging.getLogger(__name__)

Level = Annotated[float, Gt(0), Lt(1)]
"""Level of an interval."""


class Model(AttributionMethods, MotifMethods, GenomeMethods, DesignMethods, BatchMethods, ShareMethods):
    """A trained model: predictions, scores, attributions, variant effects and designs.

    A `torch.nn.Module`: `model(x)` maps one-hot (N, 4, L) to predictions (N, T) in the units of the targets.
    Every other method calls what the command of the same name calls, so that the numbers are equal.
    Sequences are a list, array or Series of DNA, a DataFrame with a column of sequences, or the path of a
    FASTA, table, BED or dataset.  Results with one row per sequence have the index of a DataFrame or Series;
    in others a sequence has the name that `seqcnn.fit` gives it: that of a column such as `id`, else of the
    index.

    Attributes
    ----------
    header
        Metadata: targets, units, layout, training plan, scores.
    path
        The bundle's file; None if it has none.

    Examples
    --------
    >>> import seqcnn
    >>> model = seqcnn.load_model("model.safetensors")
    >>> model.targets, model.header.lengths
    (['target'], '30 bp')
    """

    @classmethod
    def of(cls, model: LoadedModel) -> Model:
        """Return a loaded model with these methods; the network is shared."""
        new = cls(model.network, model.header, model.path)
        return new.train(model.training)

    @public
    def predict(
        self,
        sequences: Any,
        *,
        interval: Level | None = None,
        interval_by: Literal["all", "level"] = "all",
        genome: str | Path | None = None,
        chromosome_prefix: ChromosomePrefix | None = None,
        features: Any = None,
    ) -> pd.DataFrame:
        """Predict sequences, a file or a one-hot array.

        Parameters
        ----------
        sequences
            Sequences or a path, as for every method; or a one-hot array or tensor (N, 4, L) of any real type,
            which is predicted as it is, on the strand that is given.
        interval
            Level of prediction intervals, 0 to 1, such as 0.9.
        interval_by
            `level` calibrates intervals separately by predicted level, `all` on all held-out rows together.
        genome, chromosome_prefix
            Genome (FASTA) of the positions of a BED file; `add` adds `chr` to contigs that it does not have,
            `remove` removes it.
        features
            For a model of features: those of the sequences, as for `seqcnn.fit`.

        Returns
        -------
        One row per sequence, with the index of a Series or DataFrame, the names of records, else 0, 1, ...
        Per target a column on its original scale (of a dataset with a transform on its scale, and named
        by it, such as `log2(y)`), `_sd` if there are several members or the noise is
        predicted, and with `interval` `_low` and `_high`; then `out_of_distribution`, bool (a one-hot array
        has only the targets).  NaN for sequences of which more than a tenth is ambiguous; no interval
        for those that are out of distribution.

        Raises
        ------
        SequenceError
            If a sequence is missing or not DNA, or of a length that the model was not trained on.
        UsageError
            If there is no such file, or no interval of this level.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> table = model.predict(["ACGTA" * 6, "TGACTCA" * 4 + "AC"], interval=0.8)
        >>> table.columns.tolist()
        ['target', 'target_low', 'target_high', 'out_of_distribution']
        """
        from seqcnn.model.predict import interval_half_widths, predict_chunks

        if interval_by == "level" and interval is None:
            raise UsageError("interval_by: expected `interval` too, such as interval=0.9")
        form = bed_format(sequences, genome, chromosome_prefix)
        if features is not None and not self.header.feature_shape:
            raise UsageError("features: the model takes sequences; leave them out")
        if is_one_hot(sequences):
            if interval is not None:
                raise UsageError("interval: needs sequences; a one-hot array has predictions only")
            mean = self.predict_array(sequences)
            log_cautions(self, cautions([self.header]))
            return prediction_frame(self.targets, mean, {}, pd.RangeIndex(len(mean)))
        if isinstance(sequences, str | Path):
            form = replace(form, features=feature_path(features))
            chunks = list(predict_chunks([self], file_path(sequences), form))
            index = pd.Index([name for names, _ in chunks for name in names], name="id", dtype=object)
            parts = [member for _, (member,) in chunks] or [self.predict_members(self.header.layout.rows([]))]
            predictions = concatenate(parts)
        else:
            predictions, index = self._predict_in_memory(sequences, features)
        width = interval_half_widths([self.header], [predictions], interval, by_level=interval_by == "level")
        original = not (isinstance(sequences, str | Path) and is_hdf5(Path(sequences)))
        values = table_values(predictions, width, transforms_of(self.header) if original else [])
        names = self.targets if original else scale_names(self.targets, self.header.transforms)
        table = prediction_frame(names, values.pop(""), {**values}, index)
        if predictions.ood is not None:
            table[OOD_COLUMN] = predictions.ood
        log_cautions(self, cautions([self.header], interval=interval is not None and interval_by == "all"))
        return table

    def _predict_in_memory(self, sequences: Any, features: Any) -> tuple[Predictions, pd.Index]:
        """Return the predictions of sequences that are no file, and their labels."""
        given = in_memory(sequences)
        names = [*map(str, given.names)]
        values = None if features is None else feature_array(sequences, features, names)
        rows = self.lay_out(batch_of(given.items), features=values)
        return mask_ambiguous(self.predict_members(rows), rows), given.index

    @public
    def evaluate(self, table: Any, targets: Any = None, *, group: str | None = None) -> ScoreTable:
        """Score predictions of measured sequences, which should be others than those of the training.

        Rows with the sequence of a training row are counted in a warning.
        `header.metrics` holds the scores of the rows that were held out.  With a transform the measurements
        are transformed too: scores are on the scale of `header.units`.

        Parameters
        ----------
        table
            DataFrame with a column of sequences, and the measurements; NaN = not measured.  Or the sequences
            as of `fit`: list, array or Series.
        targets
            Columns of the measurements, in the order of the model's targets; by default the columns with the
            names of the targets.  With sequences, the measurements: (N,) or (N, T), Series or DataFrame.
        group
            Column whose equal values are resampled together, such as the gene; without it, and where it is
            missing, a row is resampled alone, and intervals are too narrow where rows are related.

        Returns
        -------
        One row per target and metric: `value`, its 95 % bootstrap interval `low` to `high`, and the number
        of measured rows, `n`.  `scatter(target)` draws predictions against measurements.

        Raises
        ------
        UsageError
            If a column is missing or there twice, or there are not as many as targets.
        TableError
            If a measurement is no number.

        Examples
        --------
        >>> import pandas as pd, seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> table = pd.read_table("library.tsv")
        >>> scores = model.evaluate(table, "activity", group="family")
        >>> int(scores.loc[("target", "pearson"), "n"]) == len(table)
        True
        """
        if not isinstance(table, pd.DataFrame):
            table, targets = measured_table(table, targets, self.targets), None
        if not isinstance(targets, str | Sequence | pd.Index | None):
            raise UsageError(f"evaluate: targets: {show(targets)} found; expected names of columns")
        names = [targets] if isinstance(targets, str) else list(self.targets if targets is None else targets)
        if missing := [name for name in [*names, *([] if group is None else [group])] if name not in table]:
            raise UsageError(f"evaluate: no column {show(missing[0])}; name the columns with `targets`")
        if repeated := [name for name in (*names, group) if (table.columns == name).sum() > 1]:
            raise UsageError(f"evaluate: several columns {show(repeated[0])} found; rename all but one")
        if len(names) != len(self.targets):
            expected = f"expected {len(self.targets)}, one per target"
            raise UsageError(f"evaluate: {len(names)} columns of measurements given; {expected}")
        measured = [number_matrix(table[name], f"evaluate: {show(name)}")[:, 0] for name in names]
        rows, groups = self.lay_out(batch_of(in_memory(table).items)), _groups(table, group)
        self._warn_of_training_rows(rows)
        y_hat = mask_ambiguous(self.predict_members(rows, flag_ood=False), rows).mean
        scaled = [self._on_scale(measured[t], target) for t, target in enumerate(self.targets)]
        return score_table(
            dict(zip(self.targets, zip(scaled, y_hat.T, strict=True), strict=True)), self.header.units, groups
        )

    def _warn_of_training_rows(self, rows: Rows) -> None:
        """Log how many rows are training sequences, if the bundle has their hashes."""
        if (hashes := self.network.profile.hashes) is None:
            return
        known = are_training_rows(rows, hashes, double=self.header.strand == "double")
        if count := int(known.sum()):
            logger.warning(
                "evaluate: %d of %s training sequences of the model, on which scores are too high; "
                "model.header.metrics has those of validation and test rows",
                count, counted(len(rows), "rows are"),
            )  # fmt: skip

    def _on_scale(self, y: np.ndarray, target: str) -> np.ndarray:
        """Return measurements of a target on the scale of the training, float64 (n,)."""
        transform = self.header.transforms.get(target)
        return y.astype(float) if transform is None else on_scale(y, transform, f"evaluate: {show(target)}")

    def _lines(self) -> Iterator[tuple[str, str]]:
        """Yield label and text of what a reader needs to know of the model."""
        from seqcnn.model.info import size_of, summary_lines

        yield from summary_lines(self.header, size_of(self.network)).items()

    def __repr__(self) -> str:
        """Return a readable description, one fact per line."""
        return "\n".join(["seqcnn.Model", *(f"  {label}: {text}" for label, text in self._lines())])

    def _repr_html_(self) -> str:
        """Return the description as a table, for notebooks."""
        rows = (
            f"<tr><th style='text-align:left'>{escape(label)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for label, text in self._lines()
        )
        return f"<table>{''.join(rows)}</table>"


@public
def load_model(path: str | Path, device: str = "cpu") -> Model:
    """Load a model bundle that `seqcnn train` or `seqcnn fit` wrote.

    Parameters
    ----------
    path
        The `.safetensors` file, or its address: `hf://owner/name[@revision]` or `https://...`, which is
        downloaded once.
    device
        `cpu`, `cuda`, `cuda:N`, `mps`, or `auto`.

    Raises
    ------
    BundleError
        If the file is no bundle, or is damaged.

    Examples
    --------
    >>> import seqcnn
    >>> seqcnn.load_model("model.safetensors").targets
    ['target']
    """
    from seqcnn.share.addresses.address import is_address
    from seqcnn.share.download import model_file

    file = model_file(str(path)) if is_address(str(path)) else path
    return Model.of(load_bundle_model(file, device))


@public
def wrap(
    module: nn.Module,
    *,
    length: Count,
    targets: str | Sequence[str],
    units: Mapping[str, str] | None = None,
    strand: Literal["single", "double"] = "single",
    ambiguity: Ambiguity = "share",
) -> Model:
    """Make a model of any torch module on one-hot batches, such as a published network.

    It has all methods of a model but those that need a bundle (`save`, `export`); it has no scores and no
    intervals.  The module is put into evaluation mode.

    Parameters
    ----------
    module
        Maps one-hot (N, 4, L), bases A C G T, to predictions (N, T), or to (N,) for one target.
    length
        L, length in bp of the sequences.
    targets
        Names of the T outputs, in order.
    units
        Target -> unit.
    strand
        `double` predicts both strands and averages them.
    ambiguity
        One-hot encoding of N: `share` is 0.25 for each base, `zero` is zeros.

    Raises
    ------
    UsageError
        If the module does not take such a batch, or returns something else.

    Examples
    --------
    >>> import seqcnn
    >>> from torch import nn
    >>> module = nn.Sequential(nn.Flatten(), nn.Linear(4 * 30, 2))
    >>> model = seqcnn.wrap(module, length=30, targets=["a", "b"])
    >>> model.predict(["ACGTA" * 6]).columns.tolist()
    ['a', 'b']
    """
    from seqcnn.model.imports.wrapped import wrapped_model

    names = [targets] if isinstance(targets, str) else list(targets)
    return Model.of(wrapped_model(module, length, names, units=units, strand=strand, ambiguity=ambiguity))


def _groups(table: pd.DataFrame, column: str | None) -> np.ndarray:
    """Return the number of the group of each row; a row without a label is a group of its own."""
    count, labels = len(table), None if column is None else table[column]
    codes = np.full(count, -1) if labels is None else pd.factorize(labels.mask(labels.eq("")))[0]
    return np.where(codes < 0, count + np.arange(count), codes)
