"""Pages by number."""

from typing import Final

DEFAULT_LIMIT: Final = 10
"""The rows of a page whose request names no limit."""
