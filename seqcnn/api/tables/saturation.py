"""The table of `Model.saturate`, with the heat map of a sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from seqcnn.errors import UsageError, listed, plural, show
from seqcnn.interpret.saturate import heat_map
from seqcnn.plotting.panel import Plot
from seqcnn.plotting.picture import Picture
from seqcnn.sequence.onehot import ALPHABET


class SaturationTable(pd.DataFrame):
    """Effects of all single-base changes: a DataFrame, `attrs["target"]` names the target."""

    @property
    def _constructor(self) -> type[SaturationTable]:
        return SaturationTable

    def heat_map(self, name: Any = None) -> Picture:
        """Draw the effects of all changes of one sequence: red raises the prediction, blue lowers it.

        Parameters
        ----------
        name
            Its id; None is the only sequence of the table.

        Raises
        ------
        UsageError
            If there is no such sequence, or several have this id.
        """
        ids = self["id"].unique().tolist()
        if name is None and len(ids) == 1:
            name = ids[0]
        if name not in ids:
            expected = listed([show(str(other)) for other in ids])
            which = plural(len(ids), "sequence") if name is None else show(str(name))
            raise UsageError(f"heat_map: {which} found; name one of {expected}")
        rows = self[self["id"] == name]
        if rows.duplicated(["position", "alt"]).any():
            raise UsageError(f"heat_map: several sequences are called {show(str(name))}; rename all but one")
        effects = np.full((4, int(rows["position"].max())), np.nan)
        bases = np.full(effects.shape[1], "N")
        columns = rows["position"].to_numpy() - 1
        effects[[ALPHABET.index(alt) for alt in rows["alt"]], columns] = rows["effect"]
        bases[columns] = rows["ref"]
        label = str(self.attrs.get("target", "the prediction"))
        figure = heat_map(str(name), "".join(bases), effects, label=label)
        return Picture(Plot(figure), f"{name}: all single-base changes")
