# The contract's tool chain: lint it, generate from it, guard it.
# Needs a virtual environment with the `generate` dependency group; works without git history.

generate_mk := $(lastword $(MAKEFILE_LIST))

VENV ?= .venv
CONTRACT_IMAGE ?= api/guarded.binpb
# What the contract must stay compatible with: an image, a directory or a git reference of buf's form.
BREAKING_AGAINST ?= $(CONTRACT_IMAGE)

contract_path = PATH="$(abspath $(VENV))/bin:$$PATH"

.PHONY: lint-proto generate check-generated breaking guard-contract check-guard

lint-proto: ## Check the format and the style of the contract
	@$(contract_path) buf format --diff --exit-code
	@$(contract_path) buf lint

generate: lint-proto ## Generate the Python package, the descriptor set and the API docs
	@$(contract_path) tools/generate.sh write

check-generated: ## Fail when generated files differ from what the contract gives
	@$(contract_path) tools/generate.sh check

breaking: ## Fail when the contract breaks what the guarded one promised
	@$(contract_path) tools/generate.sh breaking '$(BREAKING_AGAINST)'

guard-contract: ## Make the present contract the guarded one; FORCE=1 accepts breaking changes
ifneq ($(FORCE),1)
	@if [ -e '$(CONTRACT_IMAGE)' ]; then $(MAKE) --no-print-directory -f $(generate_mk) breaking VENV='$(VENV)' BREAKING_AGAINST='$(CONTRACT_IMAGE)'; fi
endif
	@$(contract_path) buf build --exclude-source-info -o '$(CONTRACT_IMAGE)'
	@echo "guard-contract: wrote $(CONTRACT_IMAGE)"

check-guard: ## Fail when the guarded contract is not the present one: releases need it
	@$(contract_path) tools/generate.sh check-guard '$(CONTRACT_IMAGE)'
