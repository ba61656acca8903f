# Each target does all of its own set-up, in .venv; a second call finds it done.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
OUTPUT := generated
PACKAGE := runware_client
SOURCES := generator tests templates benchmarks examples
# Two for each processor: many tests wait, for servers and for time.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) \* 2)
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11 python

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help docs generate test simulate faults bench check golden clean

help:
	@echo "make generate   generate $(OUTPUT)/$(PACKAGE) from specs/"
	@echo "make test       run all tests"
	@echo "make simulate   run SCHEDULES=1000000 simulated schedules, from SEED=0 on"
	@echo "make faults     run 1,000 tasks under faults and compare the books"
	@echo "make bench      measure, beside others, and write benchmarks/results.*"
	@echo "make check      lint, check the format, the types and the imports"
	@echo "make docs       build the site of docs/ into build/site"
	@echo "make golden     accept how the golden documents come out now"
	@echo "make clean      remove $(VENV) and what tools have left"

generate: $(READY)
	@$(BIN)/runware-codegen generate specs --output $(OUTPUT) --package $(PACKAGE)

test: $(READY)
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

simulate: $(READY)
	@PYTHONPATH=tests:tests/support $(BIN)/python -m simulation.run \
	  --schedules $(or $(SCHEDULES),1000000) --seed $(or $(SEED),0) $(OPTIONS)

faults: $(READY)
	@$(BIN)/python tests/support/fault_run.py --tasks 1000 --seed $(or $(SEED),1)

bench: $(READY)
	@$(BIN)/python benchmarks/bench.py

check: $(READY)
	$(BIN)/ruff check $(SOURCES) $(OUTPUT)
	$(BIN)/black --quiet --check $(SOURCES) $(OUTPUT)
	$(BIN)/mypy --strict
	MYPYPATH=tests:tests/support:generated $(BIN)/mypy --strict --package simulation --package hostile_server
	$(BIN)/basedpyright
	PYTHONPATH=$(OUTPUT) $(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/project/test_words.py

docs: $(READY)
	@rm -rf build/docs && mkdir -p build && cp -R docs build/docs
	@$(BIN)/runware-codegen docs specs --output build/docs/models --package $(PACKAGE) --quiet
	@$(BIN)/zensical build --strict

golden: $(READY)
	@ACCEPT_GOLDEN=1 $(BIN)/python -m pytest -q tests/render/test_golden.py \
	  tests/render/test_reserved_names.py::test_all_attributes_are_listed tests/diff/test_diff_docs.py \
	  tests/project/test_docs.py::test_references_are_made_from_the_options \
	  tests/project/test_readme.py::test_the_picture_shows_what_comes_out

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find $(SOURCES) $(OUTPUT) -name __pycache__ -prune -exec rm -rf {} +

# uv is several times faster than pip. pip installs where an index is configured for pip alone;
# it knows --group since 25.1. Most modules are never imported, so none is compiled.
$(READY): pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1" uv
	@$(BIN)/python -m uv pip install --quiet --editable . --group dev || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable . --group dev
	@touch $@

# The first interpreter that runs and is new enough; PYTHON=... names another.
$(BIN)/python:
	@for python in $(or $(PYTHON),$(PYTHONS)); do \
	  if "$$python" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then \
	    exec "$$python" -m venv $(VENV); \
	  fi; \
	done; \
	echo "Python 3.11 or later is needed: install it, or name it: make PYTHON=/path/to/it" >&2; \
	exit 1
