"""What is read of the parts of the service, and of its process, when Prometheus scrapes."""

import resource
import time
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from chat3_user.health.board import Seat
from chat3_user.health.machine import Health, Status
from chat3_user.limits.admission import Admission
from chat3_user.metrics import Metrics
from chat3_user.metrics.process import ProcessMetrics
from chat3_user.server.grpc import GrpcServer
from chat3_user.tenant_api.resilience import Resilient
from chat3_user.tenant_api.transport import Http
from chat3_user.tls.listener import ServerTls
from chat3_user.updates.amqp.broker import AmqpBroker
from chat3_user.updates.broker import Broker
from chat3_user.updates.fanout.hub import Hub

_PROC: Final = Path("/proc/self")


def read_updates(metrics: Metrics, hub: Hub, broker: Broker) -> None:
    """Have metrics read streams, the broker and the log."""
    streams, of_broker = metrics.streams, metrics.broker
    streams.open.read_each(lambda: _by_label(hub.state.streams))
    streams.users.read(lambda: hub.state.subscribed_users)
    streams.watched_users.read(lambda: hub.state.watched_users)
    streams.behind.read(lambda: hub.tenants.behind)
    of_broker.live.read(lambda: hub.live)
    of_broker.held.read(lambda: hub.state.held)
    of_broker.unreadable.read(lambda: hub.unreadable.count)
    amqp = isinstance(broker, AmqpBroker)
    came_by = ("rabbitmq" if amqp else "in_process", "deliver")
    of_broker.consumed.read_each(lambda: {came_by: hub.received})

    def entries_read() -> Mapping[tuple[str, ...], float]:
        found: dict[tuple[str, ...], float] = {("tail",): hub.tenants.tail.entries_read}
        if isinstance(broker, AmqpBroker):
            found["resume",] = broker.log.entries_read
        return found

    of_broker.entries_read.read_each(entries_read)
    of_broker.log_available.read(
        lambda: not (isinstance(broker, AmqpBroker) and broker.log_problem)
    )


def read_calls(
    metrics: Metrics,
    hub: Hub,
    server: GrpcServer,
    admission: Admission,
    api: Resilient,
    http: Http,
    tls: ServerTls | None,
) -> None:
    """Have metrics read calls, connections, buffers and the way to tenant-api."""
    if tls is not None:
        metrics.transport.certificate.read(lambda: tls.expires)
    metrics.calls.open.read_each(
        lambda: {("unary",): admission.calls, ("stream",): admission.streams}
    )
    metrics.transport.connections.read_each(
        lambda: _by_label(Counter(each.version for each in server.connections))
    )
    metrics.transport.buffered.read_each(
        lambda: _by_label({**server.listener.buffered(), **hub.state.buffered})
    )
    metrics.upstream.circuit_open.read(lambda: api.circuit_open)
    metrics.upstream.active.read_each(lambda: {http.server: http.active})


def read_process(metrics: ProcessMetrics, health: Health, seat: Seat) -> None:
    """Have metrics read the process, what `/readyz` says of it, and how often it was restarted.

    What the operating system does not say has no series.
    """
    metrics.restarts.read_each(lambda: _by_label(seat.restarts()))
    metrics.ready.read(lambda: health.status is not Status.NOT_READY)
    metrics.problems.read_each(
        lambda: {
            (name,): 1.0
            for name, state in health.components.items()
            if state.status is not Status.READY
        }
    )
    started = time.monotonic()
    labels = ("chat3-user-service", version("chat3-gateway"))
    metrics.info.read_each(lambda: {labels: 1.0})
    metrics.uptime.read(lambda: time.monotonic() - started)
    metrics.cpu.read_each(_cpu)
    metrics.descriptors_limit.read(lambda: resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    if _PROC.exists():
        page = resource.getpagesize()
        metrics.memory.read(lambda: int((_PROC / "statm").read_text().split()[1]) * page)
        metrics.descriptors.read(lambda: sum(1 for _ in (_PROC / "fd").iterdir()))


def _cpu() -> Mapping[tuple[str, ...], float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {("user",): used.ru_utime, ("system",): used.ru_stime}


def _by_label(values: Mapping[Any, float]) -> Mapping[tuple[str, ...], float]:
    return {(label,): value for label, value in values.items()}
