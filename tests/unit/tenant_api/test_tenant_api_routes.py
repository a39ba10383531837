"""Every route of the table makes its paths of all its segments, and of no others."""

from typing import Any

import pytest

from chat3_user.errors import CallError
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api.answers import UnknownRouteError
from chat3_user.tenant_api.models import Model
from chat3_user.tenant_api.route import Request, Route
from chat3_user.validation import Identity

ALICE = Identity("key", "tnt_one", "alice")
ROUTES: dict[str, Route[Any]] = {
    name: row for name, row in vars(routes).items() if isinstance(row, Route)
}
every_route = pytest.mark.parametrize("name", ROUTES)


def given_to(route: Route[Any]) -> dict[str, str]:
    return {name: f"a {name}/" for name in route.segments}


@every_route
def test_a_path_has_every_segment_escaped(name: str) -> None:
    route = ROUTES[name]
    path = route.path(ALICE, given_to(route))
    expected = route.template
    for segment in route.segments:
        expected = expected.replace(f"{{{segment}}}", f"a%20{segment}%2F")
    assert path == expected


@every_route
def test_the_user_is_the_calling_one_unless_given(name: str) -> None:
    route = ROUTES[name]
    given = {key: value for key, value in given_to(route).items() if key != "user_id"}
    called = route.path(ALICE, given)
    if "user_id" in route.segments:
        assert "/alice" in called
        assert "/bob" in route.path(ALICE, {**given, "user_id": "bob"})
        assert "/alice" not in route.path(ALICE, {**given, "user_id": "bob"})
    else:
        assert "alice" not in called


@every_route
def test_a_missing_or_unknown_segment_is_a_fault_that_names_it(name: str) -> None:
    route = ROUTES[name]
    given = given_to(route)
    for missing in set(given) - {"user_id"}:
        with pytest.raises(TypeError, match=f"lacks its segment {missing}"):
            route.path(ALICE, {key: value for key, value in given.items() if key != missing})
    with pytest.raises(TypeError, match=r"has no segments \['other_id'\]"):
        route.path(ALICE, {**given, "other_id": "x"})


@every_route
@pytest.mark.parametrize("value", ["", ".", ".."])
def test_what_no_escape_keeps_in_its_segment_is_a_fault(name: str, value: str) -> None:
    route = ROUTES[name]
    for segment in route.segments:
        with pytest.raises(ValueError, match="leads elsewhere"):
            route.path(ALICE, {**given_to(route), segment: value})


def test_no_two_rows_are_alike() -> None:
    rows = [(row.name, row.model, row.bad_request) for row in ROUTES.values()]
    assert len(rows) == len(set(rows))


class Platform:
    """Has no route as long as it is old."""

    def __init__(self) -> None:
        self.old = True

    async def call(self, request: Request[Any]) -> tuple[int, Any]:
        if self.old:
            raise UnknownRouteError(1, request.route.name)
        return 200, Model()


async def test_a_route_that_the_platform_lacks_is_remembered_until_it_answers() -> None:
    platform = Platform()
    api = TenantApi(platform)
    route = Route("GET", "/api/x", Model)
    assert not api.lacks(route)
    with pytest.raises(CallError):
        await api.call(route, ALICE)
    assert api.lacks(route)
    assert not api.lacks(routes.USER)
    platform.old = False
    await api.call(route, ALICE)
    assert not api.lacks(route)


async def test_a_route_that_the_platform_lacks_is_tried_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    api = TenantApi(Platform())
    route = Route("GET", "/api/x", Model)
    with pytest.raises(CallError):
        await api.call(route, ALICE)
    now[0] = 299.0
    assert api.lacks(route)
    now[0] = 301.0
    assert not api.lacks(route)
