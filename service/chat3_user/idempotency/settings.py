"""Where idempotency keys are kept, for how long, and what happens while they cannot be."""

from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class Times:
    """The periods of idempotency, in seconds.

    ``lease``: for how long an attempt holds its key unless it renews. ``settle``: how long after
    the last possible moment of sending an attempt may still turn up at tenant-api. ``retention``:
    for how long a key is remembered.
    """

    lease: Annotated[
        float, Meta(gt=0, description="how long the keys of a killed worker stay locked")
    ] = 5.0
    settle: Annotated[
        float,
        Meta(
            gt=0,
            description="how long an interrupted write may take to arrive at tenant-api; only"
            " after that does a retry write again if it finds nothing",
        ),
    ] = 10.0
    retention: Annotated[
        float, Meta(ge=3600, description="how long an idempotency key is remembered")
    ] = 86_400.0


@dataclass(frozen=True, slots=True)
class IdempotencySettings:
    """The SQLite file, used where there is no Redis; the periods; the choice without a store."""

    database: Annotated[
        str,
        Meta(
            description="SQLite file of idempotency keys, shared by this machine's workers; empty"
            " means a file in STATE_DIRECTORY or ~/.local/state, or memory if DEMO keeps its"
            " platform in memory; :memory: means memory"
        ),
    ] = ""
    times: Times = field(default_factory=Times)
    on_store_failure: Annotated[
        str,
        Meta(
            pattern="^(refuse|write)$",
            description="calls with a key while the store is down: refuse them, or look for the"
            " earlier write at tenant-api and then write, which does not prevent two calls at the"
            " same time",
        ),
    ] = "refuse"

    @property
    def writes_without_store(self) -> bool:
        """Whether a call with a key writes while the store is down."""
        return self.on_store_failure == "write"
