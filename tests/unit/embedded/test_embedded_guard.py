"""The duplicate guard, with a clock of the test's own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chat3_embedded import Settings
from chat3_embedded.errors import ApiError
from chat3_embedded.guard import DuplicateGuard

TYPING = "/api/dialogs/dlg_a/member/alice/typing"


@dataclass
class Time:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def guard(time: Time) -> DuplicateGuard:
    return DuplicateGuard(Settings(), monotonic=time)


def accepts(guard: DuplicateGuard, path: str, body: object = None, method: str = "POST") -> bool:
    try:
        guard.check(method, path, path, body)
    except ApiError:
        return False
    return True


@pytest.mark.parametrize(("path", "window"), [("/api/users", 0.5), (TYPING, 1.0)])
def test_the_window_begins_with_what_was_accepted(
    guard: DuplicateGuard, time: Time, path: str, window: float
) -> None:
    assert accepts(guard, path)
    for _ in range(9):
        time.now += window / 10
        assert not accepts(guard, path)
    time.now += window / 10 + 0.001
    assert accepts(guard, path)
    assert not accepts(guard, path)


def test_typing_with_another_body_is_another_request(guard: DuplicateGuard) -> None:
    assert accepts(guard, TYPING, {})
    assert accepts(guard, TYPING, {"x": 1})
    assert not accepts(guard, TYPING, {})


def test_reads_are_always_accepted(guard: DuplicateGuard) -> None:
    assert all(accepts(guard, "/api/users", method="GET") for _ in range(3))


def test_old_requests_are_forgotten(guard: DuplicateGuard, time: Time) -> None:
    for number in range(1000):
        time.now += 0.01
        assert accepts(guard, f"/api/{number}")
    assert len(guard._accepted) <= 101
