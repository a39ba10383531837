"""RabbitMQ: the session, which knows by itself how it is, and the updates log, which is asked."""

import random
import time

from chat3_user.health.finding import WELL, Finding
from chat3_user.health.prober import Probe, inside
from chat3_user.health.settings import HealthSettings
from chat3_user.health.table import BROKER, UPDATES_LOG
from chat3_user.updates.amqp.broker import AmqpBroker
from chat3_user.updates.broker import LogError, LogUnreadableError


def session(broker: AmqpBroker, settings: HealthSettings) -> Probe:
    """Return the probe of the session."""

    async def look() -> Finding | None:
        if broker.live:
            return WELL
        problem = broker.problem
        return None if problem is None else Finding(problem.reason, problem.text)

    return inside(BROKER, look, settings)


class _UpdatesLog:
    """What the session says of the log, and now and then what RabbitMQ does."""

    def __init__(self, broker: AmqpBroker, interval: float) -> None:
        self._broker = broker
        self._interval = interval
        self._ask_at = 0.0

    async def look(self) -> Finding | None:
        """Return what was found; without a session nothing is learnt."""
        if not self._broker.live:
            return None
        if self._broker.log_problem is not None:
            return Finding("unavailable", self._broker.log_problem)
        if time.monotonic() < self._ask_at:
            return WELL
        self._ask_at = time.monotonic() + self._interval * random.uniform(0.75, 1.25)
        try:
            await self._broker.log.check()
        except LogUnreadableError as error:
            return Finding("deleted", str(error))
        except LogError:
            # The session has gone meanwhile.
            return None
        return WELL


def updates_log(broker: AmqpBroker, settings: HealthSettings) -> Probe:
    """Return the probe of the updates log."""
    log = _UpdatesLog(broker, settings.interval)
    return Probe(UPDATES_LOG, log.look, settings.inside, settings.timeout, "unavailable")
