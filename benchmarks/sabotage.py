"""Take away one guard at a time: a test has to fail, or the guard is not proved.

`python benchmarks/sabotage.py` tries all, `python benchmarks/sabotage.py rename` those whose names hold the
word.  It works on a copy, and exits with 1 if a sabotage goes unnoticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

COPIED = (
    "seqcnn",
    "tests",
    "configs",
    "profiles",
    "data",
    "benchmarks",
    "Snakefile",
    "pyproject.toml",
    "README.md",
)


_MADE = shutil.ignore_patterns("runs", "__pycache__")  # by other commands: gigabytes of environments


@dataclass(frozen=True)
class Sabotage:
    """A change of one file, and the tests that have to notice it."""

    guard: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


SABOTAGES = (
    Sabotage(
        "report: names are escaped",
        "seqcnn/report/report.py",
        "autoescape=True",
        "autoescape=False",
        ("tests/report/test_report.py", "-k", "hostile"),
    ),
    Sabotage(
        "report: only its own script runs",
        "seqcnn/report/template.html.j2",
        "script-src 'sha256-",
        "script-src 'unsafe-inline' 'sha256-",
        ("tests/report/test_report.py", "-k", "policy"),
    ),
    Sabotage(
        "output: a temporary name, then a rename",
        "seqcnn/io/atomic.py",
        "yield temporary\n            _sync(temporary)\n            os.replace(temporary, target)\n",
        "yield target\n",
        ("tests/io/test_atomic.py",),
    ),
    Sabotage(
        "output: what a killed process left is swept",
        "seqcnn/io/atomic.py",
        "        _sweep(target.parent, prefix)\n",
        "",
        ("tests/io/test_atomic.py",),
    ),
    Sabotage(
        "command: signals remove what is half-written",
        "seqcnn/cli.py",
        "    _stop_when_asked()\n    ",
        "    ",
        ("tests/robustness/test_kills.py", "-k", "prediction"),
    ),
    Sabotage(
        "output: no temporary file stays",
        "seqcnn/io/atomic.py",
        "temporary.unlink()",
        "pass",
        ("tests/io/test_atomic.py",),
    ),
    Sabotage(
        "output: not one of the inputs",
        "seqcnn/io/atomic.py",
        "output.samefile(path)",
        "False",
        ("tests/io/test_atomic.py",),
    ),
    Sabotage(
        "output: flushed to the disk",
        "seqcnn/io/atomic.py",
        "            _sync(temporary)\n",
        "",
        ("tests/io/test_atomic.py",),
    ),
    Sabotage(
        "training: a signal keeps the batches that are done",
        "seqcnn/model/training/preemption.py",
        "if self.asked or trainer.is_last_batch:",
        "if trainer.is_last_batch:",
        ("tests/model/training/test_resume.py", "-k", "signal"),
    ),
    Sabotage(
        "training: a resumed run leaves out the batches that are done",
        "seqcnn/data/datamodule.py",
        "range(self.done, whole, self.together)",
        "range(0, whole, self.together)",
        ("tests/model/training/test_resume.py", "-k", "signal"),
    ),
    Sabotage(
        "training: the loss is finite",
        "seqcnn/model/training/lightning_module.py",
        "if loss and norm:",
        "if True:",
        ("tests/model/test_train.py", "-k", "nan"),
    ),
    Sabotage(
        "training: the gradient is finite",
        "seqcnn/model/training/lightning_module.py",
        "self.losses[2].add_(norm)",
        "pass",
        ("tests/model/test_train.py", "-k", "nan"),
    ),
    Sabotage(
        "training: a recorded step reads each batch anew",
        "seqcnn/model/training/cuda_graphs.py",
        "column.copy_(batch[name])",
        "pass",
        ("tests/model/training/test_cuda_graphs.py",),
    ),
    Sabotage(
        "training: missing measurements are left out",
        "seqcnn/model/training/lightning_module.py",
        "measured = torch.isfinite(y)",
        "measured = torch.ones_like(y, dtype=torch.bool)",
        ("tests/model/test_train.py", "-k", "missing"),
    ),
    Sabotage(
        "training: chance depends on seed and step alone",
        "seqcnn/model/training/lightning_module.py",
        "torch.default_generator.manual_seed(seed)",
        "torch.default_generator.seed()",
        ("tests/model/training/test_resume.py", "tests/model/test_train.py", "-k", "disturbed or same_seed"),
    ),
    Sabotage(
        "resume state: no pickled code",
        "seqcnn/model/training/callbacks.py",
        "weights_only=True",
        "weights_only=False",
        ("tests/package/test_code.py",),
    ),
    Sabotage(
        "export: checksum",
        "seqcnn/model/onnx/onnx_file.py",
        "if hashlib.sha256(content[:-_TAIL_SIZE]).hexdigest() != tail[1].decode():",
        "if False:",
        ("tests/model/test_export.py", "-k", "damage"),
    ),
    Sabotage(
        "export: other files",
        "seqcnn/model/onnx/onnx_file.py",
        "if _EXTERNAL in content:",
        "if False:",
        ("tests/model/test_export.py", "-k", "names_another"),
    ),
    Sabotage(
        "export: agreement of int8",
        "seqcnn/model/export.py",
        "if int8 and not least >= AGREEMENT:",
        "if False:",
        ("tests/model/test_export.py", "-k", "int8"),
    ),
    Sabotage(
        "bundle: checksum",
        "seqcnn/model/network/bundle.py",
        "if _digest(text, tensors) != digest:",
        "if False:",
        ("tests/model/network/test_bundle_damage.py", "-k", "flipped"),
    ),
    Sabotage(
        "bundle: shapes before weights",
        "seqcnn/model/network/bundle.py",
        "    _compare_shapes(header, shapes, path)\n",
        "",
        ("tests/model/network/test_bundle_damage.py",),
    ),
    Sabotage(
        "bundle: finite weights",
        "seqcnn/model/network/bundle.py",
        "torch.isfinite(tensor).all()",
        "torch.isfinite(tensor).any()",
        ("tests/model/network/test_bundle.py", "-k", "finite"),
    ),
    Sabotage(
        "config: no anchors",
        "seqcnn/io/yaml.py",
        'if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):',
        "if False:",
        ("tests/io/test_yaml.py", "tests/config/test_pipeline.py"),
    ),
    Sabotage(
        "config: no key twice",
        "seqcnn/io/yaml.py",
        "if key.value in seen:",
        "if False:",
        ("tests/io/test_yaml.py",),
    ),
    Sabotage(
        "config: no templates",
        "seqcnn/io/yaml.py",
        'key.startswith("__")',
        "False",
        ("tests/io/test_yaml.py", "tests/config/test_pipeline.py"),
    ),
    Sabotage(
        "config: bounded depth",
        "seqcnn/io/yaml.py",
        "if self.depth > MAX_DEPTH:",
        "if False:",
        ("tests/io/test_yaml.py",),
    ),
    Sabotage(
        "pipeline: values are quoted",
        "Snakefile",
        "{params.arguments:q}",
        "{params.arguments}",
        ("tests/workflow/test_snakefile.py", "-k", "station"),
    ),
    Sabotage(
        "download: its SHA-256",
        "seqcnn/data/fetch.py",
        "if found != file.sha256:",
        "if False:",
        ("tests/data/test_fetch.py", "-k", "altered or changed"),
    ),
    Sabotage(
        "FASTA: no letters that are none",
        "seqcnn/data/readers/fasta.py",
        "if INVALID in bases:",
        "if False:",
        ("tests/data/readers/test_fasta.py",),
    ),
    Sabotage(
        "FASTA: no empty and no long records",
        "seqcnn/data/readers/fasta.py",
        "if not 0 < length <= self.max_length:",
        "if False:",
        ("tests/data/readers/test_fasta.py",),
    ),
    Sabotage(
        "FASTA: no control characters in names",
        "seqcnn/data/readers/fasta.py",
        'or b"\\0" in header or',
        "or",
        ("tests/data/readers/test_fasta.py",),
    ),
    Sabotage(
        "gzip: the end is there",
        "seqcnn/io/gunzip.py",
        'raise fault(f"{where}: truncated gzip data; copy or download the file again")',
        "return",
        ("tests/data/readers/test_fasta.py",),
    ),
    Sabotage(
        "input: it does not change while it is read",
        "seqcnn/io/stream.py",
        "if _state(file) != before:",
        "if False:",
        ("tests/io/test_stream.py",),
    ),
    Sabotage(
        "gzip: no bomb is held in memory",
        "seqcnn/io/gunzip.py",
        "far = self.content > MAX_GROWTH * self.stored",
        "far = False",
        ("tests/robustness/test_resource_limits.py", "-k", "rows"),
    ),
    Sabotage(
        "bgzip: the last block is there",
        "seqcnn/io/gunzip.py",
        "    if not complete:",
        "    if False:",
        ("tests/data/readers/test_fasta.py",),
    ),
    Sabotage(
        "table: no ragged rows",
        "seqcnn/data/readers/tables.py",
        "    _refuse_ragged(table)\n",
        "",
        ("tests/data/assay/test_targets.py", "tests/model/inference/test_prediction_table.py"),
    ),
    Sabotage(
        "messages: control characters are escaped",
        "seqcnn/errors.py",
        "ascii(text) if kept == text",
        "repr(text) if kept == text",
        ("tests/test_errors.py",),
    ),
    Sabotage(
        "split: no relative of a test row teaches",
        "seqcnn/data/split/audited_split.py",
        "links = np.concatenate([links, keep[torn]])",
        "break",
        ("tests/data/split/test_audited_split.py",),
    ),
)


def noticed(sabotage: Sabotage, source: Path = Path()) -> bool:
    """Tell whether the tests fail when a guard is gone."""
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            if (source / name).is_dir():
                shutil.copytree(source / name, Path(folder, name), ignore=_MADE)
            else:
                shutil.copy(source / name, Path(folder, name))
        path = Path(folder, sabotage.file)
        text = path.read_text()
        if text.count(sabotage.old) != 1 or sabotage.old == sabotage.new:
            sys.exit(f"{sabotage.guard}: {sabotage.old!r} is not once in {sabotage.file}; mend the list")
        path.write_text(text.replace(sabotage.old, sabotage.new))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *sabotage.tests]
        environment = os.environ | {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        return done.returncode == 1  # 5 is: no test was chosen


def main() -> None:
    """Try the sabotages that are asked for."""
    chosen = [s for s in SABOTAGES if all(word in s.guard for word in sys.argv[1:])]
    found = []
    for sabotage in chosen:
        found.append(noticed(sabotage))
        print(f"{'noticed ' if found[-1] else 'UNNOTICED'} {sabotage.guard}", flush=True)
    print(f"{sum(found)} of {len(found)} sabotages were noticed")
    sys.exit(0 if all(found) else 1)


if __name__ == "__main__":
    main()
