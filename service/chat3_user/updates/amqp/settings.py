"""Where RabbitMQ is, what the platform publishes to, and how long the updates log keeps it."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class AmqpSettings:
    """Times are seconds, sizes bytes."""

    url: Annotated[
        str,
        Meta(
            description="address of RabbitMQ, such as amqp://user:password@host/vhost, or of all"
            " nodes of a cluster: amqp://user:password@host1:5672,host2:5672/vhost; required"
            " without DEMO"
        ),
    ] = ""
    exchange: Annotated[str, Meta(min_length=1, description="topic exchange of updates")] = (
        "chat3_updates"
    )
    log_queue: Annotated[
        str, Meta(min_length=1, description="stream queue from which clients resume")
    ] = "chat3_updates_log"
    log_replicas: Annotated[
        int,
        Meta(
            ge=1,
            description="number of cluster nodes that keep the updates log; takes effect when the"
            " log is declared",
        ),
    ] = 3
    retention_seconds: Annotated[
        int, Meta(ge=60, description="age after which the updates log drops updates")
    ] = 86_400
    retention_bytes: Annotated[
        int,
        Meta(ge=1_000_000, description="size above which the updates log drops its oldest updates"),
    ] = 5_000_000_000
