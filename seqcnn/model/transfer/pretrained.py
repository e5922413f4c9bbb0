"""The network that a training starts from: its bundle is loaded, and its layers are copied and frozen."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from seqcnn.config.arguments import resolved_args
from seqcnn.config.model import Freeze, ModelConfig, Pretrained
from seqcnn.data.dataset import Dataset
from seqcnn.errors import ConfigError, UsageError, place, plural, show
from seqcnn.model.inference.original_scale import target_difference
from seqcnn.model.network.bundle import build, encoder_args, load_network
from seqcnn.model.network.header import Header
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.model.network.source import Source
from seqcnn.model.transfer.relatives import find_relatives

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PretrainedNetwork:
    """A trained network whose weights another one starts from."""

    network: SequenceRegressor
    header: Header
    path: Path
    source: Source
    """What is known before the new output layer is; `head` is `kept`."""

    def provenance(self, header: Header) -> dict[str, Any]:
        """Return the field `sources` of the training of a new model, given its header."""
        head = "new" if head_difference(header, self.header) else "kept"
        earlier = [source.model_copy(update={"relatives": None}) for source in self.header.sources]
        chain = [self.source.model_copy(update={"head": head}), *earlier]
        return {"sources": [source.model_dump(mode="json") for source in chain]}

    def initialise(self, network: SequenceRegressor, header: Header) -> None:
        """Copy the weights into a network that is scaled to its targets, and freeze layers."""
        network.encoder.load_state_dict(self.network.encoder.state_dict())
        if not head_difference(header, self.header):
            copy_head(network, self.network)
        freeze_layers(network, self.source.freeze)

    def log(self, header: Header) -> None:
        """Log what is taken from the source, and what is known of leakage by it."""
        source, *earlier = header.sources
        logger.info("starting from %s", source.describe(head_difference(header, self.header)))
        remedy = "" if source.relatives is not None else "; name its dataset (--from-dataset)"
        leaks = source.relatives is None or any(counts.rows for counts in source.relatives.values())
        level = logging.WARNING if leaks else logging.INFO
        logger.log(level, "%s: %s%s", place(self.path), source.leakage_text, remedy)
        for other in earlier:
            logger.warning("%s: an earlier source; %s", show(other.name)[1:-1], other.leakage_text)


def load_pretrained(config: ModelConfig, dataset: Dataset, seed: int) -> PretrainedNetwork | None:
    """Load the network that a model starts from; None if its configuration has no `pretrained`.

    Raises
    ------
    UsageError
        If the bundle is missing or a baseline, or its network does not fit the length of the windows.
    ConfigError
        If the configuration has another architecture.
    BundleError
        If the bundle is damaged, or was not trained on the dataset that `pretrained` names.
    """
    if config.pretrained is None:
        return None
    path = config.pretrained.model
    loaded, header = load_network(path)
    refuse_other_architecture(config, header, path)
    network = loaded.members[(seed - 1) % header.members]
    _refuse_other_length(network, header, dataset, path)
    source = Source(
        name=path.name,
        sha256=file_digest(path),
        members=header.members,
        training_sha256=header.training_sha256,
        training_rows=header.split_sizes.get("train", 0),
        freeze=config.pretrained.freeze,
        head="kept",
        relatives=find_relatives(dataset, header, config.pretrained.dataset),
    )
    return PretrainedNetwork(network, header, path, source)


def is_started_from(header: Header, pretrained: Pretrained | None) -> bool:
    """Return whether a model started from these weights, with these layers frozen, and was audited so."""
    if pretrained is None or not header.sources:
        return pretrained is None and not header.sources
    if not pretrained.model.is_file():
        return False  # `load_pretrained` reports it
    source = header.sources[0]
    audited = pretrained.dataset is None or source.relatives is not None
    given = (file_digest(pretrained.model), pretrained.freeze)
    return audited and (source.sha256, source.freeze) == given


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refuse_other_architecture(config: ModelConfig, header: Header, path: Path) -> None:
    """Raise `ConfigError` if a configuration has another encoder, or other arguments, than a bundle."""
    if config.encoder != header.encoder:
        fault = (
            f"encoder {show(config.encoder or config.baseline)} found; {place(path)} is a {header.encoder}"
        )
        raise ConfigError(f"model config: {fault}, and a model has the architecture of its source")
    given, expected = resolved_args(header.encoder, config.args), encoder_args(header)
    for name, value in expected.items():
        if given[name] != value:
            fault = f"args: {name} {given[name]} found; {place(path)} has {value}"
            raise ConfigError(f"model config: {fault}, and a model has the architecture of its source")


def _refuse_other_length(network: SequenceRegressor, header: Header, dataset: Dataset, path: Path) -> None:
    """Raise `UsageError` if the shapes of an encoder's weights are others for the windows of a dataset."""
    outline = header.model_copy(update={"layout": dataset.layout, "members": 1})
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        new = build(outline).state_dict()
    old = network.state_dict()
    if all(new[name].shape == old[name].shape for name in new if name.startswith("encoder.")):
        return
    lengths = f"trained on windows of {header.layout.length} bp; the dataset has {dataset.layout.length} bp"
    raise UsageError(
        f"{place(path)}: {lengths}, for which weights of this {header.encoder} have another shape; prepare "
        f"the dataset with --length {header.layout.length}, or start from a model of this length"
    )


def head_difference(header: Header, source: Header) -> str:
    """Return why a model cannot keep the output layer of its source; '' if it can."""
    for name in ("link", "predicts_noise"):
        if (value := getattr(header, name)) != (expected := getattr(source, name)):
            return f"{name}: {value} found; expected {expected}"
    return target_difference(header, source)


def copy_head(network: SequenceRegressor, source: SequenceRegressor) -> None:
    """Copy the output layer of a network with the same targets, so that predictions stay the same.

    The output is in z-scores of the training targets, so the layer is converted from the mean m and the SD s
    of the source's to those of the network's, m' and s': W' = W s / s', b' = (b s + m - m') / s'.  The
    logarithm of a noise variance increases by 2 log(s / s').
    """
    targets = len(network.target_mean)
    ratio = source.target_scale / network.target_scale  # (T,)
    shift = (source.target_mean - network.target_mean) / network.target_scale
    weight, bias = source.head.weight.clone(), source.head.bias.clone()
    weight[:targets] *= ratio[:, None]
    bias[:targets] = bias[:targets] * ratio + shift
    bias[targets:] += 2 * ratio.log() if network.predicts_noise else 0
    with torch.no_grad():
        network.head.weight.copy_(weight)
        network.head.bias.copy_(bias)


def freeze_layers(network: SequenceRegressor, freeze: Freeze) -> None:
    """Freeze layers: their weights and running statistics stay, and their dropout is off."""
    if freeze == "none":
        return
    encoder = network.encoder
    frozen = encoder if freeze == "encoder" else encoder.get_submodule(encoder.STEM)
    frozen.requires_grad_(False).eval()
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    logger.info("%s are trained, the others are frozen", plural(trained, "parameter"))
