"""Every public name has an example in its docstring, and the examples run."""

import doctest
import inspect
import shutil

import numpy as np
import pytest
from support.planted import MOTIF, planted

import seqcnn
from seqcnn.interpret.motif.database import write_meme
from seqcnn.sklearn import KmerCounter, SequenceRegressor


def examples():
    """Return the public functions, classes and methods: qualified name -> object."""
    found = {name: getattr(seqcnn, name) for name in seqcnn.__all__}
    found |= {estimator.__name__: estimator for estimator in (SequenceRegressor, KmerCounter)}
    for name, method in inspect.getmembers(seqcnn.Model, inspect.isfunction):
        if not name.startswith("_") and method.__module__.startswith("seqcnn.api"):
            found[f"Model.{name}"] = method
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory, bundle, dataset):
    """Return a folder with the files that the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    dataset.save(folder / "dataset.h5")
    sequences, y = planted(64)
    shutil.copy(bundle, folder / "model.safetensors")
    (folder / "new.fa").write_text("".join(f">oligo_{i}\n{s}\n" for i, s in enumerate(sequences[:5])))
    rows = (f"{s}\t{v:.4f}\tf{i // 2}\n" for i, (s, v) in enumerate(zip(sequences, y, strict=True)))
    (folder / "library.tsv").write_text("sequence\tactivity\tfamily\n" + "".join(rows))
    write_meme(folder / "known.meme", {"AP1": (np.eye(4)[["ACGT".index(base) for base in MOTIF]].T, 20)})
    genome = "".join(sequences[:4])
    (folder / "genome.fa").write_text(f">chr1\n{genome[:39]}A{genome[40:]}\n")
    return folder


@pytest.mark.parametrize("name", examples())
def test_the_example_of_a_public_name_runs_as_it_is_printed(name, folder, monkeypatch):
    monkeypatch.chdir(folder)
    (test,) = doctest.DocTestFinder(recurse=False).find(examples()[name], name, globs={})
    assert test.examples, f"{name} has no example"
    output = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=output.append)
    assert not output, "".join(output)
