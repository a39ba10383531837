"""What the tool takes for inner parts of a library, and what it does not."""

import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def tools_on_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("from grpclib.protocol import H2Protocol", ["grpclib.protocol"]),
        ("import h2.stream", ["h2.stream"]),
        ("from aiormq.abc import _Private", ["aiormq.abc._Private"]),
        ("import aiohttp\naiohttp.connector.Connection", ["aiohttp.connector"]),
        ("from h2.connection import H2Connection\nc = H2Connection()\nc._x", ["c._x"]),
        ("def f(call):\n    call._stream.closable", ["call._stream"]),
        ("class A:\n    def f(self):\n        self.channel._lock", ["self.channel._lock"]),
    ],
)
def test_undocumented_modules_and_private_names_are_inner(source: str, parts: list[str]) -> None:
    from inner_parts import inner_parts

    assert list(inner_parts(source)) == parts


@pytest.mark.parametrize(
    "source",
    [
        "from grpclib.const import Status",
        "import aiohttp\naiohttp.TCPConnector()\naiohttp.web.Application",
        "from chat3_user.errors._failures import CallError",
        "from opentelemetry import trace\ntrace._TRACER_PROVIDER",
        "class A:\n    def f(self):\n        self._own.__class__",
        "row._replace(name=1)",
    ],
)
def test_documented_and_own_parts_are_not(source: str) -> None:
    from inner_parts import inner_parts

    assert list(inner_parts(source)) == []
