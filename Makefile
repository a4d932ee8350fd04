# Everything a newcomer needs: `make demo` to see it work, `make test` to see it hold.
# Each target creates what it needs; make and Python 3.11 or newer are enough.

PYTHON  ?= python3
VENV    ?= .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
ARGS    ?=
WORKERS ?= 2
N       ?= 200
SEED    ?= 1
BENCH   ?= core

.DEFAULT_GOAL := help
.PHONY: help demo test test-full simulate scenarios bench lint format clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt scripts/make-venv
	@PYTHON="$(PYTHON)" scripts/make-venv $(VENV)
	@touch $@

demo: $(READY) ## Sandbox CRM and ERP, full synchronization, web page (ARGS="--exit --json")
	@$(BIN)/crosstie demo $(ARGS)

test: $(READY) ## The tests that every change must pass (under ten minutes on two cores)
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-full: $(READY) ## Everything `make test` runs, and the slow proofs
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not live and not e2e" $(ARGS)

bench: $(READY) ## What it costs, measured (BENCH=core; BENCH_FULL=1 adds 100,000 customers)
	@$(BIN)/python benchmarks/$(BENCH).py

simulate: $(READY) ## Random histories in bad weather (N=200 SEED=1 PLANTED=--planted)
	@$(BIN)/python -m tests.simulation $(N) $(SEED) $(PLANTED)

scenarios: $(READY) ## Which of the field's 346 scenarios are realized and pass, better on purpose, or not yet
	@$(BIN)/python -m tests.scenarios $(ARGS)

lint: $(READY) ## Style, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## Let the formatter have its way
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## Remove what make created
	rm -rf $(VENV) .demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
