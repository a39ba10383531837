# The parts of `make test`. They run at once, for most of their time is waiting for other processes;
# the longest begin first. What a part prints is shown when it has ended.

TEST_JOBS ?= 4

.PHONY: test-parts test-units test-integration-a-k test-integration-l-z test-others test-mutations-short

test-parts:
	@rm -rf var/coverage && mkdir -p var/coverage
	@$(MAKE) --no-print-directory --keep-going --jobs=$(TEST_JOBS) --output-sync=target \
	  test-integration-a-k test-integration-l-z test-others test-faults-short test-units \
	  test-mutations-short
	@$(RUN_IN_VENV) sh -c 'coverage combine --quiet --data-file=var/coverage/all \
	    $(_measured:%=var/coverage/%) && coverage report --data-file=var/coverage/all'

# The parts with coverage. A process that outlives its part may write a file of its own beside theirs.
_measured := units integration-a-k integration-l-z others

_tests_units := tests/unit
_tests_integration-a-k := $(wildcard tests/integration/test_[a-k]*.py)
_tests_integration-l-z := $(wildcard tests/integration/test_[l-z]*.py)
_tests_others := $(filter-out tests/unit tests/integration, \
  $(shell sed -n '/^testpaths/,/^]/s/.*"\(tests[^"]*\)".*/\1/p' pyproject.toml))

$(_measured:%=test-%): test-%: setup
	@$(RUN_IN_VENV) env $(MEASURED) COVERAGE_FILE=var/coverage/$* \
	  pytest -q --cov --cov-report= --cov-fail-under=0 -o cache_dir=.pytest_cache/$* $(_tests_$*)

test-mutations-short: setup
	@$(MAKE) --no-print-directory test-mutations MUTATIONS=short
