# Pictures of traces, drawn from what a receiver of OTLP got; run it after a change of spans.

VENV ?= .venv

.PHONY: trace-pictures

trace-pictures: setup ## Send a message through RabbitMQ and two workers, and draw its traces for the docs
	@tools/setup.sh servers
	@PATH="$(abspath $(VENV))/bin:$$PATH" PYTHONPATH=tests:tests/integration python tests/integration/draw_traces.py
