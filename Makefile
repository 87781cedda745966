# What a developer types; `make` alone lists it. Needs Python 3.11 or later, make and git.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
# compiled is what is imported, when it is, and once for all the processes that follow
PIP := $(RUN)/python -m pip install -qq --disable-pip-version-check --no-compile
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(RUN)/python -m pytest -q

# What runs where, each with its reason. pg18: the database; and in processes of their own, since
# each is as much again, what the command line says and what needs no server, and what is tried in
# thousands of ways.
ON_PG18 := tests/py/database tests/py/drift tests/pgtap
ON_CLI := tests/py/cli tests/py/unit tests/py/upgrades tests/py/api tests/py/monitoring tests/py/bench
ON_PROOFS := tests/py/fuzz tests/py/isolation/test_specs.py tests/py/faults
# pgbouncer 1.18 and 1.24 before servers of their own, PostgreSQL 18: they mostly wait, so that they
# have a process of their own; `make test-pooler POOLED=ts17` takes another server
ON_POOLER := tests/py/pooler tests/py/acceptance
POOLED := pg18
# the oldest PostgreSQL: all SQL, and where versions answer differently, that is in triggers, MERGE,
# rights, locks and materialized views; and what reads our SQL, with servers of its own. `make
# test-pg15 ON_PG15=tests` runs everything there
ON_PG15 := tests/pgtap $(patsubst %,tests/py/database/test_%.py, \
	backfill call concurrent_writers doctor installer_role isolation_levels large_objects merge \
	native real_readings rewritten_table second_install uninstall) \
	tests/py/faults/test_refresh.py tests/py/static
# hypertables, and all else where triggers, folding and locks meet them; what the command line says
# does not change, nor do PUBLIC's rights, our own servers, the tests' oracle and what the doctor says
# of other tables
ON_TS17 := tests/py/timescaledb tests/pgtap tests/py/fuzz/test_programs.py \
	tests/py/isolation/test_hypertable_specs.py tests/py/faults/test_refresh.py \
	tests/py/upgrades/test_dump_and_restore.py $(filter-out $(patsubst %,tests/py/database/test_%.py, \
	doctor doctor_elsewhere doctor_fix large_objects local_server oracle), \
	$(wildcard tests/py/database/test_*.py))
# PGlite has one session: what needs the community licence, pg_cron's tests (they start their own
# servers, and wait for a full minute where there is time), of what lives in one transaction the
# rooms that know the extension, and of the database suite, on compressed chunks, what reads and
# changes them in one session
ON_PGLITE := tests/py/community tests/py/bench \
	$(patsubst %,tests/pgtap/%,50_source 75_monitoring 80_scheduler 90_finish) \
	$(patsubst %,tests/py/database/test_%.py,backfill merge real_readings retention)

# real programs before a real pooler: Airflow runs its DAGs, a browser looks at the dashboard
ON_CLIENTS := tests/py/examples tests/py/dashboard

# longest first, so that all end at about the same time
SUITES := ts17 pg18 proofs clients pglite cli pg15 pooler
# each suite's output comes whole, at its end; macOS' old make cannot and mixes them
WHOLE := $(if $(filter output-sync,$(.FEATURES)),--output-sync)
# what the suites counted beside tests, to be added up
COUNTS := $(CURDIR)/.pytest_cache/counts

.PHONY: help setup dashboard demo lint test fuzz fuzz-pg18 fuzz-ts17 mutants acceptance bench \
	bench-full api screenshots clean $(SUITES:%=test-%) $(SUITES:%=run-%)

help:  ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(VENV)/.ready-test  ## a virtual environment and every server that the tests run on
	@cd tests/py && ../../$(RUN)/python -m servers.prepare

dashboard: $(VENV)/.ready-dashboard  ## examples/streamlit on the demo's database, until Ctrl-C
	@$(RUN)/python examples/streamlit/demo.py

demo: $(VENV)/.ready-demo  ## the product on a throwaway PostgreSQL, in a few seconds
	@$(RUN)/ahu-sql demo

lint: $(VENV)/.ready-test  ## our SQL and our Python
	$(RUN)/ahu-sql lint
	$(RUN)/ahu-sql lint --set refresh.strategy=native
	$(RUN)/ahu-sql lint --set source.layout=long
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

test: setup lint  ## everything: lint, then the tests on four servers and two poolers, three at a time
	@echo "running the tests on $(SUITES); each prints when it is through, the first in some minutes"
	@rm -rf "$(COUNTS)"
	@AHU_TEST_COUNTS="$(COUNTS)" \
		$(MAKE) --no-print-directory --keep-going --jobs=3 $(WHOLE) $(SUITES:%=run-%); \
		ended=$$?; $(RUN)/python tests/py/counts.py "$(COUNTS)"; exit $$ended

test-pg18:  ## those of the database, on PostgreSQL 18
test-cli:  ## those of the command line, on PostgreSQL 18, and those without a server
test-proofs:  ## random programs, isolation specs and the kill matrix, on PostgreSQL 18
test-pg15:  ## the tests that talk to a server, on PostgreSQL 15
test-ts17:  ## those of the database, on PostgreSQL 17 with TimescaleDB (Apache licence)
test-pooler:  ## those of pgbouncer 1.18 and 1.24, on PostgreSQL 18
test-clients:  ## those of examples/: real Airflow, and the dashboard in a real browser
test-pglite:  ## pgTAP and TimescaleDB's community licence, on PGlite; pg_cron
$(SUITES:%=test-%): test-%: setup
	@$(MAKE) --no-print-directory run-$*

# without the setup, which `make test` has done once for all
run-pg18: FOLDERS := $(ON_PG18)
run-pg15: FOLDERS := $(ON_PG15)
run-ts17: FOLDERS := $(ON_TS17)
run-pglite: FOLDERS := $(ON_PGLITE)
run-cli: FOLDERS := $(ON_CLI)
run-cli: SERVER := pg18
run-proofs: FOLDERS := $(ON_PROOFS)
run-proofs: SERVER := pg18
run-clients: FOLDERS := $(ON_CLIENTS)
run-clients: SERVER := pg18
run-pooler: FOLDERS := $(ON_POOLER)
run-pooler: SERVER := $(POOLED)
$(SUITES:%=run-%): run-%: | $(VENV)/.ready-test
	AHU_TEST_SUITE=$* AHU_TEST_SERVER=$(or $(SERVER),$*) $(PYTEST) -o cache_dir=.pytest_cache/$* $(FOLDERS)

fuzz: setup  ## PROGRAMS=20000 random programs against the oracle, on plain, partitioned and hypertables
	@$(MAKE) --no-print-directory --keep-going --jobs=2 $(WHOLE) fuzz-pg18 fuzz-ts17
fuzz-pg18: SHARE = $(PROGRAMS) - $(PROGRAMS) / 3
fuzz-ts17: SHARE = $(PROGRAMS) / 3
fuzz-pg18 fuzz-ts17: fuzz-%:
	AHU_FUZZ_PROGRAMS=$$(($(SHARE))) AHU_TEST_SERVER=$* $(PYTEST) \
		-o cache_dir=.pytest_cache/fuzz-$* tests/py/fuzz/test_programs.py
PROGRAMS := 20000

mutants: setup  ## small faults in the SQL of refresh and tracking: which ones no test finds
	@cd tests/py && ../../$(RUN)/python -m mutants $(MUTANTS)

# a site's own: DSN=… MONITOR_DSN=… ETL_DSN=… CONFIG=…; ACCEPTANCE=--help says what else there is
acceptance: $(if $(DSN),$(VENV)/.ready-test,setup)  ## the design's success criteria, measured: AHUS=45 DAYS=365 SECONDS=60 CLIENTS=200
	@cd tests/py && ../../$(RUN)/python -m acceptance \
		$(AHUS:%=--ahus %) $(DAYS:%=--days %) $(SECONDS:%=--seconds %) $(CLIENTS:%=--clients %) \
		$(if $(DSN),--dsn "$$DSN") $(if $(MONITOR_DSN),--monitor-dsn "$$MONITOR_DSN") \
		$(if $(ETL_DSN),--etl-dsn "$$ETL_DSN") $(if $(CONFIG),--config "$(abspath $(CONFIG))") \
		$(ACCEPTANCE)

bench: setup  ## ahu-sql beside its peers and its limit: five minutes on two cores
	@PYTHONPATH=tests/py $(RUN)/python -m bench --command 'make bench' $(BENCH)

bench-full: setup  ## the same with 8 million readings: half an hour, and docs/performance.md anew
	@PYTHONPATH=tests/py $(RUN)/python -m bench --size full --command 'make bench-full' \
		$(or $(BENCH),--page docs/performance.md)

api: $(VENV)/.ready-test  ## sql/API.md, from the comments of an installed database
	@cd tests/py && ../../$(RUN)/python -m api

screenshots: setup  ## docs/images, anew, by the dashboard's tests in a browser
	AHU_SCREENSHOTS="$(CURDIR)/docs/images" $(PYTEST) tests/py/dashboard/test_browser.py

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

$(VENV)/.ready-dashboard: examples/streamlit/requirements.txt | $(VENV)/.ready-demo
	@echo "installing Streamlit into $(VENV)"
	@$(PIP) -r $<
	@touch $@
