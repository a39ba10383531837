# Writes under faults: minutes long, so not a part of `make test`.

.PHONY: test-mutations

test-mutations: setup ## Send 20,000 messages through faults, killed workers and killed stores; count
	@tools/setup.sh servers
	@$(RUN_IN_VENV) pytest -q -s tests/mutations/mutations_under_faults.py
