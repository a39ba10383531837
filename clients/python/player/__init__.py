"""A program that plays a scenario with the Python client."""
