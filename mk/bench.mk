# The benchmarks: each runs alone and writes its figures to bench/results. They want an idle machine
# with two cores. BENCH_ARGUMENTS goes to every program, for example: --runs 1 --seconds 1.

VENV ?= .venv
BENCH_ARGUMENTS ?=

bench_python = PATH="$(abspath $(VENV))/bin:$$PATH" '$(abspath $(VENV))/bin/python'

CALL ?= page-20

.PHONY: bench bench-unary bench-streams bench-streams-fanout bench-watching bench-protocols bench-binding bench-log-read bench-resumes bench-connections bench-latency bench-workers bench-tokens bench-telemetry bench-coldstart bench-charts bench-profile bench-setup

bench: bench-unary bench-streams-fanout bench-streams bench-watching bench-protocols bench-binding bench-log-read bench-resumes bench-connections bench-latency bench-workers bench-tokens bench-telemetry bench-coldstart bench-charts ## Run all benchmarks and draw the charts

bench-setup: setup
	@tools/setup.sh bench
	@'$(abspath $(VENV))/bin/python' -m pip install --quiet --disable-pip-version-check --group bench

bench-unary: bench-setup ## CPU per unary call, against the reference
	@$(bench_python) bench/unary.py $(BENCH_ARGUMENTS)

bench-streams-fanout: bench-setup ## CPU per delivered update and its latency, against the reference
	@$(bench_python) bench/streams.py $(BENCH_ARGUMENTS)

bench-streams: bench-setup ## Memory of 10,000 idle streams, and a storm in which all resume
	@$(bench_python) bench/streams_memory.py $(BENCH_ARGUMENTS)

bench-watching: bench-setup ## One stream of 10,000 users, and one of their tenant, beside a stream for each
	@$(bench_python) bench/watching.py $(BENCH_ARGUMENTS)

bench-protocols: bench-setup ## CPU per call and per delivered update, by gRPC, gRPC-Web and Connect
	@$(bench_python) bench/protocols.py $(BENCH_ARGUMENTS)

bench-binding: bench-setup ## CPU of an update of nobody here, beside a binding for each user
	@$(bench_python) bench/binding.py $(BENCH_ARGUMENTS)

bench-log-read: bench-setup ## CPU of an entry of the updates log that a worker reads, and how many a second
	@$(bench_python) bench/log_read.py $(BENCH_ARGUMENTS)

bench-resumes: bench-setup ## CPU of a stream of a tenant that resumes and is left at once
	@$(bench_python) bench/resumes.py $(BENCH_ARGUMENTS)

bench-connections: bench-setup ## CPU of a connection, in plaintext and with TLS
	@$(bench_python) bench/connections.py $(BENCH_ARGUMENTS)

bench-latency: bench-setup ## Latency added to a direct REST call
	@$(bench_python) bench/latency.py $(BENCH_ARGUMENTS)

bench-workers: bench-setup ## Two workers against one
	@$(bench_python) bench/workers.py $(BENCH_ARGUMENTS)

bench-tokens: bench-setup ## CPU per call by a token, beside a call by an API key
	@$(bench_python) bench/tokens.py $(BENCH_ARGUMENTS)

bench-telemetry: bench-setup ## CPU of metrics, call log and traces, on a page of 20 and on fan-out
	@$(bench_python) bench/telemetry.py $(BENCH_ARGUMENTS)

bench-coldstart: bench-setup ## Seconds from process start to ready
	@$(bench_python) bench/coldstart.py

bench-charts: bench-setup ## Draw the charts from the last figures
	@$(bench_python) bench/charts.py

bench-profile: bench-setup ## Show where the CPU of a call goes; CALL=page-20
	@$(bench_python) bench/profile_call.py $(CALL)
