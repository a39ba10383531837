# The example clients: generates their stubs from the contract and compiles them. The stubs are not
# committed, but for those of the Go library (mk/go.mk). Go and npm fetch what go.mod and package-lock.json
# pin, on the first run.
#
# A client in Go that calls every method is built with the same stubs; its tests take a minute.

VENV ?= .venv

clients_path = PATH="$(abspath $(VENV))/bin:$$PATH"

.PHONY: clients clients-python test-clients test-foreign-go

clients-python: setup

clients: clients-go clients-typescript clients-python ## Generate and compile all example clients

_python_examples = clients/python/examples

clients-python: ## Generate the stubs of the examples in Python and check that they load
	@rm -rf $(_python_examples)/gen && mkdir -p $(_python_examples)/gen
	@$(clients_path) python -m grpc_tools.protoc --proto_path=api --python_out=$(_python_examples)/gen \
	  --pyi_out=$(_python_examples)/gen --grpc_python_out=$(_python_examples)/gen \
	  api/chat3/user/v1/*.proto api/chat3/tenant/v1/*.proto
	@cd $(_python_examples) && PYTHONPATH=gen '$(abspath $(VENV))/bin/python' -W error \
	  -c 'import asyncio_client, grpcio_client, push_notifications'
	@echo 'clients-python: asyncio_client.py, grpcio_client.py, push_notifications.py of $(_python_examples)'

test-clients: clients ## Run the example programs, and all client libraries under faults; SEED=17
	@tools/setup.sh servers
	@$(clients_path) pytest -q tests/clients
	@$(MAKE) --no-print-directory test-effort test-scenario

_go_driver = tests/foreign_go/driver

test-foreign-go: setup clients-go ## Call every method with a client in Go, and compare with grpcio's
	@tools/setup.sh servers
	@test -z "$$(gofmt -l $(_go_driver))" || { gofmt -d $(_go_driver); exit 1; }
	@cd $(_go_driver) && go vet . && go build -o driver .
	@$(clients_path) pytest -q tests/foreign_go
