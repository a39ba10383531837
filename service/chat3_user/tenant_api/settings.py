"""Where tenant-api is, how many connections it gets, and what is done when it fails."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class TenantApiSettings:
    """Times are seconds."""

    url: Annotated[
        str,
        Meta(
            description="address of tenant-api, such as http://tenant-api:3000; required without"
            " DEMO"
        ),
    ] = ""
    connections: Annotated[
        int, Meta(ge=1, description="most concurrent connections to tenant-api")
    ] = 256
    connect_timeout: Annotated[float, Meta(gt=0, description="connect timeout for tenant-api")] = (
        5.0
    )


@dataclass(frozen=True, slots=True)
class ResilienceSettings:
    """Bounds of retries and of the circuit; periods in seconds.

    A read is tried at most ``attempts`` times. Retries are at most ``budget`` of all reads, besides
    ``burst``. After ``failures`` failed calls in a row (0: never) the circuit is open for
    ``open_first``, and twice as long after each failed probe, up to ``open_longest``. Other calls
    wait for a probe; one without an answer after ``probe_wait`` has failed.
    """

    attempts: Annotated[
        int, Meta(ge=1, description="most attempts of a read when tenant-api is down")
    ] = 3
    wait_first: float = 0.05
    wait_longest: float = 1.0
    budget: Annotated[
        float, Meta(ge=0, le=1, description="most retries, as a ratio of all reads")
    ] = 0.1
    burst: float = 10.0
    failures: Annotated[
        int,
        Meta(
            ge=0,
            description="consecutive failures after which calls fail at once until a probe"
            " succeeds; 0 means never",
        ),
    ] = 20
    open_first: float = 0.5
    open_longest: float = 10.0
    probe_wait: float = 2.0
