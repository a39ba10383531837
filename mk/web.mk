# The page of the demo: built from web/ into embedded/chat3_page/static, which is committed. Building
# needs Node 20 or newer; running the page, and its tests in `make test`, do not.

VENV ?= .venv

web_path = PATH="$(abspath $(VENV))/bin:$$PATH"

.PHONY: web check-web test-web test-browsers web-packages

test-browsers: setup

# Once for all targets of one call of make.
web-packages: clients-typescript
	@$(web_path) tools/web.sh fetch

web check-web test-web: web-packages

web: ## Build the page of the demo
	@$(web_path) tools/web.sh build
	@echo "web: embedded/chat3_page/static"

check-web: ## Fail when the built page differs from what web/ and the contract give
	@$(web_path) tools/web.sh check

test-web: ## Check style and types of the page, and run its unit tests
	@$(web_path) tools/web.sh test

test-browsers: ## Drive the page with Firefox too; installs it when it is missing
	@tools/setup.sh browsers
	@$(web_path) pytest -q tests/firefox
