# `make run`: the pipeline on the embedded example.  `make test`: the whole suite.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run test lint audit accuracy trust bench clean

run: $(VENV)/.workflow
	$(BIN)/python -m snakemake

test: $(VENV)/.test lint
	$(BIN)/python -m pytest -m "not slow"

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Known vulnerabilities of the pinned dependencies; asks the advisory database of PyPI.
audit: $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip

# Hours on two cores: every public dataset, and the table benchmarks/accuracy.md.
accuracy: $(VENV)/.workflow
	$(BIN)/python benchmarks/accuracy.py

# Half an hour on one core: every promise on simulated data, and the page benchmarks/trust.md.
trust: $(VENV)/.workflow
	$(BIN)/python benchmarks/trust.py

# An hour and a half on an idle machine: every ratio against plain scripts and peers, and benchmarks/speed.md.
bench: $(VENV)/.test
	$(BIN)/python benchmarks/speed.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.workflow: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -e ".[workflow]"
	touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -e ".[test]"
	touch $@

clean:
	rm -rf $(VENV) results logs benchmarks/runs .snakemake
