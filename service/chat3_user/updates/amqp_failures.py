"""What aiormq raises when the broker, a connection or a channel goes away meanwhile."""

import asyncio
from typing import Final

from aiormq.exceptions import AMQPError

FAILURES: Final = (AMQPError, OSError, TimeoutError, RuntimeError, asyncio.InvalidStateError)
