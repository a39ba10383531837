"""The back end of the page: what it serves, whom it signs in, what it refuses."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from chat3_page import Page, SignInError, UserToken, back_end, create_page_app, serve_page
from support.left_open import nothing_left_open

EXPIRES = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
Client = TestClient[web.Request, web.Application]


async def make_token(user_id: str) -> UserToken:
    if user_id == "carl":
        raise SignInError("the service refused: no such user")
    return UserToken(f"token of {user_id}", EXPIRES)


PAGE = Page(
    users={"alice": "Alice", "carl": "Carl"},
    service=lambda host: f"http://{host}:50051",
    make_token=make_token,
)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with TestClient(TestServer(create_page_app(PAGE))) as opened:
        yield opened


async def test_the_files_come_under_a_policy_that_names_the_service(client: Client) -> None:
    for path, kind in (
        ("/", "text/html"),
        ("/index.html", "text/html"),
        ("/page.js", "text/javascript"),
        ("/page.css", "text/css"),
        ("/icon.svg", "image/svg+xml"),
    ):
        response = await client.get(path, headers={"Host": "chat.example:8080"})
        assert response.status == 200
        assert response.content_type == kind
        policy = response.headers["Content-Security-Policy"]
        assert "connect-src 'self' http://chat.example:50051;" in policy
        assert policy.startswith("default-src 'none';")
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/none.js", "/../server.py", "/..%2fserver.py", "/static/page.js", "/demo/none"]
)
async def test_nothing_else_is_served(client: Client, path: str) -> None:
    assert (await client.get(path)).status == 404


@pytest.mark.parametrize("host", ["evil.example; script-src *", "a'b", "x y", "[::1", "a/b", ""])
async def test_a_host_that_would_change_the_policy_is_refused(client: Client, host: str) -> None:
    response = await client.get("/", headers={"Host": host})
    assert response.status == 400
    assert "Content-Security-Policy" not in response.headers


async def test_the_configuration_names_users_and_service(client: Client) -> None:
    response = await client.get("/demo/configuration", headers={"Host": "[::1]:8080"})
    assert await response.json() == {
        "users": [{"userId": "alice", "name": "Alice"}, {"userId": "carl", "name": "Carl"}],
        "service": "http://[::1]:50051",
    }


async def test_a_user_of_the_demo_gets_a_token_that_no_cache_keeps(client: Client) -> None:
    response = await client.post("/demo/sign-in", json={"userId": "alice"})
    assert await response.json() == {
        "token": "token of alice",
        "expires": "2026-01-05T10:00:00+00:00",
    }
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"userId":"mallory"}', "application/json", 403),
        (b'{"userId":["alice"]}', "application/json", 403),
        (b"[]", "application/json", 403),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"userId":"alice"}', "text/plain", 415),
        (b'{"userId":"' + b"a" * 2000 + b'"}', "application/json", 413),
        (b'{"userId":"carl"}', "application/json", 503),
    ],
)
async def test_nobody_else_is_signed_in(
    client: Client, body: bytes, content_type: str, status: int
) -> None:
    headers = {"Content-Type": content_type}
    response = await client.post("/demo/sign-in", data=body, headers=headers)
    assert response.status == status
    assert "token of" not in await response.text()


async def test_a_token_is_asked_for_with_the_api_key() -> None:
    asked = []

    async def create(request: web.Request) -> web.Response:
        asked.append((request.headers["x-api-key"], request.headers["x-tenant-id"]))
        answer = {"token": "made", "expireTime": "2026-01-05T10:00:00.123456789Z"}
        if (await request.json())["userId"] == "alice":
            return web.json_response(answer)
        return web.json_response({"code": "not_found", "message": "no such user"}, status=404)

    app = web.Application()
    app.router.add_post("/chat3.tenant.v1.TenantService/CreateUserToken", create)
    async with TestServer(app) as server:
        origin = str(server.make_url("")).rstrip("/")
        async with back_end(origin, tenant="tnt_one", api_key="key") as opened:
            token = await opened.make_token("alice")
            assert token.token == "made"
            assert token.expires == EXPIRES.replace(microsecond=123456)
            with pytest.raises(SignInError, match="no such user"):
                await opened.make_token("bob")
    assert asked == [("key", "tnt_one")] * 2


async def test_a_service_that_is_away_is_told() -> None:
    async with back_end("http://127.0.0.1:1", tenant="tnt_one", api_key="key") as opened:
        with pytest.raises(SignInError, match="cannot be reached"):
            await opened.make_token("alice")


async def test_an_answer_that_is_not_json_is_told() -> None:
    async def proxy(_: web.Request) -> web.Response:
        return web.Response(text="<html>Bad gateway</html>", status=502, content_type="text/html")

    app = web.Application()
    app.router.add_post("/chat3.tenant.v1.TenantService/CreateUserToken", proxy)
    async with TestServer(app) as server:
        origin = str(server.make_url("")).rstrip("/")
        async with back_end(origin, tenant="tnt_one", api_key="key") as opened:
            with pytest.raises(SignInError):
                await opened.make_token("alice")


async def test_the_page_is_served_on_the_socket_that_is_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with serve_page(PAGE, listener):
            assert listener.getsockname()[1] > 0


async def test_who_connects_as_the_page_ends_is_disconnected() -> None:
    """Whenever that is, from before a connection is accepted until it is handed over."""
    with nothing_left_open():
        for turns in range(6):
            with socket.create_server(("127.0.0.1", 0)) as listener:
                async with serve_page(PAGE, listener):
                    with socket.create_connection(listener.getsockname()):
                        for _ in range(turns):
                            await asyncio.sleep(0)
