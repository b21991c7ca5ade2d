# Everything a developer or an operator of a clone needs. `make run` and `make test` do all the set-up themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps
COMPILE := $(VENV)-lock/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help run test check static fmt bench fuzz schemathesis setup tools corpora lock clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | expand -t 14

run: setup  ## set up, then run the main job in front of you and leave the service running
	$(BIN)/lienthong demo

test: setup tools corpora  ## set up, then run every test; what could not run is named at the end
	$(BIN)/pytest

check: static test  ## what must hold before a change lands: form, types, direction of imports, tests

static: setup  ## everything of `check` but the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: setup  ## put the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup  ## measure, beside this machine's ceilings
	$(BIN)/python -m bench

fuzz: SECONDS ?= 60
fuzz: setup  ## a coverage-guided search for files that are neither taken nor refused; SECONDS=
	$(PIP) --require-hashes -r requirements-fuzz.lock
	$(BIN)/python -m fuzz --seconds $(SECONDS)

schemathesis: EXAMPLES ?= 500
schemathesis: SEED ?= 2016
schemathesis: setup tools  ## a long search for answers the API does not document; EXAMPLES=, SEED=
	LT_EXAMPLES=$(EXAMPLES) LT_SEED=$(SEED) $(BIN)/pytest tests/exchange/test_schemathesis.py

setup: $(VENV)/.ready  ## virtual environment with exactly the locked packages

# Hashes are checked for every package; the project itself is built without fetching anything more. Without Debian's
# python3-venv the environment comes up without pip, and the next try must not take it for a finished one.
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) from requirements.lock; this takes a minute or two, once."
	test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-build-isolation --editable .
	touch $@

tools:  ## programs of Debian's that some tests use; installed when we may
	sh tests/tools.sh

corpora: setup  ## fetch the signatures and certificates of others that some tests judge
	@$(BIN)/python -m tests.corpora

lock:  ## choose versions anew and write them down with their hashes
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet uv
	$(COMPILE) --upgrade --all-extras pyproject.toml --output-file requirements.lock
	$(COMPILE) --upgrade --constraint requirements.lock --no-annotate pyproject.toml --output-file requirements-service.lock
	$(COMPILE) --upgrade --no-annotate --group fuzz --output-file requirements-fuzz.lock

clean:  ## remove what set-up and builds made; data in var/ stays
	rm -rf $(VENV) $(VENV)-lock build dist *.egg-info
