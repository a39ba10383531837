"""The listener: whether the kernel, and the event loop, take connections for it."""

from typing import Protocol

from chat3_user.health.finding import WELL, Finding
from chat3_user.health.prober import Probe, inside
from chat3_user.health.settings import HealthSettings
from chat3_user.health.table import LISTENER


class Listens(Protocol):
    """What the transport says of its listener."""

    @property
    def listening(self) -> bool:
        """Whether connections are accepted."""


def listener(server: Listens, settings: HealthSettings) -> Probe:
    """Return the probe of the service's own listener.

    It asks the socket, not the port: on that another worker may answer.
    """

    async def look() -> Finding:
        return WELL if server.listening else Finding("not_listening")

    return inside(LISTENER, look, settings)
