"""Heavy tests: collected by `make test-cluster` only, that is, when their folder is named."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.faults.cluster import started
from support.rabbitmq_cluster import RabbitCluster
from support.redis_sentinel import RedisBehindSentinels

_HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any(
        Path(argument.partition("::")[0]).resolve().is_relative_to(_HERE)
        for argument in config.invocation_params.args
        if isinstance(argument, str) and not argument.startswith("-")
    )
    return None if named else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Forgive aiormq and redis, in this process, the sockets they leave open when a server dies."""
    forgiven = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(forgiven)


@pytest.fixture(scope="module")
def engines(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[RabbitCluster, RedisBehindSentinels]]:
    """A RabbitMQ of three nodes, and a Redis of three servers and three Sentinels."""
    cluster, redis = started(tmp_path_factory.mktemp("engines"))
    yield cluster, redis
    redis.stop()
    cluster.stop()


@pytest.fixture(autouse=True)
def quiet_aiormq() -> Iterator[None]:
    """Silence aiormq's own logger: it tells of every connection that a fault was meant to break."""
    logger = logging.getLogger("aiormq")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)
