# The fault suite: RabbitMQ and workers that are killed, cut, stalled; a checker that judges what came.

SCHEDULES ?= 20

.PHONY: test-faults

test-faults: setup ## Attack the promises of the stream; SCHEDULES=200 SEED=17 for more, or again
	@tools/setup.sh servers
	@$(RUN_IN_VENV) SCHEDULES=$(SCHEDULES) SEED=$(SEED) pytest -q -s tests/faults
