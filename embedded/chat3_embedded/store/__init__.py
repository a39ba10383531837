"""What the embedded tenant-api remembers: one SQLite database behind small, typed tables."""

from chat3_embedded.store.facade import Store

__all__ = ["Store"]
