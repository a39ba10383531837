"""The components of a worker's health, and what each reason does to its readiness.

Everything about health follows from this table: the state machine, `docs/health.md`, and the list
of tests. `docs/decisions/health.md` says why each row is as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Effect(StrEnum):
    """What a component that is down does to its worker."""

    DEGRADED = "degraded"
    NOT_READY = "not_ready"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a component is down: what it means, and what callers notice."""

    meaning: str
    noticed: str
    effect: Effect = Effect.DEGRADED


@dataclass(frozen=True, slots=True)
class Component:
    """Something a worker needs.

    ``fall`` findings in a row take it down, ``rise`` bring it back. A worker is not ready until
    each component that is ``needed`` has been up once.
    """

    name: str
    what: str
    reasons: Mapping[str, Reason]
    needed: bool = False
    fall: int = 2
    rise: int = 2


CHECK_FAILED: Final = "check_failed"
"""The reason of any component whose check itself fails, with an error that nobody expected."""

PROCESS: Final = "process"
LISTENER: Final = "listener"
EVENT_LOOP: Final = "event_loop"
BROKER: Final = "broker"
UPDATES_LOG: Final = "updates_log"
UPDATES: Final = "updates"
TENANT_API: Final = "tenant_api"
IDEMPOTENCY_STORE: Final = "idempotency_store"
RATES: Final = "rates"
TOKEN_ISSUER_KEYS: Final = "token_issuer_keys"  # noqa: S105 - a name

_KEYED_WRITES: Final = (
    "reads and streams work; writes with an idempotency key get"
    " `IDEMPOTENCY_UNAVAILABLE`, unless `IDEMPOTENCY_ON_STORE_FAILURE=write`"
)
_NO_LIVE_UPDATES: Final = (
    "calls work; open streams say `degraded` and fill the gap later; new streams get"
    " `UPDATES_UNAVAILABLE`"
)
_NO_PLATFORM: Final = "open streams work; calls get `UPSTREAM_UNAVAILABLE`"
_NO_RESUMING: Final = "calls and live updates work; a stream that resumes may get a gap"
_RATES_APART: Final = "calls work; each worker counts rates by itself, so limits are looser"

COMPONENTS: Final[tuple[Component, ...]] = (
    Component(
        PROCESS,
        "the worker itself",
        {
            "shutting_down": Reason(
                "SIGTERM or SIGINT has come; calls in flight go on",
                "nothing, if the balancer looks more often than `SHUTDOWN_DELAY`",
                Effect.NOT_READY,
            )
        },
        fall=1,
        rise=1,
    ),
    Component(
        LISTENER,
        "the socket at `GRPC_PORT`",
        {
            "not_listening": Reason(
                "the worker accepts no connections",
                "new connections fail or reach another worker of the machine",
                Effect.NOT_READY,
            )
        },
        needed=True,
        fall=1,
        rise=1,
    ),
    Component(
        EVENT_LOOP,
        "the loop that all calls of the worker run in",
        {
            "stalled": Reason(
                "the loop stood still for `EVENT_LOOP_STALL` seconds within the last five: the"
                " machine swaps, the container is throttled, or code blocks",
                "calls are late; probes time out while it stands",
                Effect.NOT_READY,
            )
        },
        fall=1,
        rise=20,
    ),
    Component(
        BROKER,
        "the session at `RABBITMQ_URL`",
        {
            "unreachable": Reason(
                "no connection, or the session ended and did not come back", _NO_LIVE_UPDATES
            ),
            "vhost_refused": Reason(
                "the vhost does not exist, or the user may not enter it", _NO_LIVE_UPDATES
            ),
            "access_refused": Reason(
                "user or password is wrong, or the user may not declare or bind what it has to",
                _NO_LIVE_UPDATES,
            ),
        },
        needed=True,
    ),
    Component(
        UPDATES_LOG,
        "the stream queue `RABBITMQ_UPDATES_LOG`",
        {
            "deleted": Reason(
                "somebody has deleted it; the worker declares it anew at once, and notes a gap",
                _NO_RESUMING,
            ),
            "unavailable": Reason(
                "it cannot be declared or read: RabbitMQ is too old, or the user may not",
                _NO_RESUMING,
            ),
        },
        fall=1,
    ),
    Component(
        UPDATES,
        "the updates that the broker delivers",
        {
            "unreadable": Reason(
                "within the last minute, an update did not say whom it is for",
                "streams may lack updates",
            )
        },
        fall=1,
        rise=1,
    ),
    Component(
        TENANT_API,
        "tenant-api, by its `/ready`, or `/health` before it had that",
        {
            "unreachable": Reason("no connection, or no answer in time", _NO_PLATFORM),
            "not_ready": Reason(
                "it answers 5xx: one of the servers behind it is down, and named in the detail",
                "calls may fail; updates may stay out",
            ),
            "unexpected_answer": Reason(
                "what answers is no tenant-api, or does not show its health:"
                " `TENANT_API_HEALTH_PATH` names another path",
                "depends on what stands there",
            ),
            "calls_fail": Reason(
                "its health is good, and `TENANT_API_CIRCUIT_FAILURES` calls in a row have failed",
                _NO_PLATFORM,
            ),
        },
        needed=True,
    ),
    Component(
        IDEMPOTENCY_STORE,
        "the SQLite file `IDEMPOTENCY_DATABASE`, or Redis at `REDIS_URL`",
        {
            "unreachable": Reason(
                "Redis does not answer in time; another process holds the file's lock",
                _KEYED_WRITES,
            ),
            "unwritable": Reason(
                "the disk is full, a quota or file limit is reached, the disk fails; Redis has no"
                " memory left, is a replica, or cannot save",
                _KEYED_WRITES,
            ),
            "refused": Reason("Redis refuses the user, the password or a command", _KEYED_WRITES),
        },
        needed=True,
    ),
    Component(
        RATES,
        "Redis at `REDIS_URL`, where rates are limited",
        {
            "unreachable": Reason("Redis does not answer in time", _RATES_APART),
            "unwritable": Reason(
                "Redis has no memory left, is a replica, or cannot save", _RATES_APART
            ),
            "refused": Reason("Redis refuses the user, the password or a command", _RATES_APART),
        },
    ),
    Component(
        TOKEN_ISSUER_KEYS,
        "the key set at `TOKEN_ISSUER_KEYS`",
        {
            "not_read": Reason(
                "the last reading failed; keys that were read before still count",
                "nothing, or: calls by tokens of the issuer get `UPSTREAM_UNAVAILABLE`",
            )
        },
        fall=1,
        rise=1,
    ),
)

ANY_COMPONENT: Final[Mapping[str, Reason]] = {
    CHECK_FAILED: Reason(
        "the check itself failed, which is a defect of this service: its log has the traceback",
        "perhaps nothing",
    )
}
"""The reasons that every component may have."""


def effect_of(component: Component, reason: str) -> Effect:
    """Return what ``reason`` does to a worker that had the component before.

    Raises ``KeyError`` for a reason that is not in the table.
    """
    return (component.reasons.get(reason) or ANY_COMPONENT[reason]).effect


def rows() -> list[tuple[str, str]]:
    """Return component and reason of each row."""
    return [(each.name, reason) for each in COMPONENTS for reason in each.reasons] + [
        ("any", reason) for reason in ANY_COMPONENT
    ]
