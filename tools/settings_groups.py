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
        "These settings define the addresses and processes of the service, and how it stops. "
        "See [draining](operations.md#drain).",
        ("server", "ops"),
    ),
    Group(
        "Health",
        "These settings define how a worker checks whether it is ready. See [health](health.md).",
        ("health",),
    ),
    Group(
        "Platform",
        "These settings define the address of tenant-api, and how calls to it are retried.",
        ("tenant_api", "resilience"),
    ),
    Group(
        "RabbitMQ",
        "These settings define the address of RabbitMQ, and how long the updates log keeps updates "
        "for streams that resume. See [clusters](clusters.md#rabbitmq).",
        ("rabbitmq",),
    ),
    Group(
        "Redis",
        "Several machines share idempotency keys and rate limits through Redis. "
        "See [clusters](clusters.md#redis).",
        ("redis",),
    ),
    Group(
        "Streams",
        "These settings limit the number of streams, their buffers, and their duration. "
        "See [guarantees of the stream](guarantees.md).",
        ("hub", "streams"),
    ),
    Group("Deadlines", "These settings limit the duration of calls.", ("deadlines",)),
    Group(
        "Calls and rates",
        "These settings limit the number of concurrent calls, and the rate of calls of a user or a "
        "key. A rate is a number for each `second`, `minute` or `hour`.",
        ("places", "rates"),
    ),
    Group(
        "Connections and requests",
        "These settings limit connections and requests before their callers are authenticated.",
        ("connections",),
    ),
    Group(
        "Browsers",
        "These settings define which web pages may call. "
        "See [browsers and CORS](guides/browsers.md#cors).",
        ("cors",),
    ),
    Group(
        "Idempotency",
        "These settings define where idempotency keys are stored, and for how long. "
        "See [writes under failure](idempotency.md).",
        ("idempotency",),
    ),
    Group(
        "Tokens",
        "These settings are for tokens that this service creates, and for tokens of your own "
        "issuer. See [user tokens](tokens.md).",
        ("tokens", "token_issuer"),
    ),
    Group(
        "TLS",
        "These settings name the certificates of the service, and the certificate authorities of "
        "the servers behind it. See [certificates](operations.md#certificates).",
        ("tls", "authorities"),
    ),
    Group(
        "Logs",
        "These settings define the content and the format of the log. See [logs](logs.md).",
        ("logs",),
    ),
    Group("Demo", "The demo runs a platform in the same process, for tests.", ("demo",)),
)
"""Every part of the service's settings stands in one of them."""
