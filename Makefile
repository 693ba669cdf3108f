# Everything that a person or CI types. A fresh machine needs Python 3.11 or newer, and make.
# Settings: WORKERS=4 (test processes), PYTHON=/path/to/python3 (else the first on PATH that is new enough).

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n $(or $(WORKERS),2) --dist worksteal
RUNTIME := .venv/runtime.stamp
DEV := .venv/dev.stamp
BENCH := .venv/bench.stamp
SPARK := .venv/spark.stamp
NODE := .venv/node.stamp
DATA = $(or $(FORESEEN_DATA),../shared/data)
# Suites that open a control database; tests/control and tests/api are on both kinds anyway.
SERVED := tests/runners tests/cli tests/studies tests/pipeline/test_judge_suppressions.py
SETUP := pyproject.toml scripts/setup.sh scripts/check_native.py

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHON

.PHONY: help demo console test check-all bench bench-rules bench-models bench-lake bench-alerts bench-needles bench-capacity bench-latency bench-hunting bench-process-tree bench-overview bench-console fuzz crash screenshots soak cluster-test browser-test postgres-test spark-test replays setup lint format types contract wheel lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: $(RUNTIME) ## Set up, then run the whole system on recorded real telemetry; its console on a terminal
	@if [ -t 1 ]; then $(MAKE) --no-print-directory console; fi
	@$(BIN)/foreseen demo

console: $(NODE) ## Build the console, where it or the API has changed
	@$(BIN)/python console/make_console.py

test: $(DEV) ## Set up, then run the everyday tests
	@scripts/postgres.sh
	@$(PYTEST) -n $(or $(WORKERS),3) -m "not slow and not long and not deep and not spark" # they also wait

check-all: lint types contract ## What CI runs: lint, types, imports, every test, the wheel
	@scripts/postgres.sh
	@scripts/chromium.sh
	@$(BIN)/python console/make_console.py check
	@$(PYTEST) -m "not deep and not spark" --durations=40
	@$(MAKE) --no-print-directory postgres-test
	@$(MAKE) --no-print-directory spark-test # last: its client brings pandas, which other libraries would use

bench: $(DEV) ## Measure, and fail where a ratio is over its budget
	@$(BIN)/python benchmarks/run.py

bench-rules: $(BENCH) ## Measure the rules engine against DuckDB and polars; needs FORESEEN_DATA
	@$(BIN)/python benchmarks/rules.py $(ARGS)

bench-models: $(BENCH) ## Compare methods on three sets of labelled matches; needs FORESEEN_DATA
	@$(BIN)/python benchmarks/models.py $(ARGS)

bench-lake: $(BENCH) ## Measure intake and lake against DuckDB; needs FORESEEN_DATA, 8 GB of disk
	@$(BIN)/python benchmarks/lake.py $(ARGS)

bench-needles: $(DEV) ## What a search costs in ten million events; 2 GB of disk
	@$(BIN)/python benchmarks/needles.py $(ARGS)

bench-capacity: $(DEV) ## Measure the stages, and plan machines and storage from them
	@$(BIN)/python benchmarks/capacity.py $(ARGS)

bench-latency: $(DEV) ## From receipt and from commit to decision, at half of the maximum rate
	@$(BIN)/python benchmarks/latency.py $(ARGS)

bench-alerts: $(DEV) ## A million alerts: stored, listed, filtered, counted; ARGS="--control postgresql://..."
	@$(BIN)/python benchmarks/alerts.py $(ARGS)

bench-process-tree: $(DEV) ## The process tree of an alert in ten million events; 2 GB of disk
	@$(BIN)/python benchmarks/process_tree.py $(ARGS)

bench-overview: $(DEV) ## The landing page over many events and alerts
	@$(BIN)/python benchmarks/overview.py $(ARGS)

bench-console: $(NODE) ## The console in a browser over 100,000 alerts
	@scripts/chromium.sh
	@$(BIN)/python console/make_console.py
	@$(BIN)/python benchmarks/console.py $(ARGS)

bench-hunting: $(DEV) ## What the sandbox costs a query
	@$(BIN)/python benchmarks/hunting.py $(ARGS)

fuzz: $(DEV) ## Send many made-up requests to every route; EXAMPLES=200 of each kind
	@scripts/postgres.sh
	@FORESEEN_FUZZ=$(or $(EXAMPLES),200) $(PYTEST) tests/api/test_api_fuzz.py

crash: $(DEV) ## Kill server, shards and broker, cut the power, report what was lost; cuts need root
	@$(BIN)/python scripts/crash.py $(ARGS)

screenshots: $(DEV) ## Take a picture of every page of the console, in both themes, into docs/screens
	@scripts/chromium.sh
	@$(BIN)/python console/make_console.py
	@$(BIN)/python scripts/screenshots.py $(ARGS)

soak: $(DEV) ## An hour at half load: does memory, a handle or a latency grow?
	@$(BIN)/python scripts/soak.py $(ARGS)

cluster-test: $(DEV) ## Two Ray nodes over Kafka's protocol, one killed, against one process
	@$(BIN)/python scripts/cluster_test.py $(ARGS)

browser-test: $(DEV) ## Drive the console in a real browser; part of check-all
	@scripts/chromium.sh
	@$(PYTEST) -m browser --durations=10 tests/console

postgres-test: $(DEV) ## Run what opens a control database on PostgreSQL; slow ones apart
	@scripts/postgres.sh
	@FORESEEN_TEST_CONTROL=postgresql $(PYTEST) -m "not slow and not deep and not spark" $(SERVED)

spark-test: $(SPARK) ## Ask DuckDB and a Spark Connect server the same questions
	@$(BIN)/python -m pytest -m spark tests/lake/test_lake_spark.py

replays: $(RUNTIME) ## Make the attack replays that ship; the later recordings stay out, to test models on
	@$(BIN)/python scripts/make_replays.py lab/recordings/linux-2026-11 lab/recordings/linux-2026-11-b

setup: $(DEV) ## Make .venv from the locks; nothing to do when it is current

lint: $(DEV) ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(DEV) ## Repair style and formatting where that is safe
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(DEV) ## Check types
	@$(BIN)/mypy

contract: $(DEV) ## Check that imports go down only and that the core is pure
	@$(BIN)/lint-imports

wheel: $(DEV) ## Build dist/*.tar.gz, and from it dist/*.whl
	@$(BIN)/python -m build --no-isolation

lock: $(DEV) ## Renew both locks after a change of pyproject.toml; ARGS=--upgrade takes newer versions
	@scripts/lock.sh $(ARGS)

clean: ## Remove what the targets above have made
	rm -rf .venv .demo dist console/node_modules src/foreseen/api/console/static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(RUNTIME): requirements.lock $(SETUP)
	@scripts/setup.sh requirements.lock
	@touch $@

$(DEV): requirements-dev.lock $(SETUP)
	@scripts/setup.sh requirements-dev.lock
	@touch $(RUNTIME) $@

$(NODE): $(RUNTIME) requirements-console.lock
	@$(BIN)/python -m pip install --quiet --only-binary=:all: --require-hashes --requirement requirements-console.lock
	@touch $@

$(BENCH): $(DEV) pyproject.toml
	@$(BIN)/python -m pip install --quiet --only-binary=:all: --no-build-isolation --editable '.[bench]'
	@touch $@

$(SPARK): $(DEV) pyproject.toml # the client comes as source only, so that no lock can hold it
	@$(BIN)/python -m pip install --quiet --only-binary=:all: --no-binary=pyspark-client \
		--no-build-isolation --editable '.[spark]' 'pysail==0.7.2'
	@touch $@
