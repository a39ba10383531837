"""Checks the prose of the documentation: spelling and grammar by Harper, and phrases of our own."""
