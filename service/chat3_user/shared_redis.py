"""The Redis that several machines share: where it is, for the parts that keep something there."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class RedisSettings:
    """Without a ``url`` there is none; ``timeout`` is in seconds."""

    url: Annotated[
        str,
        Meta(
            description="Redis that several machines share, such as redis://user:password@host/0;"
            " rediss:// for TLS; empty keeps idempotency keys in IDEMPOTENCY_DATABASE"
        ),
    ] = ""
    timeout: Annotated[
        float, Meta(gt=0, description="longest wait for a connection to Redis and for an answer")
    ] = 1.0
