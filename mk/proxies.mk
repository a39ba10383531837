# Streams through nginx and HAProxy, as `deploy/proxies` sets them up, with silences and a restart of the
# proxy. `make test` plays them without the silences.
#
#   PROXY_SILENCE=600   seconds without an update, half of them before the restart, half after it

.PHONY: test-proxies

test-proxies: export PROXY_SILENCE ?= 600
test-proxies: setup ## Hold streams through nginx and HAProxy for ten minutes each
	@tools/setup.sh servers
	@$(RUN_IN_VENV) pytest -q --timeout=1500 tests/integration/test_proxies.py -k outlives
