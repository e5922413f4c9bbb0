"""Predictor pages of bundles of every kind, and a person at one: pastes sequences, presses buttons."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import torch

from seqcnn.data.transform import Transform
from seqcnn.model.inference.conformal import calibrate
from seqcnn.model.network.bundle import build, load_network, save_bundle
from seqcnn.sequence.window import Layout

LOGARITHM = Transform(name="log2", pseudocount=0.5)
RANKS = Transform(name="rank-normal", n=64, quantiles=(-3.0, 0.0, 0.5, 4.0))


def kinds(length: int) -> dict[str, dict[str, Any]]:
    """Return kind -> fields of a header; the windows have `length` bp, inserts at least two thirds of it."""
    flanked = Layout(length, align="right", flank5="ACGTR" * 20, flank3="GG", crop=True)
    centered = Layout(length, align="center", ambiguity="zero")
    left = Layout(length)
    both = {"strand": "double", "predicts_noise": True}
    return {
        "ensemble": {"encoder": "cnn", "members": 3, **both, "layout": flanked},
        "mlp": {"encoder": "mlp", "transforms": {"target": LOGARITHM}, "layout": centered},
        "rnn": {"encoder": "rnn", "members": 2, "transforms": {"target": RANKS}, "layout": left},
        "transformer": {"encoder": "transformer", "strand": "double", "layout": left},
        "legnet": {"encoder": "legnet", "predicts_noise": True, "layout": left},
    }


def untrained(bundle: Path, path: Path, **changes: Any) -> Path:
    """Write a bundle of random weights, with the profile of a trained one and intervals by level."""
    trained, header = load_network(bundle)
    rng = np.random.default_rng(0)
    y = rng.normal(size=200)
    has_sd = changes.get("members", 1) > 1 or changes.get("predicts_noise", False)
    calibration = calibrate(y, y + rng.normal(size=200), rng.uniform(0.1, 1, 200) if has_sd else None)
    changes = {"args": {}, "calibration": {"target": calibration}} | changes
    header = header.model_copy(update=changes | {"min_length": changes["layout"].length * 2 // 3})
    torch.manual_seed(1)
    network = build(header).eval()
    network.profile.load_state_dict(trained.profile.state_dict())
    save_bundle(path, network, header)
    return path


def mixed_sequences(n: int, longest: int, seed: int = 0) -> str:
    """Return FASTA of short and long sequences with ambiguous, lower-case and RNA letters, and repeats."""
    rng = np.random.default_rng(seed)
    records = []
    for number in range(n):
        letters = rng.choice(list("ACGT"), rng.integers(longest * 2 // 3, longest + 1))
        kind = number % 8
        if kind < 4:
            changed = rng.random(len(letters)) < 0.04
            letters[changed] = rng.choice(list("NRYSWKMBDHVacgtuU"), changed.sum())
        elif kind == 4:
            letters[: len(letters) // 4] = "N"  # has no prediction
        elif kind == 5:
            letters[:] = list("AC" * longest)[: len(letters)]  # out of distribution
        records.append(f">s{number} {kind}\n{''.join(letters[:20])}\n{''.join(letters[20:])}\n")
    return "".join(records)


class Browser(Protocol):
    """What a browser of the tests does."""

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, or of its promise."""


class PredictorPage:
    """One page in a browser."""

    def __init__(self, browser: Browser, path: Path) -> None:
        self.browser = browser
        browser.open(path)
        keep = "b => { window.kept = b; return make.call(URL, b); }"
        browser.evaluate(f"(() => {{ const make = URL.createObjectURL; URL.createObjectURL = {keep}; }})()")

    def text(self, name: str) -> str:
        """Return the text of an element."""
        return self.browser.evaluate(f"document.getElementById('{name}').textContent")

    def set(self, name: str, value: str | bool) -> None:
        """Fill in or choose, and tell the page."""
        property_ = "checked" if isinstance(value, bool) else "value"
        events = "for (const kind of ['input', 'change']) e.dispatchEvent(new Event(kind));"
        change = f"const e = document.getElementById('{name}'); e.{property_} = {json.dumps(value)};"
        self.browser.evaluate(f"(() => {{ {change} {events} }})()")

    def press(self, selector: str) -> None:
        """Click the first element of a selector."""
        self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def wait(self, condition: str, seconds: float = 300) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.browser.evaluate(condition):
            if time.monotonic() > end:
                raise TimeoutError(f"{condition}: {self.text('status')} {self.text('faults')}")
            time.sleep(0.02)

    def predict(self, text: str) -> str:
        """Paste a text, predict, and return the status at the end."""
        self.set("text", text)
        self.press("#predict")
        self.wait("document.getElementById('stop').hidden")
        return self.text("status")

    def table(self) -> pd.DataFrame:
        """Return the table that the page offers for download."""
        self.press("#download")
        return read_predictions(io.StringIO(self.browser.evaluate("window.kept.text()")), ",")


def read_predictions(file: Any, delimiter: str = "\t") -> pd.DataFrame:
    """Return a table of predictions, in which NA is the only missing value."""
    return pd.read_csv(file, sep=delimiter, keep_default_na=False, na_values=["NA"])


def largest_difference(page: pd.DataFrame, command: pd.DataFrame) -> float:
    """Return the largest difference of two tables of predictions, relative to the largest number.

    Raises
    ------
    AssertionError
        If columns, texts, flags or the places of missing values differ.
    """
    assert list(page.columns) == list(command.columns)
    numbers = command.select_dtypes("number")
    texts = command.columns.difference(numbers.columns)
    pd.testing.assert_frame_equal(page[texts], command[texts])
    pd.testing.assert_frame_equal(page[numbers.columns].isna(), numbers.isna())
    return float((page[numbers.columns] - numbers).abs().max().max() / numbers.abs().max().max())
