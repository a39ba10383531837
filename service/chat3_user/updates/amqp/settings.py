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
            description="RabbitMQ, such as amqp://user:password@host/vhost, with all nodes of a"
            " cluster: amqp://user:password@host1:5672,host2:5672/vhost; empty needs DEMO"
        ),
    ] = ""
    exchange: Annotated[str, Meta(min_length=1, description="topic exchange of updates")] = (
        "chat3_updates"
    )
    log_queue: Annotated[
        str, Meta(min_length=1, description="stream queue that keeps updates for resuming")
    ] = "chat3_updates_log"
    log_replicas: Annotated[
        int,
        Meta(
            ge=1, description="nodes of a cluster that keep the updates log; counts when it is made"
        ),
    ] = 3
    retention_seconds: Annotated[
        int, Meta(ge=60, description="age at which the updates log drops updates")
    ] = 86_400
    retention_bytes: Annotated[
        int, Meta(ge=1_000_000, description="size at which the updates log drops its oldest")
    ] = 5_000_000_000
