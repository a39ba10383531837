"""What the hub may keep in memory, and how often it looks."""

from dataclasses import dataclass, field

from chat3_user.updates.delivery_limits import DeliveryLimits
from chat3_user.updates.fanout.feed import TailLimits
from chat3_user.updates.fanout.subscription import BufferLimits


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Intervals in seconds, sizes in bytes."""

    streams_per_user: int = 20
    buffer: BufferLimits = field(default_factory=lambda: BufferLimits(1000, 4 * 1024 * 1024))
    tail: TailLimits = field(default_factory=lambda: TailLimits(256, 256 * 1024))
    deliveries: DeliveryLimits = field(default_factory=DeliveryLimits)
    grace: float = 30.0
    watermark_interval: float = 5.0
    replay_keep: float = 60.0
    replay_bytes: int = 128 * 1024 * 1024
