#!/usr/bin/env bash
# Write constraints.txt, the versions of a fresh environment with all that tests and documentation need, and the table of dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --upgrade pip
"$folder/bin/python" -m pip install --quiet -e ".[test,docs]"
"$folder/bin/python" install/dependencies.py
version=$("$folder/bin/python" -c 'import platform; print(".".join(platform.python_version_tuple()[:2]), platform.system())')
{
    echo "# The versions of all dependencies that the tests passed with (Python ${version/ /, }, CPU)."
    echo "# pip install -c constraints.txt seqcnn, or PIP_CONSTRAINT=constraints.txt make run."
    echo "# torch pins the CUDA libraries of its GPU builds itself."
    # local versions, such as torch 2.10.0+cpu, are of one build; the names are those of the index
    "$folder/bin/python" -m pip list --format freeze --exclude-editable --exclude pip |
        sed -E 's/\+.*//; s/^[^=]+/\L&/' | sed -E ':a; s/^([^=]*)[._]/\1-/; ta' | LC_ALL=C sort -t = -k 1,1
} >"$folder/constraints.txt"
mv "$folder/constraints.txt" constraints.txt
