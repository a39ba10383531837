"""The calls of the contract as methods, generated from it."""
