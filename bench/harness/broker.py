"""A RabbitMQ server of the benchmark's own: the one of the tests, on the cores of this process."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from support.rabbitmq import RabbitMQ  # found by the line above

EXCHANGE = "chat3_updates"


@contextmanager
def rabbitmq(folder: Path) -> Iterator[RabbitMQ]:
    """Run RabbitMQ within the block."""
    broker = RabbitMQ(folder / "rabbitmq")
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
