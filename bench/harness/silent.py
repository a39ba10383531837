"""The service with metrics that count nothing: what they cost is the difference.

Run ``python -m harness.silent`` in place of ``python -m chat3_user``. Every method by which a part
moves a metric returns at once; what is measured for it, such as how long a request took, still is.
"""

import sys

from chat3_user.__main__ import main
from chat3_user.metrics import (
    BrokerMetrics,
    CallMetrics,
    IdempotencyMetrics,
    ProcessMetrics,
    RateMetrics,
    RepairMetrics,
    StoreMetrics,
    StreamMetrics,
    TokenMetrics,
    TransportMetrics,
    UpstreamMetrics,
)
from chat3_user.metrics.streams import StreamCounts

_SUBJECTS = (
    BrokerMetrics,
    CallMetrics,
    IdempotencyMetrics,
    ProcessMetrics,
    RateMetrics,
    RepairMetrics,
    StoreMetrics,
    StreamCounts,
    StreamMetrics,
    TokenMetrics,
    TransportMetrics,
    UpstreamMetrics,
)
_KEPT = {"of"}
"""Methods that return something to those who call them."""


def _nothing(*_: object, **__: object) -> None:
    """Count nothing."""


def silence() -> None:
    """Have metrics count nothing in this process."""
    for subject in _SUBJECTS:
        for name, value in vars(subject).items():
            if callable(value) and not name.startswith("_") and name not in _KEPT:
                setattr(subject, name, _nothing)


if __name__ == "__main__":
    silence()
    sys.exit(main())
