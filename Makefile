# `make demo` and `make test` set everything up themselves: a virtual environment in .venv,
# from the package index alone, at the versions of .ci/constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
# What builds the package; it is in no environment, so no freeze finds it.
SETUPTOOLS := 84.2.1
# In the environment the constraints reach the isolated build as well.
PIP := PIP_CONSTRAINT=.ci/constraints.txt $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test lint types tests soak bench constraints clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   set up, share out the Python standard library, let two people pull a part"
	@echo "make test   set up, and run lint, types and all tests"
	@echo "make soak   the property tests at a hundred times the length, and five thousand kills"
	@echo "make bench  the benchmarks, with tables"

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: Python 3.11 or newer is needed, $(PYTHON) is older; name another: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/demo: .venv/python pyproject.toml .ci/constraints.txt
	$(PIP) --editable '.[cli,parquet]'
	@touch $@

.venv/dev: .venv/python pyproject.toml .ci/constraints.txt
	$(PIP) --editable '.[dev]'
	@touch $@ .venv/demo

demo: .venv/demo
	$(BIN)/python -m adapters.demo

test: lint types tests

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

tests: .venv/dev
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term

soak: .venv/dev
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -n 2 tests

bench: .venv/dev
	$(BIN)/python -m benchmarks split
	$(BIN)/python -m benchmarks create
	$(BIN)/python -m benchmarks import
	$(BIN)/python -m benchmarks pull
	$(BIN)/python -m benchmarks growth
	$(BIN)/python -m benchmarks choose
	$(BIN)/python -m benchmarks overlap
	$(BIN)/python -m benchmarks match

constraints: .venv/dev
	$(BIN)/python -m pip freeze --exclude-editable > .ci/constraints.txt
	echo 'setuptools==$(SETUPTOOLS)' >> .ci/constraints.txt

clean:
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache demo.db*
