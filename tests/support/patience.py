"""How long tests wait for what has to come, before they say that it hangs."""

from typing import Final

HANGS: Final = 120.0
"""Seconds: an idle machine needs less than one; a shared one with ten times the work has its time.

Tests of deadlines name their own.
"""

STARTS: Final = 180.0
"""Seconds for processes to start or to end: an idle machine needs three for one with workers."""
