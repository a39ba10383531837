"""The fault suite's instruments: recorder, checker, proxy, workers, clients, publisher, schedules."""
