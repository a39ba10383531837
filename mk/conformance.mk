# Others' suites against our transport. Go installs them, pinned, into var/conformance.

VENV ?= .venv

.PHONY: conformance

conformance: setup ## Run h2spec, connectrpc's conformance suite and gRPC's interop client
	@$(RUN_IN_VENV) python tests/conformance/run.py
