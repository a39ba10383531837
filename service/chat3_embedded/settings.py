"""How the embedded tenant-api behaves: the few numbers that tests and demos change."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Delays and windows, in seconds, and limits; the defaults are what was recorded."""

    guard_window: float = 0.5
    typing_guard_window: float = 1.0
    # The real counter-worker is 0.5-4 s late; coming after the message updates is enough here.
    counter_delay: float = 0.05
    body_limit: int = 100 * 1024
    publish_retry_first: float = 0.05
    publish_retry_most: float = 2.0
    # How long close() keeps trying to get rid of what is still in the outbox.
    drain_timeout: float = 5.0
    updates_exchange: str = "chat3_updates"
    rabbitmq_url_masked: str = "amqp://***:***@127.0.0.1:5672/"
