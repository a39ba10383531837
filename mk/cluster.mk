# The engines behind the service as clusters, and restarts of everything. Heavy: minutes long.
#
#   CLUSTER_SCHEDULES=6   schedules of lost nodes; SEED=17 plays one of them again
#   ROLLING_STREAMS=2000  streams that are open while everything is restarted

CLUSTER_SCHEDULES ?= 6
ROLLING_STREAMS ?= 2000

.PHONY: test-cluster rolling-restart

test-cluster: setup ## Kill nodes of a RabbitMQ cluster and fail Redis over, under load
	@tools/setup.sh servers
	@$(RUN_IN_VENV) CLUSTER_SCHEDULES='$(CLUSTER_SCHEDULES)' SEED='$(SEED)' pytest -q tests/cluster

rolling-restart: setup ## Restart everything one by one with 2,000 streams open: nothing fails
	@tools/setup.sh servers
	@$(RUN_IN_VENV) python tests/rolling/run.py --streams '$(ROLLING_STREAMS)'
