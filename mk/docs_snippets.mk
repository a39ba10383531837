# The documentation, done as it says: every page's commands and programs run against the demo, and
# newcomers walk from an empty folder to a received update. `make test` reads the pages alone.
#
#   DOCS_TESTS='-k stream'   what pytest chooses by

DOCS_TESTS ?=

.PHONY: test-docs

test-docs: setup ## Do what the documentation says: all commands, all programs, newcomers' walks
	@tools/setup.sh servers
	@$(RUN_IN_VENV) pytest -q tests/docs $(DOCS_TESTS)
