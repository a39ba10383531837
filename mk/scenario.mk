# One scenario, played by every client library and by the CLI while everything around them fails.
# SEED=17 plays another order of faults; PLAYERS='go cli' lets only these play.

PLAYERS ?= python typescript go cli

.PHONY: test-scenario generate-scenario

_scenario = $(RUN_IN_VENV) PYTHONPATH=tests python -m scenario

test-scenario: setup ## Let the players play the scenario under faults, and compare; PLAYERS='go cli' SEED=17
	@tools/setup.sh servers
	@$(_scenario).run --seed $(or $(SEED),1) $(PLAYERS)

generate-scenario: setup ## Write the scenario's schemas, the merge vectors and what is expected anew
	@tools/setup.sh servers
	@$(_scenario).schemas
	@$(_scenario).merge_vectors
	@$(_scenario).run --calm --expect reference
