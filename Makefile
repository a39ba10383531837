# `make run` and `make test` are all a newcomer needs: each sets up what it uses.
# `make help` lists the rest.

SHELL := /bin/bash
VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin
RUN_IN_VENV = PATH="$(abspath $(BIN)):$$PATH"

# To trace a line, Python 3.12 and 3.13 search the line table of the whole function
# (python/cpython#127953): the generated decoders would take a hundred times as long. There
# sys.monitoring measures, which before 3.14 cannot tell branches.
MEASURED = $$('$(BIN)/python' -c 'import sys; print("" if sys.version_info[:2] not in ((3, 12), (3, 13)) \
  else "COVERAGE_CORE=sysmon COVERAGE_BRANCH=false")')

.DEFAULT_GOAL := help
.PHONY: help setup run test test-contract test-contract-pointed lint format clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## Make the virtual environment

# A lock pins every package; the file is newer than the environment after an upgrade.
$(VENV)/.ready: $(wildcard pyproject.toml */pyproject.toml */*/pyproject.toml) requirements.lock tools/setup.sh
	@tools/setup.sh venv $(VENV) $(PYTHON)

run: setup ## Run the service with demo data; nothing else is needed
	@DEMO=$${DEMO-true} exec $(BIN)/chat3-user-service

test: setup ## Run all tests, of the heavy suites a part; installs RabbitMQ when it is missing
	@tools/setup.sh servers
	@$(if $(TESTS),$(RUN_IN_VENV) pytest $(TESTS),$(MAKE) --no-print-directory test-parts)

test-contract: setup ## Hold the embedded tenant-api, or the one at TENANT_API_URL, to the contract
	@$(RUN_IN_VENV) pytest tests/contract

test-contract-pointed: setup ## Point that suite at the embedded tenant-api, as at any other server
	@$(RUN_IN_VENV) python tests/contract/over_http.py

lint: setup lint-proto lint-workflows lint-deploy ## Check style, types, contract, workflows, deploy/, prose
	@$(RUN_IN_VENV) ruff check .
	@$(RUN_IN_VENV) ruff format --check .
	@$(RUN_IN_VENV) lint-imports --no-cache --no-logo
	@$(RUN_IN_VENV) python tools/inner_parts.py
	@$(RUN_IN_VENV) mypy
	@$(RUN_IN_VENV) bash -c 'cd tools && mypy --strict protoc_gen_chat3_docs generated_tree distributions dashboard docs_site prose'
	@$(RUN_IN_VENV) bash -c 'cd bench && mypy --strict sizing capacity.py reconnect_storm.py'

format: setup ## Format the code and the contract
	@$(RUN_IN_VENV) ruff check --fix-only --quiet . || true
	@$(RUN_IN_VENV) ruff format .
	@$(RUN_IN_VENV) buf format -w

clean: ## Remove what was built, the environment included
	rm -rf $(VENV) $(NEWEST_VENV) var build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*

include mk/*.mk

lint-proto generate check-generated breaking guard-contract check-guard lint-workflows: setup

.PHONY: lock
lock: setup ## Write the versions of the present environment into the locks
	@{ head -1 requirements.lock; $(BIN)/pip freeze --exclude-editable | grep -v -E '^(-e|chat3)'; } > requirements.new
	@mv requirements.new requirements.lock
	@$(MAKE) --no-print-directory lock-production
