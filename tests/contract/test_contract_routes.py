"""Every route of the double is exercised by some test of this suite; runs last, in whole runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract_coverage import Coverage, names_of, route_of
from contract_environment import versions_under_test

from chat3_embedded import NEWEST, OLDEST

if TYPE_CHECKING:
    from contract_summary import Summary


@pytest.mark.whole_suite
@pytest.mark.parametrize(
    ("version", "route"),
    [(version, route) for version in versions_under_test() for route in names_of(version)],
    indirect=["version"],
)
def test_a_route_is_exercised(summary: Summary, version: str, route: str) -> None:
    assert route in summary.coverage.exercised(version)


def test_a_request_is_of_the_first_route_that_fits() -> None:
    for request, expected in (
        ("GET /api/users/a%2Fb?x=1", "GET /api/users/{userId}"),
        ("GET /api/users/", "GET /api/users"),
        ("GET /api/meta/index/dialog", "GET /api/meta/index/{entityType}"),
        ("GET /api/meta/dialog/dlg_a", "GET /api/meta/{entityType}/{entityId}"),
        ("DELETE /api/meta/user/a/k", "DELETE /api/meta/{entityType}/{entityId}/{key}"),
        ("GET /health", "GET /health"),
        ("DELETE /api/messages/msg_a", None),
        ("GET /api/nope", None),
    ):
        method, _, path = request.partition(" ")
        assert route_of(OLDEST, method, path) == expected


def test_only_success_exercises_a_route_and_recordings_count_apart() -> None:
    coverage = Coverage()
    coverage.answered(NEWEST, "GET", "/api/users", 404, recorded=True)
    assert coverage.exercised(NEWEST) == frozenset()
    coverage.answered(NEWEST, "GET", "/api/users", 200, recorded=False)
    coverage.answered(NEWEST, "POST", "/api/users", 201, recorded=True)
    coverage.answered(NEWEST, "POST", "/api/users", 201, recorded=False)
    assert coverage.exercised(NEWEST) == {"GET /api/users", "POST /api/users"}
    assert coverage.exercised(OLDEST) == frozenset()
    first, *rest = coverage.lines(whole=True)
    assert first.startswith(f"platform {NEWEST}: 2 of ")
    assert "1 of them as recorded" in first
    assert "  not exercised: GET /health" in rest
    assert list(coverage.lines(whole=False)) == [first]
