"""Experiment -> the figures of the report, as inline SVG.

A figure is one decorated function; its place in this file is its place in the report.  It yields panels:
a drawing and its caption.  What a user named (targets, sequences, models) goes into captions, which the
page escapes, and never into a drawing; drawings hold numbers and fixed words only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from seqcnn.data.splits import PARTS
from seqcnn.report.collect import Experiment, Member
from seqcnn.report.tables import gc_fraction
from seqcnn.report.words import plural, score_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

INK = "#12344a"
"""Stands for the colour of the page's text, light or dark."""

COLOURS = {"train": "#0072b2", "val": "#e69f00", "test": "#009e73"}
"""Okabe and Ito's palette, safe for colour-blind readers."""

STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "seqcnn", "font.family": "sans-serif", "font.size": 9,
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8, "legend.frameon": False,
    "text.parse_math": False, "axes.formatter.use_mathtext": False,
}  # fmt: skip

BINS = 5
"""Quantiles of GC content and length."""

DPI = 160
"""Of the dense parts, which are drawn as pixels so that the page stays small."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing and what it shows."""

    title: str
    text: str
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class Figure:
    """A titled section of the report that is made of drawings."""

    name: str
    title: str
    function: Callable[[Experiment], Iterator[Panel]]

    @property
    def explanation(self) -> str:
        """What the section shows, in one line."""
        return (self.function.__doc__ or "").strip()


FIGURES: dict[str, Figure] = {}
"""The only registry of figures, by name."""


def figure(title: str) -> Callable[[Callable[[Experiment], Iterator[Panel]]], Figure]:
    """Register a function that yields panels as a figure under its own name."""

    def register(function: Callable[[Experiment], Iterator[Panel]]) -> Figure:
        FIGURES[function.__name__] = Figure(function.__name__.replace("_", "-"), title, function)
        return FIGURES[function.__name__]

    return register


@figure("Predicted against measured")
def predicted_against_measured(experiment: Experiment) -> Iterator[Panel]:
    """Test rows, the best fit of each model; brighter is denser, the dashed line is perfect prediction."""
    for member in experiment.per_model():
        for t, target in enumerate(experiment.targets):
            y, y_hat = _finite(experiment, member, t)
            if len(y) < 2:
                continue
            drawing, axes = _axes(3.4, 3.2)
            low, high = _limits(np.concatenate([y, y_hat]))
            _density(axes, y, y_hat, (low, high, low, high))
            axes.plot([low, high], [low, high], color=INK, lw=0.9, ls=(0, (4, 3)))
            axes.set(
                xlim=(low, high), ylim=(low, high), xlabel="measured", ylabel="predicted", aspect="equal"
            )
            r = score_text(member.score("test", target, "pearson"), "pearson")
            yield Panel(f"{member.label}: {target}", f"r = {r}, n = {len(y):,} test rows", drawing)


@figure("Residuals of the best model")
def residuals(experiment: Experiment) -> Iterator[Panel]:
    """Predicted minus measured on test rows; the line is the median of each tenth of the rows, 0 where unbiased."""
    best = experiment.best
    for t, target in enumerate(experiment.targets):
        y, y_hat = _finite(experiment, best, t)
        if len(y) < 2:
            continue
        drawing, axes = _axes(4.4, 3.0)
        error = y_hat - y
        _density(axes, y_hat, error, (*_limits(y_hat), *_limits(error)))
        axes.axhline(0, color=INK, lw=0.9, ls=(0, (4, 3)))
        tenths = [at for at in np.array_split(np.argsort(y_hat, kind="stable"), 10) if len(at)]
        middles = [[float(np.median(values[at])) for at in tenths] for values in (y_hat, error)]
        axes.plot(*middles, color="#d55e00", lw=1.6, marker="o", ms=3)
        axes.set(xlabel="predicted", ylabel="predicted - measured")
        words = f"mean {error.mean():.3g}, SD {error.std():.3g}, n = {len(y):,} test rows"
        yield Panel(f"{best.label}: {target}", words, drawing)


@figure("Error by GC content and length")
def error_by_quantile(experiment: Experiment) -> Iterator[Panel]:
    """Mean absolute error of the best model on test rows, from low to high fifths; bars are 95% intervals."""
    for t, target in enumerate(experiment.targets):
        at = experiment.measured("test", t)
        at = at[np.isfinite(experiment.best.y_hat[at, t])]
        error = np.abs(experiment.best.y_hat[at, t] - experiment.dataset.targets[at, t])
        size = experiment.dataset.rows.size[at].astype(np.float64)
        for what, values in (("GC content, %", 100 * gc_fraction(experiment, at)), ("length, bp", size)):
            if len(np.unique(values)) < 2:
                continue
            drawing, axes = _axes(4.4, 2.6)
            bins = list(_quantile_bins(values))
            for x, rows in enumerate(bins):
                half = 1.96 * error[rows].std() / len(rows) ** 0.5
                axes.bar(
                    x, error[rows].mean(), color=COLOURS["train"], width=0.7, yerr=half, ecolor=INK, capsize=3
                )
            labels = [
                f"{values[rows].min():.0f} to {values[rows].max():.0f}\nn = {len(rows)}" for rows in bins
            ]
            axes.set_xticks(range(len(bins)), labels, fontsize=8)
            axes.set(xlabel=what, ylabel="mean absolute error")
            yield Panel(
                f"{target}: error by {what.split(',')[0]}", f"{experiment.best.label}, test rows", drawing
            )


@figure("Measurements by part of the split")
def target_distribution(experiment: Experiment) -> Iterator[Panel]:
    """Parts that look alike make a fair test; a test part that looks different asks for more than was taught."""
    for t, target in enumerate(experiment.targets):
        y = {
            part: experiment.dataset.targets[experiment.measured(part, t), t].astype(np.float64)
            for part in PARTS
        }
        shown = {part: values for part, values in y.items() if len(values)}
        drawing, axes = _axes(4.4, 2.6)
        edges = np.linspace(*_limits(np.concatenate(list(shown.values()))), 41)
        for part, values in shown.items():
            style = {"histtype": "step", "lw": 1.6, "color": COLOURS[part]}
            axes.hist(values, edges, weights=np.full(len(values), 100 / len(values)), label=part, **style)
        axes.set(xlabel="measured", ylabel="rows, %")
        axes.legend()
        yield Panel(target, ", ".join(f"{part} n = {len(values):,}" for part, values in y.items()), drawing)


@figure("Learning curves")
def learning_curves(experiment: Experiment) -> Iterator[Panel]:
    """Loss an epoch, a line a seed; the ring marks the epoch whose weights were kept, the lowest validation loss."""
    for model in dict.fromkeys(member.model for member in experiment.members):
        fits = [m for m in experiment.members if m.model == model and len(m.history.get("epoch", ()))]
        if not fits:
            continue
        drawing, axes = _axes(4.4, 2.6)
        for i, member in enumerate(fits):
            epoch, val_loss = member.history["epoch"], member.history["val_loss"]
            for part in ("train", "val"):
                label = part if i == 0 else None
                marker = "." if len(epoch) < 3 else None
                axes.plot(
                    epoch,
                    member.history[f"{part}_loss"],
                    color=COLOURS[part],
                    lw=1.2,
                    label=label,
                    marker=marker,
                )
            best = np.flatnonzero(epoch == member.run.get("best_epoch"))
            axes.plot(epoch[best], val_loss[best], "o", ms=7, mfc="none", mec=INK)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(xlabel="epoch", ylabel="loss")
        axes.legend()
        kept = ", ".join(str(member.run.get("best_epoch", "unknown")) for member in fits)
        yield Panel(model, f"{plural(len(fits), 'seed')}; weights kept of epoch {kept}", drawing)


def draw(figures: Figure, experiment: Experiment) -> list[tuple[str, str, str]]:
    """Draw a figure: (title, text, SVG) of each panel; the same input gives the same bytes."""
    import matplotlib

    with matplotlib.rc_context(STYLE):
        panels = enumerate(figures.function(experiment))
        return [(p.title, p.text, _svg(p.drawing, f"{figures.name}-{i}-")) for i, p in panels]


def _svg(drawing: Any, prefix: str) -> str:
    """Return a drawing as an SVG element whose ids are its own and whose ink is the page's."""
    out = StringIO()
    drawing.savefig(
        out, format="svg", dpi=DPI, transparent=True, bbox_inches="tight", pad_inches=0.04,
        metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
    )  # fmt: skip
    svg = re.sub(
        r"<metadata>.*?</metadata>", "", out.getvalue()[out.getvalue().index("<svg") :], flags=re.DOTALL
    )
    svg = re.sub(r'((?:\bid|xlink:href)="#?|url\(#)(?!data:)', rf"\g<1>{prefix}", svg)
    return svg.replace(INK, "currentColor").replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def _axes(width: float, height: float) -> tuple[Any, Axes]:
    """Return a drawing of the given size in inches, with one pair of axes."""
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing((width, height), layout="constrained")
    return drawing, drawing.subplots()


def _density(axes: Axes, x: np.ndarray, y: np.ndarray, extent: tuple[float, float, float, float]) -> None:
    """Draw points as hexagons, brighter where denser."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    colours = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0.25, 1, 256)))
    axes.hexbin(x, y, gridsize=38, extent=extent, bins="log", mincnt=1, cmap=colours, lw=0.1, rasterized=True)


def _finite(experiment: Experiment, member: Member, t: int) -> tuple[np.ndarray, np.ndarray]:
    """Return measured and predicted values of a target's test rows."""
    at = experiment.measured("test", t)
    y, y_hat = experiment.dataset.targets[at, t].astype(np.float64), member.y_hat[at, t]
    return y[np.isfinite(y_hat)], y_hat[np.isfinite(y_hat)]


def _limits(values: np.ndarray) -> tuple[float, float]:
    """Return the range of some values with a margin, never empty."""
    low, high = float(values.min()), float(values.max())
    margin = 0.04 * (high - low) or 0.5 + 0.04 * abs(low)
    return low - margin, high + margin


def _quantile_bins(values: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the rows of each fifth of some values; equal values stay together."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)))
    bin_of = np.searchsorted(edges[1:-1], values, side="left")
    for i in range(len(edges) - 1):
        if len(rows := np.flatnonzero(bin_of == i)):
            yield rows
