"""What a configuration loads: schemas and YAML, no network and no similarity search."""

import subprocess
import sys

CODE = "import sys, {module}; print(*sys.modules)"


def loaded(module):
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(module=module)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_configuration_loads_no_similarity_engine_and_no_torch():
    modules = loaded("seqcnn.config.pipeline, seqcnn.config.model, seqcnn.config.recipes")
    assert not {name for name in modules if name.startswith(("seqcnn.data.similarity", "torch", "rapidfuzz"))}
    assert "seqcnn.data.prepare" not in modules


def test_the_package_loads_no_torch():
    assert not {name.split(".")[0] for name in loaded("seqcnn")} & {"torch", "numpy", "pydantic", "click"}
