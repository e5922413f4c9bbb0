"""Figures of predictions, errors and training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from seqcnn.errors import plural
from seqcnn.evaluation.learning_curve import curve_points, fit_power_law, max_r, more_data_verdict
from seqcnn.evaluation.resampling import mean_interval
from seqcnn.evaluation.score import too_few_rows
from seqcnn.evaluation.strata import fifths, gc_fraction
from seqcnn.plotting.formatting import number
from seqcnn.plotting.panel import Panel, Plot
from seqcnn.plotting.scatter import scatter
from seqcnn.plotting.style import COLOURS, DASHED, INK, draw_density, limits, panel_axes
from seqcnn.report.content.score_text import score_text
from seqcnn.report.figures.figure import drawn_name, figure, of_target
from seqcnn.report.run.members import Member, Run

MIN_SPREAD = 0.1
"""SD of the predictions, of that of the measurements, below which a model predicts nearly a constant."""

MIN_TENTH = 10
"""Rows of a tenth of the predictions below which its median error is not drawn."""


@figure("Predicted against measured")
def predicted_against_measured(run: Run) -> Iterator[Panel]:
    """Test rows, best fit of each model; the dashed line is a perfect prediction. Of many points, brighter is
    denser. Models that predict a constant, or nearly one, are left out.
    """
    for member in run.per_model():
        for t, target in enumerate(run.targets):
            y, y_hat = _finite(run, member, t)
            if len(y) < 2 or y_hat.std() <= MIN_SPREAD * y.std():
                continue
            score = member.score("test", target, "pearson")
            shown_r = "r not defined" if score.value is None else f"r = {score_text(score, 'pearson')}"
            notes = [f"r {too_few_rows(score.n) or 'not defined'}"] if score.value is None else []
            if ceiling := member.ceiling("test", target):
                notes.append(f"noise ceiling r = {ceiling['attainable_r']:.2f}")
            labels = (of_target("measured", run, t), of_target("predicted", run, t))
            drawing = scatter(y, y_hat, labels=labels, text=f"{shown_r}\nn = {len(y):,}")
            yield Panel(f"{target}: {member.label}", "; ".join(notes), Plot(drawing))


@figure("Scores of the models")
def scores_of_models(run: Run) -> Iterator[Panel]:
    """Pearson r on test rows with its 95% interval, from the best to the worst model on validation rows.
    Rings have no interval; the dashed line is the noise ceiling.
    """
    for target in run.targets:
        scored = [(drawn_name(m.label), m.score("test", target, "pearson"), m) for m in run.members]
        scored = [(label, score, m) for label, score, m in scored if score.value is not None]
        if len(scored) < 2:
            continue
        drawing, axes = panel_axes(len(run.targets), 0.9 + 0.22 * len(scored))
        for place, (_, score, _) in enumerate(scored):
            known = score.low is not None
            if known:
                axes.plot([score.low, score.high], [place, place], color=COLOURS["test"], lw=1.4)
            axes.plot(score.value, place, "o", ms=5, color=COLOURS["test"], mfc=None if known else "none")
        axes.set_yticks(range(len(scored)), [label for label, _, _ in scored])
        axes.set(xlabel=f"r on test rows\n{drawn_name(target)}", ylim=(len(scored) - 0.5, -0.5))
        if ceiling := run.best.ceiling("test", target):
            axes.axvline(max_r(ceiling), **DASHED)
        yield Panel(target, f"n = {scored[0][1].n:,} test rows", Plot(drawing))


@figure("Residuals of the best model")
def residuals(run: Run) -> Iterator[Panel]:
    """Predicted minus measured on test rows; the line connects the medians of tenths of the rows. It needs
    10 rows in each.
    """
    best = run.best
    for t, target in enumerate(run.targets):
        y, y_hat = _finite(run, best, t)
        if len(y) < 2:
            continue
        drawing, axes = panel_axes(len(run.targets), 2.5)
        error = y_hat - y
        ratio = drawing.get_figheight() / drawing.get_figwidth()
        draw_density(axes, (y_hat, error), extent=(*limits(y_hat), *limits(error)), ratio=ratio)
        axes.axhline(0, **DASHED)
        if len(y) >= 10 * MIN_TENTH:
            axes.plot(*_medians(y_hat, error), color=COLOURS["trend"], lw=1.6, marker="o", ms=3)
        difference = of_target("predicted \N{MINUS SIGN} measured", run, t)
        axes.set(xlabel=of_target("predicted", run, t), ylabel=difference)
        text = f"mean {number(float(error.mean()))}, SD {number(float(error.std()))}, n = {len(y):,}"
        yield Panel(f"{target}: {best.label}", text, Plot(drawing))


@figure("Error by GC content and length")
def error_by_quantile(run: Run) -> Iterator[Panel]:
    """Mean absolute error of the best model on test rows, by fifth, with 95% intervals from resampled
    clusters; fifths of few clusters have none.
    """
    for t, target in enumerate(run.targets):
        rows = run.measured("test", t)
        rows = rows[np.isfinite(run.best.y_hat[rows, t])]
        error = np.abs(run.best.y_hat[rows, t] - run.dataset.targets[rows, t])
        variables = (
            ("GC content", "%", 100 * gc_fraction(run.dataset, rows)),
            ("length", "bp", run.dataset.rows.insert_length[rows].astype(np.float64)),
        )
        shown = [variable for variable in variables if len(list(fifths(variable[2]))) > 1]
        for variable, unit, values in shown:
            drawing, axes = panel_axes(len(shown) * len(run.targets), 2.3)
            _draw_error(axes, error, values, run.dataset.groups[rows])
            axes.set(xlabel=f"{variable}, {unit}", ylabel=of_target("mean absolute error", run, t))
            yield Panel(f"{target}: error by {variable}", f"{run.best.label}, test rows", Plot(drawing))


@figure("Training curves")
def training_curves(run: Run) -> Iterator[Panel]:
    """Loss by epoch, one line per seed; the ring marks the kept epoch, with the lowest validation loss."""
    trained = [member for member in run.members if len(member.history.get("epoch", ()))]
    models = list(dict.fromkeys(member.model for member in trained))
    for model in models:
        fits = [member for member in trained if member.model == model]
        drawing, axes = panel_axes(len(models), 2.3)
        for i, member in enumerate(fits):
            epoch, val_loss = member.history["epoch"], member.history["val_loss"]
            look = {"lw": 1.2, "marker": "." if len(epoch) < 3 else None}
            for part in ("train", "val"):
                label = part if i == 0 else None
                axes.plot(epoch, member.history[f"{part}_loss"], color=COLOURS[part], label=label, **look)
            best = np.flatnonzero(epoch == member.run.get("best_epoch"))
            axes.plot(epoch[best], val_loss[best], "o", ms=7, mfc="none", mec=INK)
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.set(xlabel="epoch", ylabel="loss")
        axes.legend()
        kept = ", ".join(str(member.run.get("best_epoch", "unknown")) for member in fits)
        yield Panel(model, f"{plural(len(fits), 'seed')}; kept epoch {kept}", Plot(drawing))


@figure("Would more data help?")
def data_curve(run: Run) -> Iterator[Panel]:
    """Pearson r on test rows with its interval by number of training sequences, and a fitted power law."""
    for target in run.targets if run.curve else ():
        n, r = curve_points(run.curve or {}, target)
        drawing, axes = panel_axes(len(run.targets), 2.5)
        scores = [point["test"][target]["pearson"] for point in (run.curve or {})["points"]]
        for x, score in zip(n, scores, strict=True):
            if score["low"] is not None:
                axes.plot([x, x], [score["low"], score["high"]], color=COLOURS["test"], lw=1.2)
        axes.plot(n, r, "o", color=COLOURS["test"], ms=4)
        ceiling = run.best.ceiling("test", target)
        limit = max_r(ceiling)
        if law := fit_power_law(n, r, limit=limit):
            x = np.geomspace(n[0], 4 * n[-1], 50)
            axes.plot(x, law(x), color=COLOURS["trend"], lw=1.4)
        if ceiling:
            axes.axhline(limit, **DASHED)
        axes.set(xscale="log", xlabel="training sequences", ylabel=f"r on test rows\n{drawn_name(target)}")
        axes.set_xticks(n, [f"{x:,.0f}" for x in n])
        axes.minorticks_off()
        yield Panel(target, more_data_verdict(run.curve or {}, target, limit=limit), Plot(drawing))


def _finite(run: Run, member: Member, t: int) -> tuple[np.ndarray, np.ndarray]:
    """Return measured and predicted values of a target's test rows."""
    rows = run.measured("test", t)
    y, y_hat = run.dataset.targets[rows, t].astype(np.float64), member.y_hat[rows, t]
    return y[np.isfinite(y_hat)], y_hat[np.isfinite(y_hat)]


def _medians(y_hat: np.ndarray, error: np.ndarray) -> list[list[float]]:
    """Return the medians of predictions (n,) and of their errors in tenths of the predictions, (2, 10)."""
    tenths = np.array_split(np.argsort(y_hat, kind="stable"), 10)
    return [[float(np.median(values[rows])) for rows in tenths] for values in (y_hat, error)]


def _draw_error(axes: Any, error: np.ndarray, values: np.ndarray, groups: np.ndarray) -> None:
    """Draw a bar for each fifth of some values: the mean error, with its interval if there is one."""
    labels = []
    for x, rows in enumerate(fifths(values)):
        axes.bar(x, error[rows].mean(), color=COLOURS["train"], width=0.7)
        if interval := mean_interval(error[rows], groups[rows]):
            axes.plot([x, x], interval, color=INK, lw=1.2, marker="_", ms=6)
        ends = (f"{values[rows].min():.0f}", f"{values[rows].max():.0f}")
        span = "\N{EN DASH}".join(dict.fromkeys(ends))
        labels.append(f"{span}\nn {len(rows)}")
    axes.set_xticks(range(len(labels)), labels, fontsize=7.5)
