# The heavy suites: faults against a real broker, and writes under faults.
# SCHEDULES=200 plays so many random fault schedules; SEED=17 SCHEDULES=1 plays one of them again;
# BACK_ENDS=0.7 has that part of their clients watch many users on one stream.

SCHEDULES ?= 20
SWITCHES ?= 5

# What `make test` plays of them: all faults that take less than a minute, few of the random ones,
# always the same, and one upgrade of the platform.
# Of the schedules 9 to 11 the second kills the broker.
SHORT_SCHEDULES := SCHEDULES=3 SEED=9 SWITCHES=1

.PHONY: test-faults test-faults-short test-generations

test-faults-short: setup ## Play the part of test-faults that `make test` plays
	@tools/setup.sh servers
	@$(RUN_IN_VENV) $(SHORT_SCHEDULES) pytest -q -m 'not slow' -o cache_dir=.pytest_cache/faults tests/faults

test-faults: setup ## Break broker, workers and clients at random and by name; SCHEDULES=200 SEED=17
	@tools/setup.sh servers
	@$(RUN_IN_VENV) SCHEDULES='$(SCHEDULES)' SEED='$(SEED)' BACK_ENDS='$(BACK_ENDS)' pytest -q tests/faults

test-generations: setup ## Old and new routing keys of the platform, and its upgrade under load; SWITCHES=5
	@tools/setup.sh servers
	@$(RUN_IN_VENV) SWITCHES='$(SWITCHES)' SEED='$(SEED)' pytest -q tests/faults/test_generations.py
