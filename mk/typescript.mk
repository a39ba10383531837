# The library in TypeScript, clients/typescript: npm fetches what package-lock.json pins.
#
# `make web` builds it, too: the page of the demo uses it.

VENV ?= .venv

typescript_path = PATH="$(abspath $(VENV))/bin:$$PATH"

.PHONY: clients-typescript test-typescript test-typescript-package

clients-typescript: setup

clients-typescript: ## Build the library in TypeScript, its example and its player of the scenario
	@$(typescript_path) tools/typescript_client.sh build
	@echo "clients-typescript: clients/typescript/dist, clients/typescript/build"

test-typescript: clients-typescript ## Check style and types of the library in TypeScript, and run its unit tests
	@$(typescript_path) tools/typescript_client.sh test

test-typescript-package: clients-typescript ## Install the packed library, and run it against the service
	@$(typescript_path) pytest -q tests/client_typescript
