# What an installation needs for so many connected users, and how it stands a reconnect storm.
#
#   CAPACITY_USERS="20000 500000"   connected users to print a column for

VENV ?= .venv

.PHONY: capacity reconnect-storm

capacity: setup ## Print what so many connected users take; CAPACITY_USERS="20000 500000"
	@'$(VENV)/bin/python' bench/capacity.py $(if $(CAPACITY_USERS),--users $(CAPACITY_USERS))

reconnect-storm: setup ## Simulate how a million clients reconnect; about two minutes
	@'$(VENV)/bin/python' bench/reconnect_storm.py
