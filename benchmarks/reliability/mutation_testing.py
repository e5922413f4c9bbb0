"""Mutation testing: remove one guard at a time from a copy of the code; a test must fail.

`python -m benchmarks.reliability.mutation_testing` tries all mutations; with words, such as `rename`, those
whose names contain every word.  It exits with 1 if a mutation survives.
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
class Mutation:
    """A change of one file, and the tests that must detect it."""

    guard: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation(
        "report: names are escaped",
        "seqcnn/plotting/html.py",
        "autoescape=True",
        "autoescape=False",
        ("tests/report/test_report.py", "-k", "hostile"),
    ),
    Mutation(
        "report: only its own script is allowed",
        "seqcnn/report/report.html.j2",
        "script-src 'sha256-",
        "script-src 'unsafe-inline' 'sha256-",
        ("tests/report/test_report.py", "-k", "policy"),
    ),
    Mutation(
        "output: temporary file and rename",
        "seqcnn/io/atomic.py",
        "yield temporary\n            _refuse_replaced(temporary, descriptor)\n            _sync(temporary)\n"
        "            os.replace(temporary, target)\n",
        "yield target\n",
        ("tests/io/test_atomic.py",),
    ),
    Mutation(
        "output: temporary files of killed processes are removed",
        "seqcnn/io/atomic.py",
        "        _remove_stale(target.parent, prefix)\n",
        "",
        ("tests/io/test_atomic.py",),
    ),
    Mutation(
        "command: signals remove partial outputs",
        "seqcnn/cli.py",
        "    _handle_stop_signals()\n    ",
        "    ",
        ("tests/robustness/test_kills.py", "-k", "prediction"),
    ),
    Mutation(
        "output: the temporary file is removed",
        "seqcnn/io/atomic.py",
        "temporary.unlink()",
        "pass",
        ("tests/io/test_atomic.py",),
    ),
    Mutation(
        "output: differs from the inputs",
        "seqcnn/io/atomic.py",
        "output.samefile(path)",
        "False",
        ("tests/io/test_atomic.py",),
    ),
    Mutation(
        "output: an existing file is not overwritten",
        "seqcnn/io/atomic.py",
        "if not overwrite and output.is_file()",
        "if False and output.is_file()",
        ("tests/robustness/test_overwrite.py", "-k", "file"),
    ),
    Mutation(
        "output: a folder with files is not overwritten",
        "seqcnn/io/atomic.py",
        "if not overwrite and folder.is_dir()",
        "if False and folder.is_dir()",
        ("tests/robustness/test_overwrite.py", "-k", "folder"),
    ),
    Mutation(
        "workbook: no text is a formula",
        "seqcnn/io/table_output.py",
        "self._sheet.write_string(row, column, text)",
        "self._sheet.write(row, column, text)",
        ("tests/io/test_table_output.py",),
    ),
    Mutation(
        "output: flushed to disk",
        "seqcnn/io/atomic.py",
        "            _sync(temporary)\n",
        "",
        ("tests/io/test_atomic.py",),
    ),
    Mutation(
        "training: a signal saves the completed batches",
        "seqcnn/model/training/preemption.py",
        "if self.signal or trainer.is_last_batch:",
        "if trainer.is_last_batch:",
        ("tests/model/training/test_resume.py", "-k", "signal"),
    ),
    Mutation(
        "training: a resumed run skips the completed batches",
        "seqcnn/data/batches/epoch_sampler.py",
        "range(self.done, whole, self.steps_per_call)",
        "range(0, whole, self.steps_per_call)",
        ("tests/model/training/test_resume.py", "-k", "signal"),
    ),
    Mutation(
        "training: the loss is finite",
        "seqcnn/model/training/lightning_module.py",
        "if loss and norm:",
        "if True:",
        ("tests/model/test_train.py", "-k", "nan"),
    ),
    Mutation(
        "training: the gradient is finite",
        "seqcnn/model/training/lightning_module.py",
        "self.losses[2].add_(norm)",
        "pass",
        ("tests/model/test_train.py", "-k", "nan"),
    ),
    Mutation(
        "training: a recorded CUDA graph reads each batch",
        "seqcnn/model/training/cuda_graphs.py",
        "column.copy_(batch[name])",
        "pass",
        ("tests/model/training/test_cuda_graphs.py",),
    ),
    Mutation(
        "training: missing measurements are masked",
        "seqcnn/model/training/losses.py",
        "measured = torch.isfinite(y)",
        "measured = torch.ones_like(y, dtype=torch.bool)",
        ("tests/model/test_train.py", "-k", "missing"),
    ),
    Mutation(
        "training: random numbers depend on seed and step only",
        "seqcnn/model/training/lightning_module.py",
        "torch.default_generator.manual_seed(seed)",
        "torch.default_generator.seed()",
        ("tests/model/training/test_resume.py", "tests/model/test_train.py", "-k", "disturbed or same_seed"),
    ),
    Mutation(
        "resume state: no pickled code",
        "seqcnn/model/training/callbacks.py",
        "weights_only=True",
        "weights_only=False",
        ("tests/package/test_code.py",),
    ),
    Mutation(
        "export: checksum",
        "seqcnn/model/onnx/onnx_file.py",
        "if hashlib.sha256(content[:-_TAIL_SIZE]).hexdigest() != tail[1].decode():",
        "if False:",
        ("tests/model/test_export.py", "-k", "damage"),
    ),
    Mutation(
        "export: only known fields, so no data in other files",
        "seqcnn/model/onnx/protobuf.py",
        "if kind is None or tag & 7 not in _WIRE_TYPES.get(kind, (_BYTES,)):",
        "if False:",
        ("tests/model/onnx/test_protobuf.py",),
    ),
    Mutation(
        "export: no number of more bytes than it needs",
        "seqcnn/model/onnx/protobuf.py",
        "if value >= 1 << 64 or (byte == 0 and shift > 7):",
        "if False:",
        ("tests/model/onnx/test_protobuf.py",),
    ),
    Mutation(
        "export: bounded nesting",
        "seqcnn/model/onnx/protobuf.py",
        "if depth > MAX_DEPTH:",
        "if False:",
        ("tests/model/onnx/test_protobuf.py",),
    ),
    Mutation(
        "export: messages in a message are checked",
        "seqcnn/model/onnx/protobuf.py",
        "if kind in _FIELDS:",
        "if False:",
        ("tests/model/onnx/test_protobuf.py",),
    ),
    Mutation(
        "export: the network fits its metadata",
        "seqcnn/model/onnx/onnx_model.py",
        "if [(output.shape, output.dtype) for output in outputs] != expected:",
        "if False:",
        (
            "tests/model/onnx/test_onnx_file.py",
            "-k",
            "target",
        ),
    ),
    Mutation(
        "export: a profile of finite numbers",
        "seqcnn/model/onnx/onnx_file.py",
        "if not all(np.isfinite(array).all() for array in arrays.values()):",
        "if False:",
        (
            "tests/model/onnx/test_onnx_file.py",
            "-k",
            "infinite or NaN",
        ),
    ),
    Mutation(
        "export: no stack traces, and no paths in them",
        "seqcnn/model/onnx/graph.py",
        "message.ClearField(field.name)",
        "pass",
        ("tests/robustness/test_artefacts.py",),
    ),
    Mutation(
        "page: the runtime is the published one",
        "seqcnn/share/predictor/runtime.py",
        "if hashlib.sha256(gzip.decompress(content)).hexdigest() != SHA256[name]:",
        "if False:",
        ("tests/share/test_page.py", "-k", "damaged"),
    ),
    Mutation(
        "page: JSON cannot end its element",
        "seqcnn/share/page.py",
        r'.replace("<", "\\u003c")',
        "",
        ("tests/share/test_page.py", "-k", "hostile"),
    ),
    Mutation(
        "page: the security policy names no address",
        "seqcnn/share/predictor/page.html.j2",
        "default-src 'none'; ",
        "default-src https:; ",
        ("tests/share/test_page.py", "-k", "policy"),
    ),
    Mutation(
        "card: metrics of this model",
        "seqcnn/share/model_card/scores.py",
        "not math.isclose(given, own, abs_tol=_TOLERANCE)",
        "False",
        ("tests/share/test_card.py", "-k", "another"),
    ),
    Mutation(
        "engine: OpenVINO without its telemetry",
        "seqcnn/model/onnx/engines.py",
        "    with _without_telemetry():\n        import openvino",
        "    if True:\n        import openvino",
        ("tests/model/onnx/test_engines.py",),
    ),
    Mutation(
        "export: agreement of int8",
        "seqcnn/model/export.py",
        "if int8 and not smallest >= MIN_INT8_R:",
        "if False:",
        ("tests/model/test_export.py", "-k", "int8"),
    ),
    Mutation(
        "bundle: checksum",
        "seqcnn/model/network/bundle.py",
        "if _digest(text, tensors) != digest:",
        "if False:",
        ("tests/model/network/test_bundle_damage.py", "-k", "flipped"),
    ),
    Mutation(
        "bundle: shapes are checked before weights are loaded",
        "seqcnn/model/network/bundle.py",
        "    _compare_tensors(header, stored, path)\n",
        "",
        ("tests/model/network/test_bundle_damage.py",),
    ),
    Mutation(
        "bundle: weights of the types of the network",
        "seqcnn/model/network/bundle.py",
        "if dtype != expected:",
        "if False:",
        (
            "tests/model/network/test_header_fields.py",
            "-k",
            "another_type",
        ),
    ),
    Mutation(
        "bundle: the training of a header has a schema",
        "seqcnn/model/network/header.py",
        'validate(TrainingRecord, values, "training")',
        "pass",
        (
            "tests/model/network/test_header_fields.py",
            "-k",
            "object",
        ),
    ),
    Mutation(
        "HDF5: names that rows share are not multiplied",
        "seqcnn/io/hdf5_checks.py",
        "if total > file_size:",
        "if False:",
        (
            "tests/io/test_hdf5_checks.py",
            "-k",
            "share_one_long_name",
        ),
    ),
    Mutation(
        "HDF5: bounded expansion of all arrays",
        "seqcnn/io/hdf5_checks.py",
        "if total > max(_SMALL, MAX_TOTAL_RATIO * file_size):",
        "if False:",
        (
            "tests/io/test_hdf5_checks.py",
            "-k",
            "expand",
        ),
    ),
    Mutation(
        "HDF5: references of 16 bytes",
        "seqcnn/io/hdf5_checks.py",
        'if data.file.id.get_create_plist().get_sizes()[0] != _REFERENCE["address"].itemsize:',
        "if False:",
        (
            "tests/io/test_hdf5_checks.py",
            "-k",
            "addresses",
        ),
    ),
    Mutation(
        "HDF5: only its own attributes are read",
        "seqcnn/io/hdf5.py",
        "for name in _ATTRIBUTES if name in file.attrs",
        "for name in file.attrs",
        (
            "tests/io/test_hdf5_checks.py",
            "-k",
            "attributes_that",
        ),
    ),
    Mutation(
        "JSON: integers of 64 bits",
        "seqcnn/io/json_file.py",
        "if len(digits) > 20 or abs(int(digits)) >= _MAX_INTEGER:",
        "if False:",
        ("tests/io/test_json_file.py",),
    ),
    Mutation(
        "JSON: finite numbers",
        "seqcnn/io/json_file.py",
        "if not math.isfinite(number := float(digits)):",
        "if not (number := float(digits)) == number:",
        ("tests/io/test_json_file.py",),
    ),
    Mutation(
        "JSON: no key twice",
        "seqcnn/io/json_file.py",
        "if len(values := dict(pairs)) < len(pairs):",
        "if (values := dict(pairs)) is None:",
        ("tests/io/test_json_file.py",),
    ),
    Mutation(
        "bundle: finite weights",
        "seqcnn/model/network/bundle.py",
        "torch.isfinite(tensor).all()",
        "torch.isfinite(tensor).any()",
        ("tests/model/network/test_bundle.py", "-k", "finite"),
    ),
    Mutation(
        "config: no anchors",
        "seqcnn/io/yaml.py",
        'if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):',
        "if False:",
        ("tests/io/test_yaml.py", "tests/config/test_pipeline.py"),
    ),
    Mutation(
        "config: no duplicate keys",
        "seqcnn/io/yaml.py",
        "if key.value in seen:",
        "if False:",
        ("tests/io/test_yaml.py",),
    ),
    Mutation(
        "config: no templates",
        "seqcnn/io/yaml.py",
        'key.startswith("__")',
        "False",
        ("tests/io/test_yaml.py", "tests/config/test_pipeline.py"),
    ),
    Mutation(
        "config: bounded depth",
        "seqcnn/io/yaml.py",
        "if self.depth > MAX_DEPTH:",
        "if False:",
        ("tests/io/test_yaml.py",),
    ),
    Mutation(
        "run: files that are missing",
        "seqcnn/commands/run.py",
        "for path in paths:",
        "for path in ():",
        ("tests/workflow/test_run_checks.py", "-k", "missing_file"),
    ),
    Mutation(
        "run: columns of a dry run",
        "seqcnn/commands/run.py",
        "if columns:",
        "if False:",
        ("tests/workflow/test_run_checks.py", "-k", "misspelt"),
    ),
    Mutation(
        "init: a folder in use",
        "seqcnn/workflow/project.py",
        "if folder.is_dir() and any(folder.iterdir()):",
        "if False:",
        ("tests/workflow/test_project.py", "-k", "refused"),
    ),
    Mutation(
        "pipeline: values are quoted",
        "seqcnn/workflow/Snakefile",
        "{params.arguments:q}",
        "{params.arguments}",
        ("tests/workflow/test_snakefile.py", "-k", "station"),
    ),
    Mutation(
        "download: SHA-256",
        "seqcnn/data/fetch.py",
        "if sha256 != file.sha256:",
        "if False:",
        ("tests/data/test_fetch.py", "-k", "altered or changed"),
    ),
    Mutation(
        "FASTA: no invalid letters",
        "seqcnn/data/readers/fasta.py",
        "if INVALID in bases:",
        "if False:",
        ("tests/data/readers/test_fasta.py",),
    ),
    Mutation(
        "FASTA: no empty or too long records",
        "seqcnn/data/readers/fasta.py",
        "if not 0 < length <= self.max_length:",
        "if False:",
        ("tests/data/readers/test_fasta.py",),
    ),
    Mutation(
        "FASTA: no control characters in names",
        "seqcnn/data/readers/fasta.py",
        'or b"\\0" in header or',
        "or",
        ("tests/data/readers/test_fasta.py",),
    ),
    Mutation(
        "gzip: not truncated",
        "seqcnn/io/gunzip.py",
        'raise fault(f"{where}: truncated gzip data; copy or download the file again")',
        "return",
        ("tests/data/readers/test_fasta.py",),
    ),
    Mutation(
        "input: unchanged while it is read",
        "seqcnn/io/stream.py",
        "if _state(file) != before:",
        "if False:",
        ("tests/io/test_stream.py",),
    ),
    Mutation(
        "gzip: bounded expansion in memory",
        "seqcnn/io/gunzip.py",
        "exceeded = self.content > MAX_GROWTH * self.stored",
        "exceeded = False",
        ("tests/robustness/test_resource_limits.py", "-k", "rows"),
    ),
    Mutation(
        "bgzip: not truncated",
        "seqcnn/io/gunzip.py",
        "    if not complete:",
        "    if False:",
        ("tests/data/readers/test_fasta.py",),
    ),
    Mutation(
        "table: no ragged rows",
        "seqcnn/data/readers/table_file.py",
        "    _refuse_ragged(table)\n",
        "",
        ("tests/data/assay/test_targets.py", "tests/model/inference/test_prediction_table.py"),
    ),
    Mutation(
        "messages: control characters are escaped",
        "seqcnn/errors.py",
        "ascii(text) if kept == text",
        "repr(text) if kept == text",
        ("tests/test_errors.py",),
    ),
    Mutation(
        "variants: indels are left-aligned",
        "seqcnn/genome/variant/normalise.py",
        "NormalisedAlleles(change.start - shift,",
        "NormalisedAlleles(change.start,",
        ("tests/genome/variant/test_normalise.py",),
    ),
    Mutation(
        "variants: indels are compared with indels",
        "seqcnn/genome/variant/null_distribution.py",
        "self.effects(kind))",
        "self.effects(Kind(1, 1)))",
        ("tests/genome",),
    ),
    Mutation(
        "variants: control characters of a VCF are refused",
        "seqcnn/genome/variant/vcf.py",
        'has_control(text.replace("\\t", " "))',
        "False",
        ("tests/genome/test_variants.py",),
    ),
    Mutation(
        "genome: an index must fit it",
        "seqcnn/data/readers/genome/indexed_fasta.py",
        "if index_fits(genome, indices[0], *indices[1:]):",
        "if indices:",
        ("tests/data/readers/test_bed.py",),
    ),
    Mutation(
        "genome: control characters in names are refused",
        "seqcnn/data/readers/genome/indexed_fasta.py",
        "refuse_control(chromosomes.keys(), place(genome), SequenceError)",
        "pass",
        ("tests/data/readers/test_bed.py",),
    ),
    Mutation(
        "split: no relative of a test row in training",
        "seqcnn/data/split/audited_split.py",
        "links = np.concatenate([links, pairs])",
        "break",
        ("tests/data/split/test_audited_split.py",),
    ),
    Mutation(
        "split: verdict counts relatives",
        "seqcnn/data/audit.py",
        "if leaked.mean() >= MAX_CLEAN_RELATIVES:",
        "if False:",
        ("tests/data/test_audit.py",),
    ),
    Mutation(
        "split: verdict counts recurring segments",
        "seqcnn/data/audit.py",
        "    if segment.mean() >= MAX_CLEAN_SEGMENTS:",
        "    if False:",
        ("tests/data/test_audit.py",),
    ),
    Mutation(
        "split: verdict needs enough test rows",
        "seqcnn/data/audit.py",
        "if len(leaked) < MIN_TEST_ROWS:",
        "if False:",
        ("tests/data/test_audit.py",),
    ),
    Mutation(
        "split: leaky above a quarter of the test rows",
        "seqcnn/data/audit.py",
        "if leaked.mean() >= LEAKY_FRACTION:",
        "if False:",
        ("tests/data/test_audit.py",),
    ),
    Mutation(
        "split: identity is local",
        "seqcnn/data/similarity/comparison.py",
        "SHARED = 0.5\n",
        "SHARED = 0.95\n",
        ("tests/data/similarity/test_comparison.py", "tests/data/similarity/test_search.py"),
    ),
    Mutation(
        "split: identity of 80 %",
        "seqcnn/data/similarity/comparison.py",
        "IDENTITY = 0.8\n",
        "IDENTITY = 0.9\n",
        ("tests/data/similarity/test_search.py",),
    ),
    Mutation(
        "split: segments are significant",
        "seqcnn/data/similarity/comparison.py",
        "    alone = rest[score >= strands.min_score]\n",
        "    alone = rest\n",
        ("tests/data/similarity",),
    ),
    Mutation(
        "split: alignments with gaps are significant",
        "seqcnn/data/similarity/comparison.py",
        "np.flatnonzero(score >= strands.min_score)",
        "np.arange(len(score))",
        ("tests/data/similarity",),
    ),
    Mutation(
        "split: gaps are bridged",
        "seqcnn/data/similarity/gaps.py",
        "_MAX_GAPS = 3",
        "_MAX_GAPS = 0",
        ("tests/data/similarity/test_comparison.py",),
    ),
    Mutation(
        "split: several seeds",
        "seqcnn/data/similarity/alignment.py",
        "for pattern in self.patterns:",
        "for pattern in self.patterns[:1]:",
        ("tests/data/similarity/test_search.py",),
    ),
    Mutation(
        "split: a barcode is short",
        "seqcnn/data/similarity/masking.py",
        "short = _MIN_BARCODE <= end - begin <= _MAX_BARCODE",
        "short = _MIN_BARCODE <= end - begin",
        ("tests/data/similarity/test_masking.py",),
    ),
    Mutation(
        "split: a barcode cannot be aligned after a shift",
        "seqcnn/data/similarity/masking.py",
        "short and bounded and not _shifted(x, y, begin, end)",
        "short and bounded",
        ("tests/data/similarity/test_masking.py",),
    ),
    Mutation(
        "split: a cluster of most rows is in training in every fold",
        "seqcnn/data/split/splits.py",
        "np.bincount(group)[group] <= GIANT_FRACTION * len(group)",
        "np.bincount(group)[group] <= len(group)",
        ("tests/data/split/test_units.py",),
    ),
    Mutation(
        "split: combined parts are separated",
        "seqcnn/data/split/units.py",
        "if plan.method in CLUSTERED_METHODS and not labelled and",
        "if False and",
        ("tests/data/split/test_units.py",),
    ),
    Mutation(
        "split: only an inseparable cluster is assigned by rows",
        "seqcnn/data/split/units.py",
        "SplitUnits(clusters.outside(), inseparable",
        "SplitUnits(clusters.links[:0], inseparable",
        ("tests/data/split/test_units.py",),
    ),
    Mutation(
        "files: a temporary file is new",
        "seqcnn/io/atomic.py",
        "os.O_CREAT | os.O_EXCL | NO_WAIT",
        "os.O_CREAT | NO_WAIT",
        ("tests/io/test_atomic.py", "-k", "guessed"),
    ),
    Mutation(
        "files: a temporary file is not replaced",
        "seqcnn/io/atomic.py",
        "            _refuse_replaced(temporary, descriptor)\n",
        "",
        ("tests/io/test_atomic.py", "-k", "replaced"),
    ),
    Mutation(
        "files: a link is not followed",
        "seqcnn/io/regular_file.py",
        ' | getattr(os, "O_NOFOLLOW", 0)',
        "",
        ("tests/io/test_regular_file.py", "-k", "followed and link"),
    ),
    Mutation(
        "files: what is no regular file is not opened",
        "seqcnn/io/regular_file.py",
        "        _refuse_irregular(path, os.lstat(path).st_mode)\n",
        "        pass\n",
        ("tests/io/test_regular_file.py", "-k", "opened and link"),
    ),
    Mutation(
        "files: a lock is no link",
        "seqcnn/io/lock.py",
        "descriptor = open_regular(lock, os.O_RDWR | os.O_CREAT)",
        "descriptor = os.open(lock, os.O_RDWR | os.O_CREAT)",
        ("tests/io/test_lock.py", "-k", "regular and acquire and link"),
    ),
    Mutation(
        "files: a report follows no link out of the run",
        "seqcnn/io/regular_file.py",
        "    refuse_outside(path, root)\n    if not",
        "    if not",
        ("tests/report/test_damaged_tables.py", "-k", "no_regular_file and link"),
    ),
    Mutation(
        "files: a report enters no folder outside of the run",
        "seqcnn/io/regular_file.py",
        "    refuse_outside(path, root)\n    return True",
        "    return True",
        ("tests/report/test_damaged_tables.py", "-k", "folder_that_is_a_link"),
    ),
    Mutation(
        "tables: a file that was cut",
        "seqcnn/io/tsv.py",
        "    refuse_cut(path)\n    where",
        "    where",
        ("tests/report/test_damaged_tables.py", "-k", "cut"),
    ),
    Mutation(
        "tables: rows of equal length",
        "seqcnn/io/tsv.py",
        "elif len(cells) != len(index):",
        "elif False:",
        ("tests/report/test_damaged_tables.py", "-k", "another_length"),
    ),
    Mutation(
        "tables: no control characters",
        "seqcnn/io/tsv.py",
        'if has_control("".join(cells)):',
        "if False:",
        ("tests/report/test_damaged_tables.py", "-k", "control"),
    ),
    Mutation(
        "tables: numbers in range",
        "seqcnn/io/tsv.py",
        "or not low <= float(cell) <= high:",
        "or False:",
        ("tests/report/test_damaged_tables.py", "-k", "column_cannot_have"),
    ),
    Mutation(
        "tables: whole numbers in range",
        "seqcnn/io/tsv.py",
        "or not low <= int(self[column]) <= high:",
        "or False:",
        ("tests/report/test_damaged_tables.py", "-k", "column_cannot_have"),
    ),
    Mutation(
        "tables: a name with a quote is quoted",
        "seqcnn/io/tsv.py",
        "if _SPECIAL[delimiter].search(text) else text",
        "if False else text",
        ("tests/robustness/test_field_cases.py", "-k", "quote"),
    ),
    Mutation(
        "tables: a heat map has every change once",
        "seqcnn/report/biology/saturation.py",
        '        _refuse_gaps(folder / "saturation.tsv", name, changes)\n',
        "",
        ("tests/report/test_damaged_tables.py", "-k", "column_cannot_have"),
    ),
    Mutation(
        "tables: an order sheet is that of the designs",
        "seqcnn/report/biology/designs.py",
        "if count != 2 * total or",
        "if False or",
        ("tests/report/test_damaged_tables.py", "-k", "order_sheet"),
    ),
    Mutation(
        "tables: epochs in order",
        "seqcnn/report/run/validate.py",
        'if [row.whole("epoch") for row in rows] != list(range(1, len(rows) + 1)):',
        "if False:",
        ("tests/report/test_damaged_tables.py", "-k", "column_cannot_have"),
    ),
    Mutation(
        "tables: one prediction per row",
        "seqcnn/model/inference/prediction_table.py",
        "table.unique(ID_COLUMN)",
        "table.text(ID_COLUMN)",
        ("tests/report/test_damaged_tables.py", "-k", "two_predictions"),
    ),
    Mutation(
        "names: no control characters in a dataset",
        "seqcnn/data/dataset_checks.py",
        "    for part in blocks_of(ids):\n",
        "    for part in ():\n",
        ("tests/robustness/test_field_cases.py", "-k", "dataset"),
    ),
    Mutation(
        "names: no control characters in motifs",
        "seqcnn/interpret/motif/database.py",
        '            refuse_control(motif.name, "name", TableError)\n',
        "",
        ("tests/robustness/test_field_cases.py", "-k", "absurd_width"),
    ),
    Mutation(
        "figures: no settings of the current folder",
        "seqcnn/cli.py",
        "    ignore_rc_file()\n",
        "",
        ("tests/plotting/test_rc_file.py", "-k", "valid"),
    ),
    Mutation(
        "figures: no settings of the user",
        "seqcnn/plotting/style.py",
        "        matplotlib.rcdefaults()\n",
        "",
        ("tests/plotting/test_rc_file.py", "-k", "settings"),
    ),
    Mutation(
        "environment: no folder for temporary files",
        "seqcnn/io/atomic.py",
        "if _NO_TEMPORARY_FOLDER in str(error):",
        "if False:",
        ("tests/robustness/test_streams_and_temporary_folders.py", "-k", "temporary and scan"),
    ),
    Mutation(
        "words: a CPU that was asked for is no warning",
        "seqcnn/model/train.py",
        ' and training.machine.device == "auto":',
        ":",
        ("tests/model/test_train.py", "-k", "asked_for"),
    ),
    Mutation(
        "doctor: a driver that is too old is compared with CUDA",
        "seqcnn/doctor/gpu.py",
        "if nvidia.driver >= (first := MINIMUM_DRIVERS.get(major, (0,))):",
        "if (first := MINIMUM_DRIVERS.get(major, (0,))):",
        ("tests/doctor/test_gpu.py", "-k", "too and old"),
    ),
    Mutation(
        "doctor: JSON has no environment variables",
        "seqcnn/doctor/examine.py",
        '"architecture": machine.architecture}',
        '"architecture": machine.architecture, **machine.environment}',
        ("tests/doctor/test_examine.py", "-k", "secrets"),
    ),
    Mutation(
        "words: check counts its warnings",
        "seqcnn/log.py",
        "self.count += record.levelno == logging.WARNING",
        "self.count += 1",
        ("tests/test_cli.py", "-k", "counts_the_warnings"),
    ),
    Mutation(
        "words: standard input has a name",
        "seqcnn/io/stream.py",
        'return "standard input" if path == STDIN else place(path)',
        "return place(path)",
        ("tests/robustness/test_streams_and_temporary_folders.py", "-k", "its_name and predict"),
    ),
    Mutation(
        "motifs: filters without effect are left out",
        "seqcnn/interpret/motifs.py",
        "            if used[filter_]:\n",
        "            if True:\n",
        ("tests/interpret/test_motifs.py", "-k", "without_effect"),
    ),
    Mutation(
        "motifs: no search in attributions of one sign",
        "seqcnn/interpret/motif/patterns.py",
        "    if not ((windows > 0).any() and (windows < 0).any()):\n",
        "    if False:\n",
        ("tests/interpret/motif/test_patterns.py", "-k", "without_a_pattern"),
    ),
    Mutation(
        "models: a weak one is named by every command",
        "seqcnn/model/open_model.py",
        "    if text := weakness(model.header):\n",
        "    if (text := weakness(model.header)) and False:\n",
        ("tests/robustness/test_weak_models.py", "-k", "saturate"),
    ),
    Mutation(
        "uncertainty: no ceiling from a few rows",
        "seqcnn/data/assay/noise_ceiling.py",
        "        if len(both) < MIN_CEILING_ROWS:\n",
        "        if len(both) < 3:\n",
        ("tests/data/assay/test_noise_ceiling.py", "-k", "reason"),
    ),
    Mutation(
        "uncertainty: rows with fewer replicates are noisier",
        "seqcnn/data/assay/noise_ceiling.py",
        "/ count**2",
        "/ values.shape[1] ** 2",
        ("tests/data/assay/test_noise_ceiling.py", "-k", "noisier"),
    ),
    Mutation(
        "uncertainty: rows that calibrate choose nothing",
        "seqcnn/data/datamodule.py",
        'dataset.part("selection")',
        'dataset.part("val")',
        ("tests/model/training/test_calibrate.py", "-k", "neither_weights"),
    ),
    Mutation(
        "uncertainty: clusters of validation rows stay whole",
        "seqcnn/data/split/validation.py",
        "    calibrates = (middle < len(rows) / 2)[cluster]\n",
        "    calibrates = np.arange(len(rows)) < len(rows) / 2\n",
        ("tests/data/split/test_validation.py", "-k", "order"),
    ),
    Mutation(
        "uncertainty: the worst fifth is named",
        "seqcnn/report/content/coverage.py",
        "        if self.worst.is_too_low:\n",
        "        if False:\n",
        ("tests/model/inference/test_conformal.py", "-k", "one_fifth"),
    ),
    Mutation(
        "training: another number of threads does not resume",
        "seqcnn/model/training/run_state.py",
        '{"model": header.model_dump(mode="json")}',
        '{"model": header.model_dump(mode="json", exclude={"threads"})}',
        ("tests/model/training/test_resume.py", "-k", "number_of_threads"),
    ),
    Mutation(
        "ensemble: arguments are compared with their defaults",
        "seqcnn/model/ensemble.py",
        'update={"args": encoder_args(header)}',
        'update={"args": header.args}',
        ("tests/model/test_ensemble.py", "-k", "lacks_arguments"),
    ),
    Mutation(
        "targets: a floor is noticed from 1 % on",
        "seqcnn/data/assay/target_notes.py",
        "_MIN_FLOOR_FRACTION = 0.05, 0.01",
        "_MIN_FLOOR_FRACTION = 0.05, 0.05",
        ("tests/data/assay/test_target_notes.py", "-k", "floor"),
    ),
    Mutation(
        "targets: logarithms of long tails",
        "seqcnn/data/assay/target_notes.py",
        "    if advice and above.sum() >= heavy:\n",
        "    if False:\n",
        ("tests/data/assay/test_target_notes.py", "-k", "none_is_negative"),
    ),
    Mutation(
        "devices: tensors are on the CPU before they are float64",
        "seqcnn/genome/track/scanner.py",
        ".cpu().double()",
        ".double().cpu()",
        ("tests/package/test_code.py", "-k", "before_they_are_float64"),
    ),
    Mutation(
        "variants: a pipe keeps its first site",
        "seqcnn/genome/variant/vcf.py",
        "lines = chain([(number, text)], lines)",
        "lines = chain([], lines)",
        ("tests/genome/variant/test_vcf.py", "-k", "keeps_all_sites"),
    ),
    Mutation(
        "variants: alleles of a site are bounded",
        "seqcnn/genome/variant/vcf.py",
        "if len(alts) > MAX_ALTS:",
        "if False:",
        ("tests/genome/variant/test_vcf.py", "-k", "too_many_alleles"),
    ),
    Mutation(
        "variants: another build is refused",
        "seqcnn/genome/variant/tally.py",
        'if mismatches := self.reasons["ref_mismatch"]:',
        "if mismatches := 0:",
        ("tests/genome/test_variants.py", "-k", "another_build"),
    ),
    Mutation(
        "targets: no name of a column of predictions",
        "seqcnn/data/assay/target_names.py",
        "    _refuse_result_columns(names, where)\n",
        "",
        ("tests/data/assay/test_target_names.py", "-k", "refused"),
    ),
    Mutation(
        "targets: no unit of an unknown target",
        "seqcnn/data/assay/target_names.py",
        "if unknown := [name for name in units if name not in names]:",
        "if unknown := []:",
        ("tests/data/assay/test_target_names.py", "-k", "units"),
    ),
    Mutation(
        "ceiling: copies of a replicate do not count",
        "seqcnn/data/assay/noise_ceiling.py",
        "    values[:, copies] = np.nan",
        "    # values[:, copies] = np.nan",
        ("tests/data/assay/test_noise_ceiling.py", "-k", "copies"),
    ),
    Mutation(
        "saturate: ambiguous sequences have no effects",
        "seqcnn/interpret/saturate.py",
        "    values[too_ambiguous(rows)] = np.nan\n",
        "",
        ("tests/interpret/test_saturate.py", "-k", "more_than_a_tenth"),
    ),
    Mutation(
        "report: no input is the output",
        "seqcnn/report/report.py",
        "refuse_output(output, *files_of_run(folder), ",
        "refuse_output(output, ",
        ("tests/report/test_damaged_tables.py", "-k", "is_its_output"),
    ),
    Mutation(
        "output folders: no output replaces an input",
        "seqcnn/io/atomic.py",
        "    refuse_outputs([folder / name for name in names], inputs, overwrite=True)\n",
        "",
        ("tests/io/test_atomic.py", "-k", "would_be_an_input"),
    ),
    Mutation(
        "interval table: no column is the target without a word",
        "seqcnn/data/assay/input_files.py",
        "    if plan.targets:\n        return table\n",
        "    return table\n",
        ("tests/data/assay/test_input_files.py", "-k", "without_a_word"),
    ),
    Mutation(
        "automatic target: a column with a few other cells counts",
        "seqcnn/data/assay/target_names.py",
        "if len(numeric) == 1 and not (blank or almost or commas):",
        "if len(numeric) == 1 and not (blank or commas):",
        ("tests/data/test_prepare.py", "-k", "may_be_the_target_too"),
    ),
    Mutation(
        "sequence column: its cells are DNA",
        "seqcnn/data/readers/sequences.py",
        "for column in named if _is_mostly_dna(table, column)]",
        "for column in named]",
        ("tests/data/readers/test_sequences.py", "-k", "dna"),
    ),
    Mutation(
        "options: one of another kind of file is refused",
        "seqcnn/data/readers/file_kind.py",
        "        self.refuse_unused(path, kind)\n",
        "",
        ("tests/data/readers/test_bed.py", "-k", "another_kind"),
    ),
    Mutation(
        "sheet: one with a far cell is refused unread",
        "seqcnn/io/workbook/extent.py",
        "if cells > SPARSE_CELLS and self.filled < MIN_FILLED * cells:",
        "if False:",
        ("tests/io/workbook/test_extent.py", "-k", "every_twentieth_cell"),
    ),
    Mutation(
        "peaks: positions are 1-based",
        "seqcnn/data/readers/genome/peak_lines.py",
        "int(start) - 1, int(end)",
        "int(start), int(end)",
        ("tests/data/readers/genome/test_peak_lines.py", "-k", "one_based"),
    ),
    Mutation(
        "baseline: an index of a tree must be in range",
        "seqcnn/model/network/bundle.py",
        "            model.refuse_damage()",
        "            pass",
        ("tests/model/network/test_kmer_baseline.py", "-k", "out_of_range"),
    ),
    Mutation(
        "baseline: a tree leads to later nodes only",
        "seqcnn/model/network/kmer_baseline.py",
        "        if bool((used & ~leaf & ((self.left <= parent) | (self.right <= parent))).any()):",
        "        if False:",
        ("tests/model/network/test_kmer_baseline.py", "-k", "circle"),
    ),
    Mutation(
        "baseline: no numbers that no fit has",
        "seqcnn/model/network/kmer_baseline.py",
        "            if buffer.is_floating_point() and bool((buffer.abs() > _LARGEST).any()):",
        "            if False:",
        ("tests/model/network/test_kmer_baseline.py", "-k", "no_fit_has"),
    ),
    Mutation(
        "baseline: its header has no fields of networks",
        "seqcnn/model/network/header.py",
        "            if (found := getattr(self, name)) != value:",
        "            if (found := getattr(self, name)) and False:",
        ("tests/model/network/test_kmer_baseline.py", "-k", "only_networks_have"),
    ),
    Mutation(
        "baseline: commands that need a network refuse it",
        "seqcnn/model/network/kmer_baseline.py",
        "    if isinstance(network, KmerBaseline):",
        "    if False:",
        ("tests/model/network/test_kmer_baseline.py", "-k", "needs_a_network"),
    ),
    Mutation(
        "transform: negative values have no logarithm",
        "seqcnn/data/transform.py",
        "if (negative := values[values < 0]).size:",
        "if (negative := values[values < 0]).size < 0:",
        ("tests/data/test_transform.py", "-k", "negative"),
    ),
    Mutation(
        "transform: SDs of untransformed values are no weights",
        "seqcnn/data/prepare.py",
        'if plan.weight_by == "sd":',
        "if False:",
        ("tests/model/test_transformed.py", "-k", "weights_by_the_sd"),
    ),
    Mutation(
        "fit: a name and a seed occur once",
        "seqcnn/config/fit_plan.py",
        "if values.count(value) > 1]:",
        "if values.count(value) > 99]:",
        ("tests/config/test_fit_plan.py", "-k", "trained_together"),
    ),
)


def is_killed(mutation: Mutation, source: Path = Path()) -> bool:
    """Return whether a test fails without the guard."""
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            if (source / name).is_dir():
                shutil.copytree(source / name, Path(folder, name), ignore=_MADE)
            else:
                shutil.copy(source / name, Path(folder, name))
        path = Path(folder, mutation.file)
        text = path.read_text()
        if text.count(mutation.old) != 1 or mutation.old == mutation.new:
            sys.exit(
                f"{mutation.guard}: {mutation.old!r} must occur once in {mutation.file}; update the list"
            )
        path.write_text(text.replace(mutation.old, mutation.new))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutation.tests]
        environment = os.environ | {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        return done.returncode == 1  # 5 is: no test was selected


def main() -> None:
    """Try the selected mutations and print the result of each."""
    selected = [m for m in MUTATIONS if all(word in m.guard for word in sys.argv[1:])]
    killed = []
    for mutation in selected:
        killed.append(is_killed(mutation))
        print(f"{'killed  ' if killed[-1] else 'SURVIVED'} {mutation.guard}", flush=True)
    print(f"{sum(killed)} of {len(killed)} mutations were killed")
    sys.exit(0 if all(killed) else 1)


if __name__ == "__main__":
    main()
