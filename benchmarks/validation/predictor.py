"""Compare the page of `seqcnn page` with `seqcnn predict` in real browsers; write validation/predictor.md.

`python -m benchmarks.validation.predictor` needs Chromium, and Firefox if it is to be compared too.  The test
suite does the same with small networks and few sequences.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import ROOT
from seqcnn.config.model import ModelConfig
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.model.import_model import ImportRequest, import_model
from seqcnn.model.network.bundle import read_header
from seqcnn.model.predict import TableOptions, predict_file
from seqcnn.model.train import train
from seqcnn.model.training.trainer import Machine
from seqcnn.sequence.window import Layout
from seqcnn.share.page import page

sys.path.append(str(ROOT / "tests"))  # the drivers of the browsers are those of the tests
from support.browser import CHROMIUM, Browser
from support.firefox import FIREFOX, Firefox
from support.predictor_page import (
    PredictorPage,
    kinds,
    largest_difference,
    mixed_sequences,
    read_predictions,
    untrained,
)

PAGE = ROOT / "benchmarks" / "validation" / "predictor.md"
LENGTH = 200
N_COMPARED = 1000
N_SPEED = 10_000
TOLERANCE = 1e-5

EDIT = """new Promise(resolve => {
  const start = performance.now();
  new MutationObserver(() => resolve(performance.now() - start))
    .observe(document.getElementById("edited-value"), {childList: true, characterData: true, subtree: true});
  const key = document.getElementById("edited").value[0] === "A" ? "C" : "A";
  document.getElementById("map").dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
})"""
"""Replaces the first base, and waits for the prediction: milliseconds."""

TEXT = """# The predictor page

Made by `python -m benchmarks.validation.predictor`.

{n:,} sequences of {shortest} to {length} bp (with ambiguous letters, lower case, U, repeats, too many N)
are predicted by `seqcnn predict` and by the page of `seqcnn page`, whose table is downloaded, with 90 %
intervals on all rows and by predicted level.  Networks have their default size and random weights.  A
difference is relative to the largest number of the table; ids, out-of-distribution flags and missing
values must be equal.  The imported models are two published ones of Keras.

| model | browser | largest difference | expected |
|---|---|---|---|
{comparisons}

Time in Chromium with the default `cnn`, one thread; {load:.1f} processes wanted the machine's {cores} cores:

| measure | wall time | CPU time of the page | expected |
|---|---|---|---|
{speed}

The page of this model has {size:.1f} MB.
"""


def trained(folder: Path) -> Path:
    """Train a default CNN for one epoch, for its profile of k-mers."""
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACGT"), LENGTH)) for _ in range(400)]
    split = ["train"] * 300 + ["val"] * 50 + ["test"] * 50
    dataset = dataset_from_arrays(sequences, rng.normal(size=400), split=split)
    config = ModelConfig.model_validate({"encoder": "cnn", "args": {}, "training": {"epochs": 1}})
    train(dataset, config, folder / "trained.safetensors", machine=Machine("cpu", threads=1))
    return folder / "trained.safetensors"


def compared(bundle: Path, html: Path, browsers: dict[str, Any], folder: Path, text: str) -> dict[str, float]:
    """Return the largest difference of a page's predictions in each browser."""
    (folder / "s.fa").write_text(text)
    expected = {}
    calibrated = bool(read_header(bundle).calibration)
    for by_level in (False, True) if calibrated else (False,):
        options = TableOptions(0.9, by_level) if calibrated else None
        predict_file(folder / "s.fa", [bundle], folder / "p.tsv", options=options, overwrite=True)
        expected[by_level] = read_predictions(folder / "p.tsv")
    differences = {}
    for name, browser in browsers.items():
        shown = PredictorPage(browser, html)
        shown.predict(text)
        tables = []
        for by_level in expected:
            shown.set("by-level", by_level)
            tables.append(largest_difference(shown.table(), expected[by_level]))
        differences[name] = max(tables)
    return differences


def published(folder: Path) -> dict[str, Path]:
    """Import the published models of $SEQCNN_MODELS; return their names and bundles."""
    models = Path(os.environ.get("SEQCNN_MODELS") or ROOT / "../shared/models")
    if not models.is_dir():
        return {}
    optimus, dragonn = folder / "optimus.safetensors", folder / "dragonn.safetensors"
    import_model(models / "optimus5p_multioutput.h5", optimus, ImportRequest(list("abc")))
    weights, request = models / "mpra_dragonn_conv.hdf5", ImportRequest([f"t{i}" for i in range(12)])
    import_model(models / "mpra_dragonn_conv.json", dragonn, request, weights=weights)
    return {"Optimus 5-prime, imported, 3 targets": optimus, "MPRA-DragoNN, imported, 12 targets": dragonn}


def random_sequences(length: int) -> str:
    """Return FASTA of random sequences of one length, some with N."""
    letters = np.random.default_rng(2).choice(list("ACGTN"), (N_COMPARED, length), p=[0.24] * 4 + [0.04])
    return "".join(f">s{i}\n{''.join(row)}\n" for i, row in enumerate(letters))


def speed(browser: Browser, html: Path) -> list[tuple[str, float, float, str]]:
    """Return measure, wall seconds, CPU seconds and what is expected."""
    browser.call("Performance.enable")
    rng = np.random.default_rng(1)
    letters = ["".join(row) for row in rng.choice(list("ACGT"), (N_SPEED, LENGTH))]
    start = time.perf_counter()
    shown = PredictorPage(browser, html)
    shown.predict(letters[0])
    first, opened, start = time.perf_counter() - start, cpu(browser), time.perf_counter()
    shown.predict("\n".join(letters))
    many, used = time.perf_counter() - start, cpu(browser) - opened
    shown.press("#table-body button")
    shown.wait("document.querySelectorAll('#map .map-line').length")
    edits = [browser.evaluate(EDIT) for _ in range(20) if time.sleep(0.5) is None]
    return [
        ("from opening to the first prediction", first, np.nan, "2 s"),
        (f"{N_SPEED:,} sequences of {LENGTH} bp", many, used, "6 s"),
        ("an edited base, median of 20", float(np.median(edits)) / 1000, np.nan, "50 ms"),
    ]


def cpu(browser: Browser) -> float:
    """Return the CPU seconds of the page's process."""
    metrics = browser.call("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "ProcessTime")


def started(folder: Path) -> dict[str, Any]:
    """Start the browsers that are installed."""
    drivers = {"Chromium": (CHROMIUM, Browser), "Firefox": (FIREFOX, Firefox)}
    browsers = {}
    for name, (program, driver) in drivers.items():
        if program is not None:
            (folder / name).mkdir()
            browsers[name] = driver(folder / name)
    return browsers


def main() -> None:
    """Measure, and write the page; exit with 1 if a difference is too large."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle, browsers = trained(folder), started(folder)
        models = {"cnn": {"encoder": "cnn", "layout": Layout(LENGTH)}} | kinds(LENGTH)
        differences = {}
        for kind, fields in models.items():
            path, html = folder / f"{kind}.safetensors", folder / f"{kind}.html"
            page(untrained(bundle, path, **fields), html)
            text = mixed_sequences(N_COMPARED, LENGTH + 20 if fields["layout"].crop else LENGTH)
            differences[described(kind, fields)] = compared(path, html, browsers, folder, text)
            print(kind, differences[described(kind, fields)], flush=True)
        for name, path in published(folder).items():
            page(path, path.with_suffix(".html"))
            text = random_sequences(read_header(path).layout.length)
            differences[name] = compared(path, path.with_suffix(".html"), browsers, folder, text)
        load = os.getloadavg()[0]
        measured = speed(browsers["Chromium"], folder / "cnn.html")
        size = (folder / "cnn.html").stat().st_size / 1e6
        for browser in browsers.values():
            browser.close()
    rows = [
        f"| {name} | {browser} | {value:.1g} | {TOLERANCE:g} |"
        for name, values in differences.items()
        for browser, value in values.items()
    ]
    times = [
        f"| {what} | {seconds(wall)} | {seconds(used)} | {limit} |" for what, wall, used, limit in measured
    ]
    text = TEXT.format(
        n=N_COMPARED, shortest=LENGTH * 2 // 3, length=LENGTH, comparisons="\n".join(rows), load=load,
        speed="\n".join(times), size=size, cores=os.cpu_count(),
    )  # fmt: skip
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    if max(value for values in differences.values() for value in values.values()) > TOLERANCE:
        sys.exit(1)


def described(kind: str, fields: dict[str, Any]) -> str:
    """Return a kind of model in words."""
    words = [f"{members} members" if (members := fields.get("members", 1)) > 1 else ""]
    words += ["both strands" if fields.get("strand") == "double" else ""]
    words += ["predicted noise" if fields.get("predicts_noise") else ""]
    words += [fields["transforms"]["target"].name if "transforms" in fields else ""]
    layout = fields["layout"]
    words += [f"aligned {layout.align}" if layout.align != "left" else "", "cropped" if layout.crop else ""]
    return ", ".join([f"`{fields['encoder']}`", *filter(None, words)])


def seconds(value: float) -> str:
    """Return a time in words."""
    return "–" if np.isnan(value) else f"{value:.1f} s" if value >= 0.5 else f"{1000 * value:.0f} ms"


if __name__ == "__main__":
    main()
