# Two commands matter to a new user: `make refresh` and `make test`. Each makes its own .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
# with it, each process that the tests start would compile the package anew
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

.PHONY: help
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/run.stamp: requirements/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --no-deps --require-hashes -r requirements/run.lock
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/test.stamp: requirements/test.lock $(VENV)/run.stamp
	$(PIP) install --quiet --no-deps --require-hashes -r requirements/test.lock
	@touch $@

.PHONY: refresh
refresh: $(VENV)/run.stamp  ## fetch, check, forecast and publish data/published/fcm_migration.duckdb
	@$(BIN)/fcm refresh

# What `make test` leaves to `make test-system` and to `make torture` (docs/testing.md).
IN_PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
QUICK := -m "not system and not torture"

.PHONY: test
test: $(VENV)/test.stamp  ## the test suite, offline
	@$(BIN)/python -m pytest $(IN_PARALLEL) $(QUICK)

.PHONY: test-system
test-system: $(VENV)/test.stamp  ## installed wheels, servers, whole editions compared; minutes each
	@$(BIN)/python -m pytest $(IN_PARALLEL) -m system tests/system

.PHONY: coverage
coverage: $(VENV)/test.stamp  ## make test with coverage of lines and branches (a third slower)
	@$(BIN)/python -m pytest $(IN_PARALLEL) $(QUICK) --cov --cov-report=term:skip-covered --cov-fail-under=90

.PHONY: check
check: $(VENV)/test.stamp  ## ruff, formatting, mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

.PHONY: torture-small
torture-small: $(VENV)/test.stamp  ## killed refreshes, readers, changed files, simulations, all bad downloads: in minutes
	@$(BIN)/python -m pytest $(IN_PARALLEL) -m torture

.PHONY: torture
torture: torture-small  ## the same at full length
	@$(BIN)/python -m tests.torture.kill --kills 500
	@$(BIN)/python -m tests.torture.pairs --pairs 20
	@$(BIN)/python -m tests.torture.readers --readers 20 --publishes 10
	@$(BIN)/python -m tests.torture.mutate --files 10000
	@$(BIN)/python -m tests.torture.hostile
	@$(BIN)/python -m tests.torture.disk_full --record
	@$(BIN)/python -m tests.torture.scheduled --runs 200
	@$(BIN)/python -m tests.torture.corrupt --tries 500 --record

.PHONY: ui
ui: $(VENV)/run.stamp  ## the Dagster UI on http://127.0.0.1:3000; its schedules stay as they were (off at first)
	@$(BIN)/python -m dagster_project

.PHONY: bench
bench: $(VENV)/test.stamp  ## the benchmarks, as ratios against a named peer in the same run
	@$(BIN)/python -m benchmarks

$(PEERS)/run.stamp: requirements/peers.lock
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip --disable-pip-version-check --no-input install --quiet --no-deps --require-hashes -r requirements/peers.lock
	@touch $@

.PHONY: bench-forecast
bench-forecast: $(VENV)/run.stamp $(PEERS)/run.stamp  ## the forecasts against StatsForecast, on the refreshed data
	@$(BIN)/python -m benchmarks.forecast

.PHONY: bench-alerts
bench-alerts: $(VENV)/run.stamp  ## the alerts beside chance and simple rules, their power and cost, on the refreshed data
	@$(BIN)/fcm alerts skill --out docs/alert_skill.md
	@$(BIN)/python -m benchmarks.alerts
	@$(BIN)/python -m benchmarks.alert_baselines
	@$(BIN)/python -m benchmarks.policy_effects --home "$${FCM_HOME:-data}"

.PHONY: bench-questions
bench-questions: $(VENV)/test.stamp  ## how long a reader waits for each documented question and view, on the refreshed data
	@$(BIN)/python -m benchmarks.questions --out benchmarks/results/questions.json

.PHONY: lock
lock:  ## write the lock files anew (needs uv)
	uv pip compile --generate-hashes --universal --python-version 3.11 -q --no-header --no-emit-index-url pyproject.toml requirements/build.in -o requirements/run.lock
	uv pip compile --generate-hashes --universal --python-version 3.11 -q --no-header --no-emit-index-url --extra test --extra cluster --extra postgres -c requirements/run.lock pyproject.toml requirements/build.in -o requirements/test.lock
	uv pip compile --generate-hashes --universal --python-version 3.11 -q --no-header --no-emit-index-url --no-deps -c requirements/test.lock requirements/postgres.in -o requirements/postgres.lock
	uv pip compile --generate-hashes --universal --python-version 3.11 -q --no-header --no-emit-index-url requirements/peers.in -o requirements/peers.lock
