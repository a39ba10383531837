# Attacks on a worker process, with an honest client beside each: prints its p99 and the worker's
# memory before, during and after. The quick ones are part of `make test`.

VENV ?= .venv

.PHONY: test-hostile

test-hostile: setup ## Attack a worker with raw frames, an honest client beside it
	@$(RUN_IN_VENV) pytest -q -s tests/hostile
