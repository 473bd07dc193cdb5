# make demo   the whole chain on the built-in actors, in a few minutes on a laptop
# make test   what a change has to pass: format, lint, types, layers, tests
# make fuzz   broken files for every parser of what strangers may send
#
# They make a virtual environment with pinned versions first (constraints.txt).
#
#   VENV=FOLDER        where it lies                                     (.venv)
#   PYTHON=COMMAND     the Python that it is made from, 3.11 or newer    (python3)
#   TORCH_ARGS=...     how pip finds torch. On Linux pip's default build may bring gigabytes of CUDA; for
#                      the small CPU build give the arguments that torch's install page shows for "CPU"
#   ARGS=...           more arguments for the demo, for pytest or for fuzzing
#   WORKERS=N          how many processes share the tests                (auto: one a core, 8 at most)
#   MINUTES=10         of the processor, for each parser that is fuzzed                (1)

VENV ?= .venv
PYTHON ?= python3
TORCH_ARGS ?=
ARGS ?=
WORKERS ?= auto
MINUTES ?= 1

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install -qq --no-compile --constraint constraints.txt

.PHONY: help demo test fuzz format-check lint types layers pytest format install install-dev clean

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

demo: install
	$(BIN)/understudy demo $(ARGS)

test: format-check lint types layers pytest

format-check: install-dev
	$(BIN)/ruff format --check .

lint: install-dev
	$(BIN)/ruff check .

types: install-dev
	$(BIN)/pyright --pythonpath $(BIN)/python

layers: install-dev
	$(BIN)/lint-imports --no-logo

# One thread a network in each: with more, processes on the same cores wait for each other. A file's tests
# stay together, as they share what was made for them. A process takes more than 1 GB, hence the limit. Where
# a test wants two threads, they do not keep a core busy while they wait.
pytest: install-dev
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest --numprocesses $(WORKERS) --maxprocesses 8 --dist loadfile --no-loadscope-reorder $(ARGS)

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

# the stamps carry the time of the last installation: a second `make` installs nothing
$(VENV)/.installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not there: install Python 3.11 or newer, or name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1), but Understudy needs Python 3.11 or newer: name one, e.g. make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv module: install it (on Debian and Ubuntu the package python3-venv)"; exit 1; }
	@echo "installing into $(VENV) (once, about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) torch==2.13.0 $(TORCH_ARGS)
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@

fuzz: install-dev
	@$(PIP) --no-build-isolation --editable '.[fuzz]'
	$(BIN)/python fuzz/run.py --minutes $(MINUTES) $(ARGS)

clean:
	rm -rf $(VENV) demo .pytest_cache .ruff_cache .hypothesis .import_linter_cache
