# `make run` runs the pipeline on the embedded example; `make test` runs the linters and the tests;
# `make docs` builds the documentation site in build/docs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run test test-cluster lint docs dist smoke constraints audit accuracy validation bench clean

run: $(VENV)/.workflow
	$(BIN)/seqcnn run

test: $(VENV)/.test lint
	$(BIN)/python -m pytest -m "not slow and not cluster" -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations=10

# Start a Slurm cluster on this machine, and run the pipeline and single jobs on it; `install/slurm.sh` installs Slurm.
test-cluster: $(VENV)/.test
	$(BIN)/python -m pytest -m cluster --durations=10 tests/cluster

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.docs
	$(BIN)/sphinx-build -q -E -W --keep-going -c docs/sphinx . build/docs

# Make build/dist/*.tar.gz, and the wheel from it.
dist: $(VENV)/bin/python
	rm -rf build/dist
	$(BIN)/python -m pip install --quiet hatchling
	$(BIN)/python -m hatchling build -t sdist -d build/dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build/dist build/dist/*.tar.gz

# Install the wheel alone in a fresh environment, and run the pipeline, a fit and a prediction there.
smoke: dist
	install/smoke.sh build/dist/*.whl

# Write the versions of a fresh environment with everything that the tests need to constraints.txt.
constraints:
	install/constraints.sh

# Check the pinned dependencies for known vulnerabilities (PyPI advisory database).
audit: $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip

# Train on every public dataset and write benchmarks/accuracy/accuracy.md; hours on two cores.
accuracy: $(VENV)/.workflow
	$(BIN)/python -m benchmarks.accuracy.run

# Check the statistics on simulated data and write benchmarks/validation/validation.md; an hour on one core.
validation: $(VENV)/.workflow
	$(BIN)/python -m benchmarks.validation.run

# Measure speed against plain scripts and peers and write benchmarks/speed/cpu.md; 90 minutes on an idle machine.
bench: $(VENV)/.test
	$(BIN)/python -m benchmarks.speed.run

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.workflow: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -e ".[workflow]"
	touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -e ".[test]"
	touch $@

$(VENV)/.docs: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -e ".[test,docs]"
	touch $(VENV)/.test $@

clean:
	rm -rf $(VENV) build results logs benchmarks/runs .snakemake
