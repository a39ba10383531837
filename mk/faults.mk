# The heavy suites of the updates stream: faults against a real broker, and 10,000 subscribers.
# SCHEDULES=200 plays so many random fault schedules; SEED=17 SCHEDULES=1 plays one of them again.

SCHEDULES ?= 20

.PHONY: test-faults

test-faults: setup ## Break broker, workers and clients at random and by name; SCHEDULES=200 SEED=17
	@tools/setup.sh servers
	@$(RUN_IN_VENV) SCHEDULES='$(SCHEDULES)' SEED='$(SEED)' pytest -q tests/faults
