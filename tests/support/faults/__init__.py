"""The fault suite's instruments, from the recorder and its checker to proxies and schedules."""
