"""What a worker measures of itself, for Prometheus; names follow OpenTelemetry's conventions.

Each part of the service is given the metrics of its subject and moves them by typed methods; what a
part can be asked for is read when Prometheus scrapes. `docs/metrics.md` is made from what stands
here.
"""

from chat3_user.metrics.admission import RateMetrics, TokenMetrics
from chat3_user.metrics.broker import BrokerMetrics
from chat3_user.metrics.calls import CallMetrics
from chat3_user.metrics.instruments import Instruments, SampledTrace
from chat3_user.metrics.process import ProcessMetrics
from chat3_user.metrics.repairs import RepairMetrics
from chat3_user.metrics.stores import IdempotencyMetrics, StoreMetrics
from chat3_user.metrics.streams import StreamMetrics
from chat3_user.metrics.transport import TransportMetrics
from chat3_user.metrics.upstream import UpstreamMetrics

__all__ = ["Metrics"]


class Metrics:
    """All metrics of one worker, by subject; ``sampled_trace`` is what exemplars lead to."""

    def __init__(self, sampled_trace: SampledTrace = str) -> None:
        self.instruments = instruments = Instruments(sampled_trace)
        self.calls = CallMetrics(instruments)
        self.transport = TransportMetrics(instruments)
        self.streams = StreamMetrics(instruments)
        self.broker = BrokerMetrics(instruments)
        self.upstream = UpstreamMetrics(instruments)
        self.idempotency = IdempotencyMetrics(instruments)
        self.stores = StoreMetrics(instruments)
        self.rates = RateMetrics(instruments)
        self.tokens = TokenMetrics(instruments)
        self.repairs = RepairMetrics(instruments)
        self.process = ProcessMetrics(instruments)
