# Two users do everything with each other through the contract; about two minutes.
#
#   WALK_MESSAGES=10000   messages that are read back while others write; `make test` takes 1,000

.PHONY: test-walk

test-walk: setup ## Have two users do everything, and read 10,000 messages back while others write
	@tools/setup.sh servers
	@$(RUN_IN_VENV) env WALK_MESSAGES=$${WALK_MESSAGES:-10000} \
	  pytest -q tests/integration/test_walk_of_two_users.py
