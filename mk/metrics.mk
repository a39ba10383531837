# The tables of docs/metrics.md, made from the metrics of the service.

.PHONY: generate-metrics check-metrics

generate: generate-metrics
check-generated: check-metrics

generate-metrics: setup
	@$(BIN)/python tools/metrics_table.py

check-metrics: setup
	@$(BIN)/python tools/metrics_table.py --check
