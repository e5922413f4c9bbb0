"""Compare LegNet and DREAM-RNN with the authors' code; write the table of reference_networks.md.

`python -m benchmarks.validation.encoders.reference_networks --legnet FOLDER --dream-rnn FOLDER` needs clones
of the authors' repositories, which are not part of this one.  It runs their code.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import cast

import torch
from torch import Tensor, nn

from benchmarks import ROOT
from seqcnn.encoders import ENCODERS
from seqcnn.model.network.regressor import SequenceRegressor, parameter_count

PAGE = ROOT / "benchmarks" / "validation" / "encoders" / "reference_networks.md"
LENGTH = 230
"""bp of the sequences in both papers on human enhancers and promoters."""
N = 64
"""Random sequences that are compared."""
WARMUP = 10
"""Batches from which batch norm takes its running statistics."""

PRIX_FIXE = {
    "prixfixe": ["first_layers_block", "coreblock", "final_layers_block", "prix_fixe_net"],
    "bhi": ["first_layers_block", "coreblock"],
    "autosome": ["final_layers_block"],
}
"""Packages and modules of the network of DREAM-RNN, in the order of their imports."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Largest absolute differences of two networks with the same weights, and the largest absolute values."""

    parameters: tuple[int, int]
    """Number of parameters: of the authors' network, and of ours."""
    evaluation: tuple[float, float]
    """Difference of the outputs in evaluation mode, largest output."""
    training: tuple[float, float]
    """The same in training mode."""
    gradients: tuple[float, float]
    """Difference of the gradients of the loss in training mode, largest gradient."""

    def row(self, name: str) -> str:
        """Return the row of the table."""
        counts = [f"{count:,}" for count in self.parameters]
        pairs = [f"{a:.1g} ({b:.2g})" for a, b in (self.evaluation, self.training, self.gradients)]
        return f"| `{name}` | {' | '.join(counts + pairs)} |"


def legnet(path: Path) -> nn.Module:
    """Build the authors' LegNet from `model.py`, or from the folder that has it."""
    file = path / "model.py" if path.is_dir() else path
    spec = importlib.util.spec_from_file_location("authors_legnet", file)
    if spec is None or spec.loader is None or not file.is_file():
        sys.exit(f"--legnet {path}: no model.py; expected a clone of autosome-ru/human_legnet")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.LegNet(
        in_ch=4, stem_ch=64, stem_ks=11, ef_ks=9, ef_block_sizes=[80, 96, 112, 128], pool_sizes=[2] * 4,
        resize_factor=4,
    )  # fmt: skip
    return cast(nn.Module, network)


def dream_rnn(path: Path) -> nn.Module:
    """Build the authors' DREAM-RNN from the folder that has their package `prixfixe`."""
    if not (path / "prixfixe" / "bhi").is_dir():
        sys.exit(f"--dream-rnn {path}: no prixfixe/bhi; expected a clone of de-Boer-Lab's repository")
    block = _blocks(path)
    sizes = {"out_channels": 320, "seqsize": LENGTH, "kernel_sizes": [9, 15], "pool_size": 1}
    first = block["BHIFirstLayersBlock"](in_channels=5, dropout=0.2, **sizes)
    core = block["BHICoreBlock"](
        in_channels=320, lstm_hidden_channels=320, dropout1=0.2, dropout2=0.5, **sizes
    )
    final = block["AutosomeFinalLayersBlock"](in_channels=320, seqsize=LENGTH)
    return block["PrixFixeNet"](first=first, core=core, final=final, generator=torch.Generator())


def _blocks(path: Path) -> dict[str, Callable[..., nn.Module]]:
    """Import the modules of the network of DREAM-RNN; return their classes.

    Their packages are replaced by empty ones, which do not import the authors' data loaders and trainers.
    """
    classes: dict[str, Callable[..., nn.Module]] = {}
    for package, modules in {"": [], **PRIX_FIXE}.items():
        name = f"prixfixe.{package}".rstrip(".")
        sys.modules[name] = empty = ModuleType(name)
        empty.__path__ = [str(path / "prixfixe" / package)]
        for module in modules:
            found = vars(importlib.import_module(f"{name}.{module}"))
            classes |= {key: value for key, value in found.items() if isinstance(value, type)}
            vars(empty).update(classes)
    return classes


def ours(name: str) -> SequenceRegressor:
    """Return our network with its defaults and one target."""
    return SequenceRegressor(ENCODERS[name](LENGTH), 1)


def compare(theirs: nn.Module, network: SequenceRegressor, seed: int = 0) -> Agreement:
    """Copy perturbed weights of the authors' network into ours; compare the two on random sequences."""
    torch.manual_seed(seed)
    bases = torch.randint(4, (N, LENGTH))
    x, y = nn.functional.one_hot(bases, 4).transpose(1, 2).float(), torch.randn(N)
    inputs = nn.functional.pad(x, (0, 0, 0, _channels(theirs) - 4))  # (N, 5, L): no sequence is reversed
    perturb(theirs, inputs)
    pairs = copy_weights(theirs, network)
    outputs: list[list[Tensor]] = []
    for model, batch in ((theirs, inputs), (network, x)):
        with torch.no_grad():
            evaluated = model.eval()(batch).flatten()
        torch.manual_seed(seed)
        trained = model.train()(batch).flatten()
        nn.functional.mse_loss(trained, y).backward()
        outputs.append([evaluated, trained.detach()])
    gradients = [(_cut(a.grad, b), b.grad) for a, b in pairs if a.grad is not None and b.grad is not None]
    evaluation, training = (largest([pair]) for pair in zip(*outputs, strict=True))
    parameters = parameter_count(theirs), parameter_count(network)
    return Agreement(parameters, evaluation, training, largest(gradients))


def perturb(theirs: nn.Module, inputs: Tensor) -> None:
    """Add random numbers to all weights, and let batch norm see the inputs."""
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter += 0.02 * torch.randn_like(parameter)
        for _ in range(WARMUP):
            theirs.train()(inputs)


def copy_weights(theirs: nn.Module, network: SequenceRegressor) -> list[tuple[Tensor, Tensor]]:
    """Copy the authors' weights in the order of the layers; return the pairs of tensors."""
    own = network.state_dict(keep_vars=True)
    targets = [tensor for name, tensor in own.items() if name.startswith(("encoder.", "head."))]
    pairs = [*zip(theirs.state_dict(keep_vars=True).values(), targets, strict=True)]
    for source, target in pairs:
        target.data.copy_(_cut(source.data, target))
    return pairs


def _cut(source: Tensor, target: Tensor) -> Tensor:
    """Return a weight of the authors' network without the fifth channel of its first layer."""
    if source.dim() == 3 and source.shape[1] == 5 and target.shape[1] == 4:
        source = source[:, :4]
    if source.shape != target.shape:
        raise ValueError(f"weights of shape {tuple(source.shape)}; ours are {tuple(target.shape)}")
    return source


def _channels(network: nn.Module) -> int:
    """Return the number of input channels."""
    return next(layer.in_channels for layer in network.modules() if isinstance(layer, nn.Conv1d))


def largest(pairs: list[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Return the largest absolute difference of pairs of tensors, and their largest absolute value."""
    differences = [float((a - b).detach().abs().max()) for a, b in pairs]
    return max(differences), max(float(a.detach().abs().max()) for a, _ in pairs)


def main() -> None:
    """Compare, and replace the rows of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--legnet", type=Path, required=True, help="clone of human_legnet")
    parser.add_argument("--dream-rnn", type=Path, required=True, help="folder that has `prixfixe`")
    options = parser.parse_args()
    torch.manual_seed(0)
    theirs = {"legnet": legnet(options.legnet), "dream_rnn": dream_rnn(options.dream_rnn)}
    found = {name: compare(network, ours(name)) for name, network in theirs.items()}
    text = PAGE.read_text(encoding="utf-8")
    for name, agreement in found.items():
        text = re.sub(rf"^\| `{name}` \| \d.*$", agreement.row(name), text, flags=re.MULTILINE)
        sys.stdout.write(f"{agreement.row(name)}\n")
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
