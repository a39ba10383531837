"""What of a worker is looked at, as its settings want it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chat3_user.health.prober import Probe
from chat3_user.health.probes import broker, others, stores
from chat3_user.health.probes.event_loop import event_loop
from chat3_user.health.probes.listener import Listens, listener
from chat3_user.health.probes.tenant_api import tenant_api
from chat3_user.health.settings import HealthSettings
from chat3_user.idempotency import Store
from chat3_user.limits.rates import RedisRates
from chat3_user.tenant_api.health import PlatformHealth
from chat3_user.tenant_api.resilience import Resilient
from chat3_user.tokens.issuer_keys import IssuerKeys
from chat3_user.updates.amqp.broker import AmqpBroker
from chat3_user.updates.broker import Broker
from chat3_user.updates.fanout.unreadable import Unreadable


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a worker that have a health; None where the settings want none.

    ``loop_was_late`` gets each lag of the event loop, in seconds.
    """

    listener: Listens
    broker: Broker
    unreadable: Unreadable
    platform: PlatformHealth
    calls: Resilient
    store: Store
    rates: RedisRates | None
    issuer_keys: IssuerKeys | None
    loop_was_late: Callable[[float], None]


def probes(parts: Parts, settings: HealthSettings) -> Sequence[Probe]:
    """Return a probe for each component that this worker has."""
    found = [
        listener(parts.listener, settings),
        event_loop(settings.stall, parts.loop_was_late),
        others.updates(parts.unreadable, settings),
        tenant_api(parts.platform, parts.calls, settings),
        stores.idempotency_store(parts.store, settings),
    ]
    if isinstance(parts.broker, AmqpBroker):
        found += [
            broker.session(parts.broker, settings),
            broker.updates_log(parts.broker, settings),
        ]
    if parts.rates is not None:
        found.append(stores.shared_rates(parts.rates, settings))
    if parts.issuer_keys is not None:
        found.append(others.token_issuer_keys(parts.issuer_keys, settings))
    return found
