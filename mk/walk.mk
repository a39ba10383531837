# Two users do everything with each other through the contract, and a back end fills a whole tenant
# and finds all of it again; about four minutes.
#
#   WALK_MESSAGES=10000   messages that are read back while others write; `make test` takes 500
#   WALK_USERS=1000       users of the back end's tenant, with a dialog for ten; `make test` takes 60

.PHONY: test-walk

test-walk: setup ## Have two users do everything, and a back end fill a tenant of 1,000 users
	@tools/setup.sh servers
	@$(RUN_IN_VENV) env WALK_MESSAGES=$${WALK_MESSAGES:-10000} WALK_USERS=$${WALK_USERS:-1000} \
	  pytest -q tests/integration/test_walk_of_two_users.py tests/integration/test_walk_of_a_back_end.py
