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
        float, Meta(gt=0, description="how long a killed worker's keys stay taken")
    ] = 5.0
    settle: Annotated[
        float,
        Meta(
            gt=0,
            description="how long a write that was cut off may still turn up at tenant-api; a"
            " repetition writes anew only then, if it did not",
        ),
    ] = 10.0
    retention: Annotated[
        float, Meta(ge=3600, description="for how long an idempotency key is remembered")
    ] = 86_400.0


@dataclass(frozen=True, slots=True)
class IdempotencySettings:
    """The SQLite file, used where there is no Redis; the periods; the choice without a store."""

    database: Annotated[
        str,
        Meta(
            description="SQLite file of idempotency keys, shared by this machine's workers; empty"
            " is a file in STATE_DIRECTORY or ~/.local/state, or memory while DEMO keeps its"
            " platform there; :memory: is memory"
        ),
    ] = ""
    times: Times = field(default_factory=Times)
    on_store_failure: Annotated[
        str,
        Meta(
            pattern="^(refuse|write)$",
            description="what becomes of calls with a key while the store is down: refuse, or write"
            " after a look at tenant-api, which does not stop two at the same time",
        ),
    ] = "refuse"

    @property
    def writes_without_store(self) -> bool:
        """Whether a call with a key writes while the store is down."""
        return self.on_store_failure == "write"
