"""Where an issuer's key set is: a file, or an address that is asked by HTTP."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import aiohttp

from chat3_user.tokens.key_set import KeySetError

TIMEOUT: Final = 5.0
_LONGEST: Final = 262_144
_OK: Final = 200

Read = Callable[[], Awaitable[bytes]]
"""Returns the document; raises `OSError`, `TimeoutError`, `aiohttp.ClientError`, `KeySetError`."""


def key_source(place: str, tls: ssl.SSLContext | None) -> Read:
    """Return what reads the key set at ``place``, a path or a URL."""

    async def of_file() -> bytes:
        return await asyncio.to_thread(Path(place).read_bytes)

    async def of_address() -> bytes:
        # A connection for each question: there is one in minutes.
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT)) as session,
            session.get(place, ssl=tls or True, allow_redirects=False) as answer,
        ):
            if answer.status != _OK:
                raise KeySetError(f"answered {answer.status}")
            document = b""
            async for chunk in answer.content.iter_chunked(65_536):
                document += chunk
                if len(document) > _LONGEST:
                    raise KeySetError(f"larger than {_LONGEST} bytes")
            return document

    return of_address if "://" in place else of_file
