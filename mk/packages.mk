# The distributions: built, installed into empty environments, released. See docs/packages.md.
#
#   DIST=dist                       where they are built
#   VERSION=0.2.0                   what `make version` writes
#   TAG=v0.2.0                      what `make release-notes` is of
#   PACKAGE_PYTHONS='python3.11 …'  the interpreters of `make test-packages`, names or paths; where
#                                   none are named, all from 3.11 to 3.14 that the machine has

VENV ?= .venv
DIST ?= dist
PRODUCTION_LOCK := requirements-production.lock
CYCLONEDX_VERSION := 7.5.0

distributions = PATH="$(abspath $(VENV))/bin:$$PATH" PYTHONPATH=tools python -m distributions
# The lock is input and output: what it pins stays, as long as it fits.
compile_lock = $(distributions) requirements >var/runtime-requirements && \
  UV_CUSTOM_COMPILE_COMMAND='make lock' '$(VENV)/bin/uv' pip compile --quiet --universal --python-version 3.11 \
    --generate-hashes --no-annotate --constraint requirements.lock var/runtime-requirements --output-file
production_pip = '$(VENV)/bin/python' -m pip --disable-pip-version-check --python var/production/bin/python \
  install --quiet

.PHONY: packages check-packages test-packages test-built-packages version release-notes lock-production check-lock sbom

packages check-packages test-packages test-built-packages version release-notes lock-production check-lock sbom: setup

packages: ## Build the sdists and the wheels into dist/
	@$(distributions) build '$(DIST)'

check-packages: packages ## Build them twice more, elsewhere and from the sdists, and compare
	@$(distributions) reproduce '$(DIST)'

test-packages: check-packages test-built-packages ## Install each wheel into an empty environment and run it

test-built-packages: ## The same with the packages that are in dist/ already
	@$(RUN_IN_VENV) DIST='$(abspath $(DIST))' pytest -q tests/packages

version: ## Print the version of the distributions; VERSION=0.2.0 writes it everywhere
	@$(distributions) version $(VERSION)

release-notes: ## Print what the changelog says of TAG=v0.2.0, when that is the version
	@$(distributions) notes '$(TAG)'

lock-production: ## Write the lock of what production installs, with hashes
	@mkdir -p var
	@$(compile_lock) '$(PRODUCTION_LOCK)'

check-lock: ## Fail when the production lock is not what `make lock` would write
	@mkdir -p var
	@cp '$(PRODUCTION_LOCK)' var/production.lock
	@$(compile_lock) var/production.lock
	@diff -u '$(PRODUCTION_LOCK)' var/production.lock \
	  || { echo "check-lock: $(PRODUCTION_LOCK) is not current; run 'make lock'" >&2; exit 1; }
	@echo 'check-lock: $(PRODUCTION_LOCK) is current'

# From an environment as production installs it, so that it has the licences and who needs whom.
sbom: packages ## Write the bill of materials of the service, as CycloneDX, to var/
	@rm -rf var/production
	@$(VENV)/bin/python -m venv --without-pip var/production
	@$(production_pip) --require-hashes --requirement '$(PRODUCTION_LOCK)'
	@$(production_pip) --no-index --find-links '$(DIST)' chat3-gateway
	@'$(VENV)/bin/uv' tool run --quiet --from 'cyclonedx-bom==$(CYCLONEDX_VERSION)' cyclonedx-py environment \
	  --output-reproducible --mc-type application --pyproject pyproject.toml --output-format JSON \
	  --output-file var/chat3-gateway.cdx.json var/production/bin/python
	@echo 'sbom: var/chat3-gateway.cdx.json'
