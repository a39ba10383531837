# One scenario, played by every client library and by the CLI while everything around them fails.
# SEED=17 plays another order of faults; PLAYERS='go cli' lets only these play.

PLAYERS ?= python typescript go cli

.PHONY: test-scenario generate-scenario

_scenario = $(RUN_IN_VENV) PYTHONPATH=tests python -m scenario

test-scenario: setup ## Let the players play the scenario under faults, and compare; PLAYERS='go cli' SEED=17
	@tools/setup.sh servers
	@$(_scenario).run --seed $(or $(SEED),1) $(PLAYERS)

generate-scenario: setup ## Write the scenario's schemas, the merge vectors and what is expected anew
	@tools/setup.sh servers
	@$(_scenario).schemas
	@$(_scenario).merge_vectors
	@$(_scenario).run --calm --expect reference

# The programs of tests/scenario/effort: on the generated stubs, and on the libraries.
_effort = tests/scenario/effort
_built = var/effort
_typescript = clients/typescript

.PHONY: effort-programs test-effort

effort-programs: clients-go clients-typescript
	@rm -rf $(_built) && mkdir -p $(_built)/go $(_built)/typescript/node_modules/@chat3
	@cd $(_effort) && test -z "$$(gofmt -l .)" && go vet ./... && \
	  go build -o '$(abspath $(_built))/go/before' ./before/go && go build -o '$(abspath $(_built))/go/after' ./after/go
	@cp -r $(_typescript)/src/gen $(_built)/typescript/gen
	@for when in before after; do cp $(_effort)/$$when/typescript/main.ts $(_built)/typescript/$$when.ts; done
	@ln -s '$(abspath $(_typescript))' $(_built)/typescript/node_modules/@chat3/client
	@ln -s '$(abspath $(_typescript))'/node_modules/@* $(_built)/typescript/node_modules/
	@echo '{"type": "module"}' >$(_built)/typescript/package.json
	@cd $(_built)/typescript && '$(abspath $(_typescript))/node_modules/.bin/tsc' --strict --skipLibCheck \
	  --target es2023 --module nodenext --types node --outDir out before.ts after.ts

test-effort: setup effort-programs ## Run the programs whose lines are counted, behind connections that break
	@$(_scenario).effort.play python typescript go
