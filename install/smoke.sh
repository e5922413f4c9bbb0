#!/usr/bin/env bash
# Install a wheel in a fresh environment, and run what a new user runs: smoke.sh seqcnn-VERSION-py3-none-any.whl
# Nothing of the repository is used besides the wheel. $PYTHON is the interpreter, python3 by default.
set -euo pipefail
wheel=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unset PYTHONPATH
"${PYTHON:-python3}" -m venv environment
scripts=environment/bin
[ -d "$scripts" ] || scripts=environment/Scripts # Windows
export PATH="$folder/$scripts:$PATH"

SECONDS=0
step() { echo "smoke: $1 (${SECONDS} s)"; }

python -m pip install --quiet "$wheel[workflow]"
step "installed $(basename "$wheel")"
python - <<'CHECK'
import importlib.resources, pathlib, sys, seqcnn
folder = pathlib.Path(seqcnn.__file__).parent
assert folder.is_relative_to(sys.prefix), folder
assert (importlib.resources.files("seqcnn") / "py.typed").is_file()
CHECK
seqcnn --version
seqcnn --help | grep -q "Documentation: https://"
seqcnn init try --example
cd try
grep -q "https://.*configuration.html" configs/pipeline.yaml
[ -n "${NO_PIPELINE:-}" ] || seqcnn run # without bash there is no pipeline
[ -n "${NO_PIPELINE:-}" ] || test -s results/try/report.html
step "pipeline"
seqcnn fit data/oligos.fa data/targets.tsv --target expression --preset fast -o run
test -s run/report.html
step "fit"
seqcnn predict data/oligos.fa -m run/cnn/seed1/model.safetensors -o new.tsv
test "$(wc -l <new.tsv)" -eq 401
seqcnn info run/cnn/seed1/model.safetensors >info.txt
step "predict"
