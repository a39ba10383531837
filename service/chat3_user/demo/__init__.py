"""The demo: a platform within the process, and what a newcomer is shown of it."""
