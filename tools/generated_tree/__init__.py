"""Keeps the generated files of the project equal to a fresh generation."""
