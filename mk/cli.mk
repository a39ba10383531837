# The reference of the `chat3` command: docs/cli-reference.md, made of its commands. A test holds the
# page to them.

.PHONY: generate-cli-reference

generate: generate-cli-reference

generate-cli-reference: setup ## Write the reference of the command from its commands
	@$(BIN)/python tools/cli_reference.py --write
