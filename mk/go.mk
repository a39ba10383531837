# The Go library in clients/go: its generated stubs, its checks, its tests. Go fetches what go.mod pins.
# Where Go is installed, `make generate` and `make check-generated` include its stubs.

VENV ?= .venv
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.7.0

go_path = PATH="$(abspath $(VENV))/bin:$$PATH"
go_vectors = clients/go/chat3/testdata/merge_vectors.json

.PHONY: clients-go generate-go check-generated-go check-go test-go test-go-live

ifneq ($(shell command -v go),)
generate: generate-go
check-generated: check-generated-go
endif

generate-go check-generated-go check-go test-go-live: setup

generate-go: ## Generate the stubs of the Go library
	@rm -rf clients/go/gen
	@$(go_path) buf generate --template clients/go/buf.gen.yaml
	@cp tests/scenario/merge_vectors.json $(go_vectors)

check-generated-go: ## Fail when the stubs of the Go library differ from what the contract gives
	@rm -rf var/go && mkdir -p var/go
	@$(go_path) buf generate --template clients/go/buf.gen.yaml --output var/go
	@diff -rq var/go/clients/go/gen clients/go/gen || { echo "check-generated-go: run 'make generate-go'"; exit 1; }
	@cmp tests/scenario/merge_vectors.json $(go_vectors) || { echo "check-generated-go: run 'make generate-go'"; exit 1; }
	@echo "check-generated-go: everything is up to date"

clients-go: ## Compile the Go library, its example and its player of the scenario
	@cd clients/go && go vet ./... && go build -o chat3-client ./examples/chat && go build -o player ./internal/player
	@echo "clients-go: clients/go/chat3-client, clients/go/player"

check-go: check-generated-go ## Check the Go library's style and its stubs
	@cd clients/go && test -z "$$(gofmt -l chat3 examples internal)" || { gofmt -d chat3 examples internal; exit 1; }
	@cd clients/go && go vet -tags live ./... && go mod tidy -diff && go run $(STATICCHECK) -tags live ./chat3/... ./examples/... ./internal/...

test-go: ## Test the Go library with the race detector
	@cd clients/go && go test -race -count=1 ./...

test-go-live: ## Test the Go library against the service, and the programs of docs/clients/go.md
	@$(go_path) pytest -q tests/client_go
