"""seqcnn: predict what short DNA sequences do, from the sequence.

>>> import seqcnn
>>> model = seqcnn.load_model("model.safetensors")  # doctest: +SKIP
>>> model.predict(["ACGTACGT"])  # doctest: +SKIP

Names are loaded when they are first used: `import seqcnn` itself loads no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqcnn.data.onehot import one_hot
    from seqcnn.fitting import fit
    from seqcnn.model.predict import TrainedModel, load_model

_HOMES = {
    "fit": "seqcnn.fitting",
    "load_model": "seqcnn.model.predict",
    "one_hot": "seqcnn.data.onehot",
    "TrainedModel": "seqcnn.model.predict",
}

__all__ = ["TrainedModel", "fit", "load_model", "one_hot"]


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
