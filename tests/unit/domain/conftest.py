"""The time of day stands still: tests judge things by an age of some seconds."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _same_time_of_day() -> Iterator[None]:
    now = time.time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: now)
        yield
