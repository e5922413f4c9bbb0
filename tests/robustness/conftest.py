import pytest
from support.planted import planted, split_of

from benchmarks.reliability.writing_commands import lay_out


@pytest.fixture(scope="session")
def short_model(tmp_path_factory, tiny, one_thread):
    """Return the path of a tiny model of 50 bp; do not change it."""
    from seqcnn.data.from_arrays import dataset_from_arrays
    from seqcnn.model.train import train

    sequences, y = planted(length=50)
    path = tmp_path_factory.mktemp("short") / "model.safetensors"
    data = dataset_from_arrays(sequences, y, split=split_of(len(y)))
    train(data, tiny(epochs=1), path, machine=one_thread)
    return path


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        lay_out()
    return folder
