# The tests with the newest release of what the service depends on, whatever the pins and the lock
# say: what fails here is what an upgrade will have to look at. betterproto2 stays: the code in gen/
# is of its version.

NEWEST_VENV := .venv-newest

.PHONY: test-newest

test-newest: ## Run all tests with the newest release of every dependency
	@$(MAKE) --no-print-directory setup VENV=$(NEWEST_VENV)
	@names="$$(PYTHONPATH=tools $(NEWEST_VENV)/bin/python -m distributions dependencies)" && \
	  $(NEWEST_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade --no-deps \
	    $$(printf '%s\n' $$names | grep -v '^betterproto2$$')
	@$(NEWEST_VENV)/bin/python -m pip freeze | diff --unified=0 requirements.lock - | grep '^[-+][^-+]' || true
	@$(MAKE) --no-print-directory test VENV=$(NEWEST_VENV)
