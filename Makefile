# `make quickstart` and `make test` need Python 3.11 or newer and nothing else; see CONTRIBUTING.md.

PYTHON ?= python3
BIN := .venv/bin
# Tests that run at once: one more than most machines of a CI have cores, because a test often waits for a process.
WORKERS ?= 3

.PHONY: help venv install quickstart serve check test test-all bench format clean

help:
	@echo "make quickstart  try it: load a sample, export it, import it elsewhere, compare"
	@echo "make serve       run the site as in production: static files collected, behind gunicorn"
	@echo "make test        check style, types and behaviour, on SQLite and PostgreSQL"
	@echo "make test-all    the same, with the browser, injected faults and every version"
	@echo "make bench       measure against pg_dump, sqlite3 .dump and dumpdata"
	@echo "make format      format the code and sort its imports"
	@echo "make install     only install, into .venv"
	@echo "make clean       remove .venv and what the tools leave"

venv: $(BIN)/python

# Stamps: what is installed already is not installed again until its list changes.
install: .venv/.installed

quickstart: .venv/.installed
	$(BIN)/python scripts/quickstart.py

serve: .venv/.installed
	$(PIP) -r requirements-server.txt
	$(BIN)/python manage.py migrate --noinput -v 0
	$(BIN)/python manage.py collectstatic --noinput -v 0
	exec $(BIN)/gunicorn -c python:memoria_site.gunicorn

# No command below may touch the database of whoever runs it.
check test test-all: export DATABASE_URL = sqlite://:memory:
# Each of some thousand processes would compile anew what none has kept.
check test test-all: export PYTHONDONTWRITEBYTECODE =
check: .venv/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run

PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -W error

test: check
	$(PYTEST) -m "not exhaustive"

test-all: check
	.ci/chromium
	.ci/strace
	.ci/pgbouncer
	$(PYTEST)

bench: .venv/.installed-dev
	$(BIN)/python -m benchmarks

format: .venv/.installed-dev
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format

clean:
	rm -rf .venv build dist *.egg-info .coverage .coverage.* htmlcov
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Memoria needs Python 3.11 or newer: name one with make PYTHON=/path/to/python3.11." >&2; exit 1; }
	$(PYTHON) -m venv .venv

PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.venv/.installed: requirements.txt pyproject.toml | $(BIN)/python
	$(PIP) -r requirements.txt --editable .
	@touch $@

.venv/.installed-dev: requirements-dev.txt requirements-server.txt .venv/.installed
	$(PIP) -r requirements-dev.txt
	@touch $@
