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
"""The reason of any component whose check itself fails, with an unexpected error."""

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
    " `ERROR_REASON_IDEMPOTENCY_STORE_UNAVAILABLE`, unless `IDEMPOTENCY_ON_STORE_FAILURE=write`"
)
_NO_LIVE_UPDATES: Final = (
    "calls work; open streams report `STREAM_STATE_DEGRADED` and catch up later; new streams get"
    " `ERROR_REASON_UPDATES_UNAVAILABLE`"
)
_NO_PLATFORM: Final = "open streams work; calls get `ERROR_REASON_UPSTREAM_UNAVAILABLE`"
_NO_RESUMING: Final = "calls and live updates work; a stream that resumes may get a gap"
_RATES_APART: Final = "calls work; each worker counts separately, so rate limits are looser"

COMPONENTS: Final[tuple[Component, ...]] = (
    Component(
        PROCESS,
        "the worker itself",
        {
            "shutting_down": Reason(
                "the process received SIGTERM or SIGINT; calls in progress continue",
                "nothing, if the balancer checks more often than every `SHUTDOWN_DELAY`",
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
                "the loop was blocked for `EVENT_LOOP_STALL` seconds within the last five: the"
                " machine swaps, the container is throttled, or code blocks",
                "calls are late; probes time out while the loop is blocked",
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
                "no connection, or the session ended and could not be restored", _NO_LIVE_UPDATES
            ),
            "vhost_refused": Reason(
                "the vhost does not exist, or the user has no access to it", _NO_LIVE_UPDATES
            ),
            "access_refused": Reason(
                "user or password is wrong, or the user lacks permissions to declare or bind",
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
                "somebody has deleted it; the worker declares it again at once, and records a gap",
                _NO_RESUMING,
            ),
            "unavailable": Reason(
                "it cannot be declared or read: RabbitMQ is too old, or the user lacks permissions",
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
                "within the last minute, an update did not name its recipient",
                "updates may be missing from streams",
            )
        },
        fall=1,
        rise=1,
    ),
    Component(
        TENANT_API,
        "tenant-api, by its `/ready`, or `/health` before it had that",
        {
            "unreachable": Reason("no connection, or no response in time", _NO_PLATFORM),
            "not_ready": Reason(
                "it responds with 5xx: one of its own servers is down; the detail names it",
                "calls may fail; updates may stop",
            ),
            "unexpected_answer": Reason(
                "the server at this address is not tenant-api (such as a proxy that answers with a"
                " page), or does not expose its health:"
                " set `TENANT_API_HEALTH_PATH` to its path",
                "depends on that server",
            ),
            "calls_fail": Reason(
                "its health is good, but `TENANT_API_CIRCUIT_FAILURES` calls in a row have failed",
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
                "Redis does not respond in time, or another process holds the lock of the file",
                _KEYED_WRITES,
            ),
            "unwritable": Reason(
                "SQLite: the disk is full or fails, or a quota is reached; Redis: it has no memory"
                " left, is a replica, or cannot save",
                _KEYED_WRITES,
            ),
            "refused": Reason("Redis refuses the user, the password or a command", _KEYED_WRITES),
        },
        needed=True,
    ),
    Component(
        RATES,
        "Redis at `REDIS_URL`, if rate limits are set",
        {
            "unreachable": Reason("Redis does not respond in time", _RATES_APART),
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
                "the last read failed; keys that were read before are still valid",
                "nothing if keys were read before; otherwise calls with tokens of the issuer get"
                " `ERROR_REASON_UPSTREAM_UNAVAILABLE`",
            )
        },
        fall=1,
        rise=1,
    ),
)

ANY_COMPONENT: Final[Mapping[str, Reason]] = {
    CHECK_FAILED: Reason(
        "the check itself failed because of a defect of this service; its log has the traceback",
        "possibly nothing",
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
