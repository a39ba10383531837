"""Streams of updates that do not end: reconnecting, resuming, without duplicates."""
