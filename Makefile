# What a developer types; `make` alone lists it. Needs Python 3.11 or later, make and git.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
PIP := $(RUN)/python -m pip install -qq --disable-pip-version-check
PYTEST := $(RUN)/python -m pytest -q

# the folders that a second PostgreSQL version can answer differently to; tests/py/unit needs none
ON_EVERY_SERVER := tests/py/cli tests/py/database tests/pgtap

.PHONY: help setup demo lint test test-pg18 test-pg15 clean
.NOTPARALLEL:

help:  ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(VENV)/.ready-test  ## a virtual environment and every server that the tests run on
	@cd tests/py && ../../$(RUN)/python -m servers.prepare

demo: $(VENV)/.ready-demo  ## the product on a throwaway PostgreSQL, in a few seconds
	@$(RUN)/ahu-sql demo

lint: $(VENV)/.ready-test  ## our SQL and our Python
	$(RUN)/ahu-sql lint
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

test: setup lint test-pg18 test-pg15  ## everything: lint, then the tests on PostgreSQL 18 and 15

test-pg18: setup  ## all tests, on PostgreSQL 18
	AHU_TEST_SERVER=pg18 $(PYTEST)

test-pg15: setup  ## the tests that talk to a server, on PostgreSQL 15
	AHU_TEST_SERVER=pg15 $(PYTEST) $(ON_EVERY_SERVER)

clean:  ## remove what setup and the tests made
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is missing or older than 3.11: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
		{ echo "$(PYTHON) makes no virtual environments: apt install python3-venv" >&2; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# the tests' packages include the demo's
$(VENV)/.ready-test: pyproject.toml | $(VENV)/.made
	@echo "installing ahu-sql and its test tools into $(VENV)"
	@$(PIP) -e '.[test]'
	@touch $(VENV)/.ready-demo $@

$(VENV)/.ready-demo: pyproject.toml | $(VENV)/.made
	@echo "installing ahu-sql into $(VENV)"
	@$(PIP) -e '.[demo]'
	@touch $@
