"""The sections of docs/configuration.md: what an operator looks up together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Group:
    """One section; `parts` are the names of settings in `chat3_user.config.Config`."""

    title: str
    text: str
    parts: Sequence[str]


GROUPS: Final = (
    Group(
        "Service",
        "Where the service listens, with how many processes, and how it stops. "
        "See [draining](operations.md#drain).",
        ("server", "ops"),
    ),
    Group(
        "Health",
        "How a worker finds out whether it is ready. See [health](health.md).",
        ("health",),
    ),
    Group(
        "Platform",
        "Where tenant-api is, and how calls to it are repeated.",
        ("tenant_api", "resilience"),
    ),
    Group(
        "RabbitMQ",
        "Where updates come from, and how long they are kept for streams that resume. "
        "See [clusters](clusters.md#rabbitmq).",
        ("rabbitmq",),
    ),
    Group(
        "Redis",
        "What several machines share. See [clusters](clusters.md#redis).",
        ("redis",),
    ),
    Group(
        "Streams",
        "How many streams there may be, how much a slow one may leave unread, and how long one "
        "lasts. See [what the stream promises](guarantees.md).",
        ("hub", "streams"),
    ),
    Group("Deadlines", "How long a call may take.", ("deadlines",)),
    Group(
        "Calls and rates",
        "How many calls are served at once, and how many a user or a key may make. A rate is a "
        "number for each `second`, `minute` or `hour`.",
        ("places", "rates"),
    ),
    Group(
        "Connections and requests",
        "What one connection may hold before its caller is known.",
        ("connections",),
    ),
    Group(
        "Browsers",
        "Which pages may call. See [browsers and CORS](guides/browsers.md#cors).",
        ("cors",),
    ),
    Group(
        "Idempotency",
        "How long keys of writes are remembered, and where. See [writing once](idempotency.md).",
        ("idempotency",),
    ),
    Group(
        "Tokens",
        "Tokens that this service creates, and those of an issuer of your own. "
        "See [tokens of users](tokens.md).",
        ("tokens", "token_issuer"),
    ),
    Group(
        "TLS",
        "Certificates of the service, and the authorities of the servers behind it. "
        "See [certificates](operations.md#certificates).",
        ("tls", "authorities"),
    ),
    Group("Logs", "What is logged, and in which form. See [logs](logs.md).", ("logs",)),
    Group("Demo", "A platform within the process, for trials and tests.", ("demo",)),
)
"""Every part of the service's settings stands in one of them."""
