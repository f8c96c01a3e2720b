# Everything that people do here starts with one of these; `make setup` comes first by itself.
.DEFAULT_GOAL := help
.PHONY: help setup demo real up down test lint format bench fuzz lock clean

export PYTHONPATH := $(CURDIR)/include
python := .venv/bin/python

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 8

setup: ## Make .venv with all that is needed, and the command .venv/bin/tieout
	@PYTHON='$(PYTHON)' bin/setup

demo: setup ## Three business days through Airflow, faults planted and found (SCENARIO=path)
	@$(python) -m tieout.world.demo $(if $(SCENARIO),--scenario '$(SCENARIO)')

real: setup ## The Olist orders through the same flows (ALL=1, or FROM=2017-11-23 TO=2017-11-25)
	@$(python) -m tieout.world.real $(if $(ALL),--all) $(if $(FROM),--from '$(FROM)') $(if $(TO),--to '$(TO)')

up: setup ## Start PostgreSQL, Airflow and the outside world; Ctrl-C ends them
	@$(python) -m tieout.supervisor up

down: ## End what `make up` started
	@if [ -x $(python) ]; then $(python) -m tieout.supervisor down; fi

test: setup ## All tests, on all cores
	@$(python) -m pytest -n logical --dist loadfile --no-loadscope-reorder tests

lint: setup ## Style, types, SQL, and who may import whom
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/sqlfluff lint --processes 2 include/sql
	.venv/bin/lint-imports

format: setup ## Bring style to where lint wants it, as far as tools can
	.venv/bin/ruff check --fix --quiet . || true
	.venv/bin/ruff format --quiet .
	.venv/bin/sqlfluff fix --quiet --processes 2 include/sql

bench: setup ## What is fast, shown by numbers (ROWS=1000000)
	@for part in benchmarks/*/__main__.py; do \
		$(python) -m "benchmarks.$$(basename "$$(dirname "$$part")")" $(if $(ROWS),--rows '$(ROWS)') || exit 1; \
	done

fuzz: setup ## Damaged files for every reader, guided by coverage (RUNS=100000)
	@$(python) -m tests.fuzz $(if $(RUNS),--runs '$(RUNS)')

lock: ## Resolve requirements*.in into the pinned requirements*.txt (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 requirements.in -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	uv pip compile --quiet --universal --python-version 3.11 benchmarks/peers.in -o benchmarks/peers.txt

clean: ## End everything and delete .venv and var, the databases among it
	@if [ -x $(python) ]; then $(python) -m tieout.supervisor destroy; fi
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
