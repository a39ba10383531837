"""Fixtures for the parts of the embedded tenant-api."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from embedded_publisher import FlakyPublisher

from chat3_embedded import Store

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
async def publisher() -> FlakyPublisher:
    return FlakyPublisher()


@pytest.fixture
def store() -> Iterator[Store]:
    with Store() as opened:
        yield opened
