"""Arrays of the layers of a Keras model, in the two layouts of its HDF5 files.

Old files (`.h5` of Keras 1 to 3) have a group per layer of the model with arrays that are named
`kernel`, `conv1d_1/kernel:0` or, by Keras 1, `convolution1d_1_W`.  Current ones (`.keras`, `.weights.h5`)
have numbered arrays in groups that are named by the class of a layer, `layers/conv1d_1/vars/0`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seqcnn.errors import BundleError, show
from seqcnn.io.hdf5_checks import checked_arrays

MAX_ARRAYS = 20_000
"""Largest number of arrays and groups of a file."""

_MAX_DEPTH = 12  # of groups in one another
_MAX_RATIO = 20  # of all arrays that are read to the file
_SMALL = 64_000_000  # bytes of arrays that any file may hold

_ALIASES = {
    "W": "kernel",
    "b": "bias",
    "U": "recurrent_kernel",
    "running_mean": "moving_mean",
    "running_std": "moving_variance",  # of Keras 1, in which it holds the variance
    "alphas": "alpha",
}
"""Name of Keras 1 -> its name since."""


class WeightFile:
    """Arrays of an open HDF5 file."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.is_current = "layer_names" not in _root(file).attrs and (
            "layers" in file or "_layer_checkpoint_dependencies" in file
        )
        self.arrays = dict.fromkeys(_arrays(_root(file)))
        """Paths, in order."""
        self.room = max(_SMALL, _MAX_RATIO * file.id.get_filesize())
        """Bytes that may still be read."""

    def read(self, path: str) -> np.ndarray:
        """Return an array as float32; raise `BundleError` if it is refused."""
        full = path if self.is_current or "model_weights" not in self.file else f"model_weights/{path}"
        try:
            data = checked_arrays(self.file, [full])[full]
            if (room := self.room - 4 * data.size) < 0:
                raise ValueError("arrays larger than what is stored")
            self.room = room
            with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
                return np.asarray(data[()], np.float32)
        except (ValueError, KeyError, OSError, RuntimeError) as error:
            raise BundleError(f"weights {show(full)}: {str(error)[:200]}") from error

    def within(self, group: str) -> list[str]:
        """Return the paths of the arrays in a group."""
        return [path for path in self.arrays if path.startswith(f"{group}/")]


def _root(file: Any) -> Any:
    """Return the group of the weights in a file that also holds the model."""
    import h5py

    return (
        file["model_weights"] if isinstance(file.get("model_weights", getlink=True), h5py.HardLink) else file
    )


def _arrays(root: Any) -> Iterator[str]:
    """Yield the paths of the arrays of numbers; links to elsewhere are not followed.

    Raises
    ------
    BundleError
        If there are too many, or groups are nested too deeply.
    """
    import h5py

    count, waiting = 0, [("", root, 0)]
    while waiting:
        path, group, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise BundleError(f"weights: groups nested more than {_MAX_DEPTH} deep")
        for name in group:
            if (count := count + 1) > MAX_ARRAYS:
                raise BundleError(f"weights: more than {MAX_ARRAYS:,} arrays and groups")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise BundleError(f"weights {show(path + name)}: a link to elsewhere")
            item = group[name]
            if isinstance(item, h5py.Group):
                waiting.append((f"{path}{name}/", item, depth + 1))
            elif isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf":
                yield f"{path}{name}"


class LayerWeights:
    """Arrays of one layer."""

    def __init__(self, file: WeightFile, name: str, path: str, top: str) -> None:
        self.file, self.name = file, name
        self.path = path
        """Its group in a current file."""
        self.top = top
        """Name of the layer of the outermost model that it is, or is in: its group in an old file."""

    def arrays(self, names: Sequence[str], *, group: str = "", part: str = "") -> list[np.ndarray]:
        """Return arrays.

        Parameters
        ----------
        names
            Their names in an old file, alternatives separated by |; in a current one they are numbered.
        group
            Group of the arrays in that of the layer in a current file.
        part
            Start of a component of their paths in an old file, for a layer of several parts.

        Raises
        ------
        BundleError
            If one is missing, or there are several of its name.
        """
        if self.file.is_current:
            paths = [f"{self.path}/{group + '/' if group else ''}vars/{i}" for i in range(len(names))]
        else:
            paths = self._named(names, part)
        missing = [name for name, path in zip(names, paths, strict=True) if path not in self.file.arrays]
        if missing:
            raise BundleError(f"layer {show(self.name, 40)}: weights {missing[0]} not in the file")
        return [self.file.read(path) for path in paths]

    def has(self, name: str) -> bool:
        """Return whether an old file has an array of this name for the layer."""
        return not self.file.is_current and bool(self._matching(self._own(""), name))

    def _named(self, names: Sequence[str], part: str) -> list[str]:
        """Return the paths of arrays in an old file, '' for those that are missing."""
        own = self._own(part)
        numbered = {match[1]: path for path in own if (match := re.search(r"/param_(\d+)$", path))}
        if numbered and len(numbered) == len(own):  # of Keras 1
            return [numbered.get(str(i), "") for i in range(len(names))]
        paths = []
        for name in names:
            matching = self._matching(own, name)
            if len(matching) > 1:
                raise BundleError(f"layer {show(self.name, 40)}: {len(matching)} arrays {name} in the file")
            paths.append(matching[0] if matching else "")
        return paths

    def _own(self, part: str) -> list[str]:
        """Return the paths of the layer's arrays in an old file."""
        own = [(path, path.split("/")) for path in self.file.within(self.top)]
        if self.name != self.top:  # in a model in the model
            own = [(path, names) for path, names in own if self.name in names[1:-1]]
        if part:
            own = [(path, names) for path, names in own if any(n.startswith(part) for n in names[1:-1])]
        return [path for path, _ in own]

    def _matching(self, paths: Iterable[str], name: str) -> list[str]:
        """Return the paths of arrays of a name."""
        return [path for path in paths if self._plain(path) in name.split("|")]

    def _plain(self, path: str) -> str:
        """Return the name of an array as later versions have it."""
        name = path.rpartition("/")[2].partition(":")[0].removeprefix(f"{self.name}_")
        return _ALIASES.get(name, name)


def group_names(classes: Sequence[str]) -> list[str]:
    """Return the groups of layers in a current file, from their classes in order, such as `conv1d_1`."""
    counts: Counter[str] = Counter()
    names = []
    for name in map(_snake_case, classes):
        names.append(f"{name}_{counts[name]}" if counts[name] else name)
        counts[name] += 1
    return names


def _snake_case(name: str) -> str:
    """Return the name of a class as Keras writes it in a file: MaxPooling1D is max_pooling1d."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def setting(config: Mapping[str, Any], *names: str, default: Any = None) -> Any:
    """Return the first of some settings that a configuration has: its name now, then earlier names."""
    return next((config[name] for name in names if name in config), default)
