"""How a worker takes updates from its queue: limits, with what must hold among them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliveryLimits:
    """How a worker takes updates from its queue; seconds, and numbers of updates.

    The broker sends ``prefetch`` updates ahead of their acknowledgement, and may send as many again
    after a lost connection. The worker acknowledges ``acknowledge_every`` at once, or what there is
    after ``acknowledge_within``; it recognises the last ``remembered``. Its queue lives without it
    for ``queue_expires``; a log that fails keeps a session from starting for ``log_patience``.

    Raises ``ValueError`` for limits that do not fit together.
    """

    prefetch: int = 400
    acknowledge_every: int = 100
    acknowledge_within: float = 1.0
    remembered: int = 2000
    queue_expires: float = 30.0
    log_patience: float = 12.0

    def __post_init__(self) -> None:
        """Check what depends on another."""
        for holds, rule in (
            (
                0 < 2 * self.acknowledge_every <= self.prefetch,
                "the broker waits for acknowledgements: acknowledge_every is over half of prefetch",
            ),
            (
                # Twice: a broker that is killed may have lost acknowledgements that it had.
                self.remembered >= 2 * self.prefetch,
                "updates that come again are new: remembered is less than twice the prefetch",
            ),
            (
                self.log_patience + self.acknowledge_within < self.queue_expires,
                "the queue expires while the log is waited for: log_patience is too long",
            ),
        ):
            if not holds:
                raise ValueError(rule)
