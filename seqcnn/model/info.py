"""Readable description of a bundle's header."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seqcnn.errors import printable, show
from seqcnn.model.metrics import METRICS
from seqcnn.model.network.bundle import load_bundle
from seqcnn.model.network.header import Header
from seqcnn.model.network.imported_from import UNTRAINED
from seqcnn.model.network.kmer_baseline import KmerBaseline, LinearBaseline, TreeBaseline
from seqcnn.model.network.regressor import Network, parameter_count
from seqcnn.model.onnx.onnx_file import read_exported

_OWN_LINES = ("teachers", "sources", "tuning")
"""Fields of the training that have a line of their own."""


def describe_bundle(path: Path) -> str:
    """Return a readable description of a bundle or an exported model, after checking its integrity."""
    if path.suffix == ".onnx":
        header, size = read_exported(path).header, "exported"
    else:
        model, header = load_bundle(path)
        size = size_of(model)
    lines = _model_lines(header, size) | _training_lines(header)
    text = [f"{key:>16}: {value}" for key, value in lines.items() if value]
    return "\n".join(map(printable, [*text, *_scores(header)]))


def size_of(network: Network | KmerBaseline) -> str:
    """Return the size of a network or of a baseline in words."""
    if isinstance(network, TreeBaseline):
        return f"up to {network.value.shape[1]} trees per target"
    if isinstance(network, LinearBaseline):
        return f"{network.coefficients.numel() + network.intercept.numel():,} coefficients"
    return f"{parameter_count(network):,} parameters"


def summary_lines(header: Header, size: str) -> dict[str, str]:
    """Return label -> text of the facts that a notebook shows; `size` is that of the network."""
    training = _training_lines(header)
    scores = [line.strip().removeprefix("test scores: ") for line in _scores(header) if "test scores" in line]
    lines = _model_lines(header, size) | {
        "trained on": training["trained on"], "split": header.split, "test scores": "; ".join(scores),
    }  # fmt: skip
    return {label: text for label, text in lines.items() if text}


def _model_lines(header: Header, size: str) -> dict[str, str]:
    """Return label -> text for the model and its input; `size` is that of the network."""
    layout = header.layout
    networks = f"ensemble of {header.members} networks, " if header.members > 1 else ""
    targets = (
        show(target)[1:-1] + (f" ({show(unit)[1:-1]})" if unit else "")
        for target, unit in zip(header.targets, header.units, strict=True)
    )
    graph = header.imported.graph if header.imported else {}
    sides = [graph["input"]["flank5"], graph["input"]["flank3"]] if graph else [layout.flank5, layout.flank3]
    parts = f"{len(graph['layers'])} layers" if graph else header.args or "defaults"
    cropped = ", longer ones cropped" if layout.crop else ""
    return {
        "model": f"{header.encoder}, {networks}{size}, {parts}",
        "targets": ", ".join(targets),
        "input": f"{header.lengths}, aligned {layout.align}{cropped}",
        "features": "{} positions of {}".format(*header.feature_shape) if header.feature_shape else "",
        "flanks": "{} bp before, {} bp after".format(*map(len, sides)) if any(sides) else "none",
        "strands": header.strand,
        "ambiguous bases": layout.ambiguity,
    }


def _training_lines(header: Header) -> dict[str, str]:
    """Return label -> text for the training; '' for what does not apply."""
    if header.encoder in UNTRAINED:
        return {"trained on": f"not known: the model was {header.encoder}", **_origin_lines(header)}
    rows = header.split_sizes
    calibrating = rows.get("calibration", 0)
    sizes = [rows.get("train", 0), rows.get("val", 0) - calibrating, rows.get("test", 0)]
    kept = f"{calibrating} to calibrate, " if calibrating else ""
    written_by = [f"seqcnn {header.seqcnn_version}", f"torch {header.torch_version}"]
    written_by += [f"{header.threads} CPU threads"] if header.threads else []
    return {
        "trained on": f"{sizes[0]} sequences, {sizes[1]} to choose, {kept}{sizes[2]} to test",
        "intervals": header.calibration_text and f"calibrated on {header.calibration_text}",
        "split": header.split,
        "inputs": ", ".join(f"{name} {digest[:12]}" for name, digest in header.inputs.items()) or "in memory",
        "training set": f"SHA-256 {header.training_sha256}",
        "training": ", ".join(f"{k} {v}" for k, v in header.training.items() if k not in _OWN_LINES),
        "configuration": str(header.tuning or ""),
        "teachers": ", ".join(digest[:12] for digest in header.training.get("teachers", ())),
        "started from": "; ".join(f"{source.text}; {source.leakage_text}" for source in header.sources),
        "written by": ", ".join(written_by),
    }


def _origin_lines(header: Header) -> dict[str, str]:
    """Return label -> text for the origin of an imported model."""
    if header.imported is None:
        return {}
    origin, form = header.imported, header.imported.graph["input"]
    files = ", ".join(f"{name} (SHA-256 {digest[:12]})" for name, digest in origin.files.items())
    return {
        "outputs": origin.outputs_text(header.targets),
        "imported from": f"{origin.library}: {files}",
        "original input": f"{form['axes']} (L positions, B bases in the order {form['bases']})",
        "agreement": origin.check.text if origin.check else "not compared with the original",
        "intervals": "none: no held-out rows calibrate an imported model",
        "written by": f"seqcnn {header.seqcnn_version}, torch {header.torch_version}",
    }


def _scores(header: Header) -> Iterator[str]:
    """Yield a line for the scores of each part and target."""
    for part, targets in header.metrics.items():
        for target, scores in targets.items():
            text = ", ".join(
                f"{metric.label} {value:.3f}"
                for name, metric in METRICS.items()
                if (value := scores.get(name)) is not None
            )
            yield f"{part + ' scores':>16}: {show(target)[1:-1]}: {text}"
