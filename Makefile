# Two commands on a fresh machine: `make run` and `make test`. `make help` lists the rest.

STARTED := $(shell date +%s)
PYTHON3 ?= python3
PYTHON := .venv/bin/python
# The lock file is complete, so pip need not look for what a package needs; that and compiling late halve the time.
PIP := pip --disable-pip-version-check install -qq --no-compile --no-deps --require-hashes
LOCK := $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url
# Production's settings, for the checks that Django makes of them.
PRODUCTION := LISTKEEP_DEBUG=0 SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))') \
  ALLOWED_HOSTS=listkeep.example DATABASE_URL=postgresql://listkeep_app@db/listkeep REDIS_URL=rediss://:password@redis \
  STORAGE_URL=s3://storage.example/listkeep
# Where bytecode may not be kept (images often say so), each process that starts would compile all it imports anew:
# `make run` and the tests take three times as long then.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check format lint types contracts migrations translations lengths bench fuzz calls soak production-trial messages lock screenshots

help: ## list the commands
	@awk -F ': .*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/installed-run ## start everything, with a demo account; Ctrl-C stops it
	@LISTKEEP_STARTED=$(STARTED) $(PYTHON) -m config.embedded

test: .venv/installed-dev ## run the tests on real services and a real browser, on all cores; ARGS="-k name" chooses
	@$(PYTHON) -m tests.chromium
	@$(PYTHON) -m pytest -n logical --dist worksteal $(ARGS)

check: format-check lint types contracts migrations translations lengths ## everything that can be checked without running it

.venv/bin/python:
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Listkeep needs Python 3.11 or newer; name it with PYTHON3=/path/to/python3 make run"; exit 1; }
	@$(PYTHON3) -m venv .venv

.venv/installed-run: requirements.lock | .venv/bin/python
	@echo "Installing packages into .venv ..."
	@$(PYTHON) -m $(PIP) -r requirements.lock
	@touch $@

.venv/installed-dev: requirements-dev.lock | .venv/bin/python
	@echo "Installing packages for development into .venv ..."
	@$(PYTHON) -m $(PIP) -r requirements-dev.lock
	@touch $@ .venv/installed-run

format: .venv/installed-dev ## format the code
	@$(PYTHON) -m ruff format
	@$(PYTHON) -m ruff check --select I --fix

format-check: .venv/installed-dev
	@$(PYTHON) -m ruff format --check

lint: .venv/installed-dev
	@$(PYTHON) -m ruff check

types: .venv/installed-dev
	@$(PYTHON) -m mypy

contracts: .venv/installed-dev
	@.venv/bin/lint-imports

migrations: .venv/installed-dev
	@$(PYTHON) -m config.embedded.temporary manage.py makemigrations --check --dry-run
	@$(PYTHON) manage.py check --fail-level WARNING
	@$(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING

translations: .venv/installed-dev
	@$(PYTHON) -m config.translations check
	@$(PYTHON) -m config.translations compile

lengths: .venv/installed-dev
	@$(PYTHON) -m config.file_lengths

messages: .venv/installed-dev ## write the messages in use into the .po files
	@$(PYTHON) -m config.translations update

.venv-bench/installed: requirements-bench.lock | .venv/bin/python
	@echo "Installing what Listkeep is measured beside into .venv-bench ..."
	@$(PYTHON) -m venv --clear .venv-bench
	@.venv-bench/bin/python -m $(PIP) -r requirements-bench.lock
	@touch $@

bench: .venv/installed-dev .venv-bench/installed ## measure against the floors of the same machine
	@$(PYTHON) -m benchmarks $(ARGS)

fuzz: .venv/installed-dev ## try to break the readers of files; SECONDS=3600 takes an hour
	@$(PYTHON) -m tests.imports.readers.fuzz --seconds $(or $(SECONDS),60)

calls: .venv/installed-dev ## send each call of the interface many made-up requests; EXAMPLES=1000
	@LISTKEEP_API_EXAMPLES=$(or $(EXAMPLES),200) $(PYTHON) -m pytest tests/config/api/test_description.py

soak: .venv/installed-dev ## break things at random for 200 tries and check what is left; ARGS="--tries 5 --seed 1 --storage s3"
	@$(PYTHON) -m tests.soak $(ARGS)

production-trial: .venv/installed-dev ## carry out Dockerfile and docker-compose.yml without containers, and try what operations.md says
	@$(PYTHON) -m tests.production $(ARGS)

screenshots: .venv/installed-dev ## take the pictures in docs/screenshots again
	@$(PYTHON) -m tests.chromium
	@LISTKEEP_SCREENSHOTS=docs/screenshots $(PYTHON) -m pytest -m browser

lock: .venv/installed-dev ## write the lock files anew from pyproject.toml
	@$(LOCK) pyproject.toml --output-file requirements.lock
	@$(LOCK) pyproject.toml --group dev --output-file requirements-dev.lock
	@$(LOCK) --group bench --constraints requirements.lock --output-file requirements-bench.lock
