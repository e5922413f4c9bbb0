"""seqcnn: predict what short DNA sequences do, from the sequence.

>>> import seqcnn
>>> model = seqcnn.load_model("model.safetensors")  # doctest: +SKIP
>>> model.predict(["ACGTACGT"])  # doctest: +SKIP

Names are loaded when they are first used: `import seqcnn` itself loads no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqcnn.api import fit
    from seqcnn.model.inference.trained_model import Model, load_model
    from seqcnn.sequence.onehot import one_hot

_HOMES = {
    "fit": "seqcnn.api",
    "load_model": "seqcnn.model.inference.trained_model",
    "one_hot": "seqcnn.sequence.onehot",
    "Model": "seqcnn.model.inference.trained_model",
}

__all__ = ["Model", "fit", "load_model", "one_hot"]


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
