# Certificates for development: an authority, a server on this machine, a client.

VENV ?= .venv
CERTS ?= var/certs

.PHONY: certs

certs: setup ## Write certificates for development to var/certs
	@$(VENV)/bin/python tools/make_certs.py '$(CERTS)'
