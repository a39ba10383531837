"""Streams of whole tenants: they follow the updates log, from wherever their tokens say."""
