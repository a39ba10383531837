"""All rows, from top to bottom."""

from dashboard.behind import PLATFORM, WRITES
from dashboard.calls import CALLS, OVERVIEW
from dashboard.streams import BROKER, STREAMS
from dashboard.workers import CALLERS, PROCESSES

ROWS = (OVERVIEW, CALLS, STREAMS, BROKER, PLATFORM, WRITES, CALLERS, PROCESSES)
