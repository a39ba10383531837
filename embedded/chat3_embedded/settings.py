"""How the embedded tenant-api behaves: the few numbers that tests and demos change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat3_embedded.generations import NEWEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat3_embedded.routing import KeyForm
    from chat3_embedded.steps import Step

# What the platform is unless told: one line for the demo, the tests and the command line.
DEFAULT_PLATFORM = NEWEST


@dataclass(frozen=True, slots=True)
class Settings:
    """Delays and windows, in seconds, and limits; the defaults are what was recorded."""

    # The version of the platform that is played, one of `generations.VERSIONS`.
    platform: str = DEFAULT_PLATFORM
    # None: as the version has it.
    routing_keys: KeyForm | None = None
    guard_window: float = 0.5
    typing_guard_window: float = 1.0
    # Between two steps of a write: what comes or dies meanwhile meets a half-written entity.
    step_pause: float = 0.0
    # Called after each step of a write; may raise CutError.
    after_step: Callable[[Step], None] | None = None
    # Whether of an event about a member its counters come to that member first: the update about
    # the event has the same identity and is dropped then.
    counters_first: bool = False
    # The real relay polls once a second: updates come that much later.
    relay_delay: float = 0.0
    # The real counter-worker is 0.5-4 s late; coming after the message updates is enough here.
    counter_delay: float = 0.05
    # How long it works on one event: more than the time between two, and it falls behind.
    counter_work: float = 0.0
    # How often the dialog-read-worker looks for tasks (2 s on the real one), and how long it
    # pauses after each 50 messages.
    read_task_poll: float = 0.05
    read_batch_pause: float = 0.025
    # Whether updates have the trace context of the request in their headers; really they do not.
    trace_headers: bool = False
    body_limit: int = 100 * 1024
    publish_retry_first: float = 0.05
    publish_retry_most: float = 2.0
    # How long close() keeps trying to get rid of what is still in the outbox.
    drain_timeout: float = 5.0
    # Whether published updates stay in the database, where tests read them.
    keep_updates: bool = False
    updates_exchange: str = "chat3_updates"
    rabbitmq_url_masked: str = "amqp://***:***@127.0.0.1:5672/"
