# Everything a developer or an operator of a clone needs. `make run` and `make test` do all the set-up themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: run test check fmt bench fuzz lock setup tools clean

run: setup  ## set up, then run the main job in front of you and leave the service running
	$(BIN)/lienthong demo

test: setup tools  ## set up, then run every test; what could not run is named at the end
	$(BIN)/pytest

check: setup tools  ## what must hold before a change lands: form, types, direction of imports, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

fmt: setup  ## put the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup  ## measure, beside this machine's ceilings
	$(BIN)/python -m bench

setup: $(VENV)/.ready

# Hashes are checked for every package; the project itself is built without fetching anything more.
$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

tools:  ## programs of Debian's that some tests use; installed when we may
	sh tests/tools.sh

lock:  ## choose versions anew and write them down with their hashes
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet uv
	$(VENV)-lock/bin/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --all-extras \
		--no-emit-index-url --no-header pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) $(VENV)-lock build dist *.egg-info
