# Writes with keys under faults and restarts of the platform: minutes long.
#
#   MUTATIONS=short         only what leaves nothing to chance: the platform dies after each step of
#                           each kind of write of the newest platform; about two minutes
#   MUTATION_SEEDS=25       seeds of the random part, for each of two platforms with each of two stores
#   MUTATION_FIRST_SEED=1   the first of them: play one again with MUTATION_SEEDS=1
#   MUTATION_SENDS=100      messages of a seed; a fifth as many statuses and reactions come with them,
#                           seven tenths as many creations, and a change of every kind for fifty
#   MUTATION_SERVICE=…      another checkout, whose service the workers run

.PHONY: test-mutations

MUTATIONS ?= all
_mutations_every_step := tests/mutations/mutations_cut_at_every_step.py \
  tests/mutations/mutations_changes_cut_at_every_step.py
_mutations_short := -k 0.0.87 $(_mutations_every_step)
_mutations_all := $(_mutations_every_step) tests/mutations/mutations_under_faults.py

test-mutations: setup ## Write 10,000 messages, and dialogs and users, while all servers die; MUTATIONS=short
	@tools/setup.sh servers
	@$(RUN_IN_VENV) pytest -q -s $(_mutations_$(MUTATIONS))
