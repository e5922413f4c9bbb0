"""Predict reporter-assay measurements from short DNA sequences.

>>> import seqcnn
>>> model = seqcnn.load_model("model.safetensors")  # doctest: +SKIP
>>> model.predict(["ACGTACGT"])  # doctest: +SKIP

The way of the data, with the station (module) of each step:

    sequences + measurements
      | data.prepare            -> dataset.h5          data.audit: leakage of its split
      | model.train             -> model.safetensors   model.baseline, model.ensemble, model.export
      | model.predict           -> predictions.tsv
      | evaluation.evaluate     -> metrics.json        evaluation.controls, .cross_validate, .learning_curve
      | report.report           -> report.html
    model.safetensors
      | share.page, .card       -> predictor.html, README.md
      | interpret.attribute, .seqlets, .motifs, .marginalize, .saturate, .dependencies
      | genome.variants, .scan
      | design.design
      | selection.next_batch    -> batch.tsv, batch.fa

Packages, from the ground up; each imports only from those before it:

    errors; log                    errors with exit codes; logging
    schema, extras, progress       strict schemas; optional libraries; progress bars
    io, sequence                   files without DNA; DNA without files (one-hot, window, strands, k-mers)
    data, encoders, plotting       readers to dataset and batches; networks; SVG, logos, HTML
    config                         pipeline and model configurations
    model                          training, prediction, bundles, metrics
    evaluation                     scores with confidence intervals, controls
    interpret, genome, design      attributions and motifs; variants and scans; designs
    selection                      the sequences to measure next
    report, share                  the report page; a model as a web page
    api, sklearn                   public functions and `Model`; scikit-learn estimators
    workflow                       the Snakefile of `run`, its display, and the folder of `init`
    doctor                         what of this machine helps or hinders
    cli_support, commands, cli     shared options; one file per command

A file at the root of `data`, `model`, `evaluation`, `interpret`, `genome`, `design`, `selection`, `report`
or `share` is a station, which one command runs, or an artefact that stations share; sub-packages hold their
parts.

Public names are loaded on first use: `import seqcnn` does not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqcnn.api.dataset_frame import read_dataset
    from seqcnn.api.model import Model, load_model, wrap
    from seqcnn.api.stations.checks import audit, check
    from seqcnn.api.stations.importing import import_model
    from seqcnn.api.stations.scoring import cross_validate, learning_curve
    from seqcnn.api.stations.search import tune
    from seqcnn.api.training import fit
    from seqcnn.sequence.onehot import one_hot

_HOMES = {
    "audit": "seqcnn.api.stations.checks",
    "check": "seqcnn.api.stations.checks",
    "cross_validate": "seqcnn.api.stations.scoring",
    "fit": "seqcnn.api.training",
    "import_model": "seqcnn.api.stations.importing",
    "learning_curve": "seqcnn.api.stations.scoring",
    "load_model": "seqcnn.api.model",
    "one_hot": "seqcnn.sequence.onehot",
    "read_dataset": "seqcnn.api.dataset_frame",
    "tune": "seqcnn.api.stations.search",
    "wrap": "seqcnn.api.model",
    "Model": "seqcnn.api.model",
}

__all__ = [
    "Model",
    "audit",
    "check",
    "cross_validate",
    "fit",
    "import_model",
    "learning_curve",
    "load_model",
    "one_hot",
    "read_dataset",
    "tune",
    "wrap",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name == "__version__":
        from importlib.metadata import version

        return version("seqcnn")
    raise AttributeError(f"module 'seqcnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*__all__, "__version__"])
