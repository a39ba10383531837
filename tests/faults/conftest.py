"""Heavy tests: collected by `make test-faults` only, that is, when their folder is named."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from support.faults.stage import Stage, stage
from support.rabbitmq import RabbitMQ

_HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any(
        Path(argument.partition("::")[0]).resolve().is_relative_to(_HERE)
        for argument in config.invocation_params.args
        if isinstance(argument, str) and not argument.startswith("-")
    )
    return None if named else True


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A RabbitMQ that may be hurt; every module has its own."""
    server = RabbitMQ(tmp_path_factory.mktemp("hurt"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(name="stage")
async def stage_(broker: RabbitMQ) -> AsyncIterator[Stage]:
    """An upstream, a scene and workers made to measure, on the module's broker."""
    async with stage(broker) as made:
        yield made


@pytest.fixture(autouse=True)
def quiet_aiormq() -> Iterator[None]:
    """Silence aiormq's own logger: it tells of every connection that a fault was meant to break."""
    logger = logging.getLogger("aiormq")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)
