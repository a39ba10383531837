"""The code that the documentation shows works as it is printed."""

import asyncio
import html
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from contract_guard_project import ROOT
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo, RequestInfo
from google.rpc.status_pb2 import Status as StatusMessage
from grpclib import GRPCError
from grpclib.const import Status

from chat3_api.chat3.user.v1 import GetUserDialogsRequest, UserServiceStub
from chat3_cli.command_line import parse

INFO = ErrorInfo(reason="ERROR_REASON_NOT_A_MEMBER", domain="chat3.user")
IDENTITY = {"CHAT3_API_KEY": "key", "CHAT3_USER": "alice"}


def shown_function(heading: str) -> Callable[[Any], ErrorInfo | None]:
    text = (ROOT / "docs/errors.md").read_text("utf-8")
    section = text[text.index(f"### {heading}\n") :]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)  # noqa: S102 -- the documentation's own code
    function: Callable[[Any], ErrorInfo | None] = names["error_info"]
    return function


def packed(*details: ErrorInfo | RequestInfo) -> list[AnyMessage]:
    boxes = [AnyMessage() for _ in details]
    for box, detail in zip(boxes, details, strict=True):
        box.Pack(detail)
    return boxes


@dataclass(frozen=True)
class FailedCall:
    """As much of a failed grpcio call as `grpc_status` looks at."""

    status: StatusMessage | None

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.PERMISSION_DENIED

    def details(self) -> str:
        return "no member"

    def trailing_metadata(self) -> list[tuple[str, bytes]]:
        if self.status is None:
            return []
        return [("grpc-status-details-bin", self.status.SerializeToString())]


def test_the_function_for_grpclib_finds_the_reason() -> None:
    error_info = shown_function("Python, grpclib")
    details = [RequestInfo(request_id="r"), INFO]

    assert error_info(GRPCError(Status.PERMISSION_DENIED, "no member", details)) == INFO
    assert error_info(GRPCError(Status.UNAVAILABLE, "no details")) is None


def test_the_function_for_grpcio_finds_the_reason() -> None:
    error_info = shown_function("Python, grpcio")
    details = packed(RequestInfo(request_id="r"), INFO)
    status = StatusMessage(code=7, message="no member", details=details)

    assert error_info(FailedCall(status)) == INFO
    assert error_info(FailedCall(None)) is None


QUICK_START = "docs/generated/chat3.user.v1/UserService/quick-start.html"


def shown_text(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", (ROOT / page).read_text("utf-8")))


def test_the_shown_commands_are_commands_of_the_cli() -> None:
    commands = re.findall(r"^\s*(chat3 [a-z].*)$", shown_text(QUICK_START), re.MULTILINE)

    parsed = [parse(shlex.split(line)[1:], IDENTITY) for line in commands]

    words = [each.words for each in parsed]
    assert words == ["dialogs list", "messages send", "updates watch"]


def test_the_shown_program_calls_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown_text(QUICK_START)
    program = text[text.index("import asyncio") : text.index("asyncio.run(main())")]
    called: list[tuple[object, Mapping[str, str]]] = []

    async def get_user_dialogs(stub: UserServiceStub, request: object) -> str:
        called.append((request, dict(stub.metadata or {})))
        return "page"

    monkeypatch.setattr(UserServiceStub, "get_user_dialogs", get_user_dialogs)
    for name in ("CHAT3_API_KEY", "CHAT3_TENANT", "CHAT3_USER"):
        monkeypatch.setenv(name, name.lower())
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 -- the documentation's own code

    asyncio.run(names["main"]())

    identity = {
        "x-api-key": "chat3_api_key",
        "x-tenant-id": "chat3_tenant",
        "x-user-id": "chat3_user",
    }
    wanted = GetUserDialogsRequest(page_size=20, include_last_message=True)
    assert called == [(wanted, identity)]


def test_the_shown_shell_sets_what_the_calls_use() -> None:
    text = shown_text(QUICK_START)
    used = set(re.findall(r'-H "[\w-]+: \$(\w+)"', text))

    assert len(used) == 3
    assert set(re.findall(r"^\s*export (\w+)=", text, re.MULTILINE)) == used
