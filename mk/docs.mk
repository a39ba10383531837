# The documentation's site, as MkDocs makes it of docs/, of what stands elsewhere in the repository, and
# of the contract. tools/docs_site has what MkDocs cannot know.
#
#   DOCS_SOURCES_URL=https://…   where the repository's files are readable: links to them lead there
#   DOCS_PAGES='errors api'      parts of the paths of the pages that `make docs-screenshots` looks at;
#                                the name of a reader, such as phone-dark, looks as that one alone

VENV ?= .venv

docs_path = PATH="$(abspath $(VENV))/bin:$$PATH" PYTHONPATH=tools

docs_chromium = $$(PYTHONPATH=tests '$(VENV)/bin/python' -c 'from support.chromium import chromium; print(chromium())')

.PHONY: docs docs-serve docs-links docs-lint docs-screenshots generate-reference

docs docs-serve docs-links docs-lint docs-screenshots generate-reference: setup

docs: ## Build the documentation's site into var/site, and check its links
	@NO_MKDOCS_2_WARNING=1 $(docs_path) mkdocs build --quiet --strict
	@$(docs_path) python -m docs_site.check var/site

docs-serve: ## Show the documentation's site while you write it
	@NO_MKDOCS_2_WARNING=1 $(docs_path) mkdocs serve --no-strict

docs-links: docs ## The same, and ask whether the addresses elsewhere answer
	@$(docs_path) python -m docs_site.check var/site --external

lint: docs-lint

# Pages in Russian are read by people.
docs-lint: ## Check the prose of the documentation: spelling, grammar, phrases
	@$(docs_path) python -m prose $(sort $(filter-out docs/ru/%,$(wildcard *.md api/*.md docs/*.md docs/*/*.md)))

docs-screenshots: docs ## Search the site, and take a picture of every page: desktop, phone, light, dark
	@tools/setup.sh servers
	@$(docs_path) python -m docs_site.search var/site "$(docs_chromium)"
	@$(docs_path) python -m docs_site.pictures var/site var/docs-screenshots "$(docs_chromium)" $(DOCS_PAGES)

generate: generate-reference

generate-reference: ## Write the tables of settings, filters and limits from the code
	@$(BIN)/python tools/settings_table.py --write
	@$(BIN)/python tools/filter_tables.py
	@PYTHONPATH=tools $(BIN)/python tools/limits_table.py
