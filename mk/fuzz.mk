# Fuzzing of everything that hears from outside. Heavy: 15 minutes for a million cases on two cores;
# a few thousand are part of `make test`.

VENV ?= .venv
FUZZ_CASES ?= 1000000
FUZZ_SEED ?= 1

.PHONY: test-fuzz

test-fuzz: setup ## Fuzz decoders, calls, frames and sockets; FUZZ_CASES and FUZZ_SEED
	@$(VENV)/bin/python tests/fuzz/run.py --cases $(FUZZ_CASES) --seed $(FUZZ_SEED)
