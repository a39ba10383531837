"""How often a worker looks at what it needs, and what counts as a stall of its event loop."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """Times are seconds.

    What is outside is asked every ``interval``, a quarter more or less, and has ``timeout`` to
    answer; what is inside is looked at every ``inside``. A finding that contradicts what is known
    makes the next look come sooner.
    """

    interval: Annotated[
        float,
        Meta(
            gt=0,
            description="how often a worker checks tenant-api, the idempotency store, Redis and"
            " the updates log, with a jitter of a quarter",
        ),
    ] = 5.0
    tenant_api_path: Annotated[
        str,
        Meta(
            pattern="^(/[!-~]*)?$",
            description="health check path of tenant-api, which returns 200 or 5xx; empty means"
            " /ready, or /health if there is no /ready",
        ),
    ] = ""
    stall: Annotated[
        float,
        Meta(
            gt=0,
            description="a worker is not ready after its event loop was blocked for this long",
        ),
    ] = 2.0
    timeout: float = 2.0
    inside: float = 0.5
