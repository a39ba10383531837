"""What tenant-api says of its health, in all forms that its versions have."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from chat3_user.tenant_api.health import ASK_AGAIN, PlatformHealth, PlatformProblem
from support.patience import HANGS


class Platform:
    """Answers paths with statuses and bodies; others with an HTML 404, as Express does."""

    def __init__(self, **answers: tuple[int, str]) -> None:
        self.answers: Mapping[str, tuple[int, str]] = answers
        self.asked: list[str] = []
        self.now = 0.0

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        status, body = self.answers.get(request.path[1:], (404, "<!DOCTYPE html>"))
        return web.Response(status=status, text=body)

    @asynccontextmanager
    async def watched(self, path: str = "") -> AsyncIterator[PlatformHealth]:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        async with TestServer(app) as server:
            health = PlatformHealth(
                str(server.make_url("")), path=path, connect_timeout=HANGS, clock=lambda: self.now
            )
            yield health
            await health.close()


MONGO_AWAY = '{"services": {"mongodb": "disconnected", "rabbitmq": "connected"}}'


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((200, "{}"), None),
        ((200, "no json"), None),
        (
            (503, MONGO_AWAY),
            PlatformProblem("not_ready", "HTTP 503, mongodb: disconnected"),
        ),
        ((503, "<html>"), PlatformProblem("not_ready", "HTTP 503")),
        ((502, '{"services": 7}'), PlatformProblem("not_ready", "HTTP 502")),
        ((500, '{"services": {"x": "\ud800"}}'), PlatformProblem("not_ready", "HTTP 500")),
        ((401, "{}"), PlatformProblem("unexpected_answer", "HTTP 401")),
        ((302, ""), PlatformProblem("unexpected_answer", "HTTP 302")),
        (
            (200, " <!DOCTYPE html>"),
            PlatformProblem("unexpected_answer", "HTTP 200 with a page of HTML"),
        ),
    ],
)
async def test_an_answer_is_judged_by_its_status(
    answer: tuple[int, str], problem: PlatformProblem | None
) -> None:
    async with Platform(ready=answer).watched() as health:
        assert await health.ask() == problem


async def test_a_path_that_an_operator_names_may_answer_with_a_page() -> None:
    async with Platform(status=(200, "<html>")).watched(path="/status") as health:
        assert await health.ask() is None


async def test_what_a_platform_says_is_cut() -> None:
    long = f'{{"services": {{"mongodb": "{"x" * 100_000}"}}}}'
    async with Platform(ready=(503, long)).watched() as health:
        problem = await health.ask()
    assert problem is not None
    assert len(problem.text) <= 200


async def test_a_platform_without_ready_is_asked_for_health_until_it_may_have_been_upgraded() -> (
    None
):
    platform = Platform(health=(200, "{}"))
    async with platform.watched() as health:
        for _ in range(3):
            assert await health.ask() is None
        assert platform.asked == ["/ready", "/health", "/health", "/health"]
        # From now on /health says 200 whatever is wrong.
        platform.answers = {"health": (200, "{}"), "ready": (503, MONGO_AWAY)}
        platform.now += ASK_AGAIN
        problem = await health.ask()
    assert problem is not None
    assert problem.reason == "not_ready"


async def test_nobody_there_is_unreachable() -> None:
    health = PlatformHealth("http://127.0.0.1:1", connect_timeout=HANGS)
    problem = await health.ask()
    assert problem is not None
    assert problem.reason == "unreachable"
    await health.close()
