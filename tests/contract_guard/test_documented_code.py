"""The code that the documentation shows works as it is printed."""

import html
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from contract_guard_project import ROOT
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo, RequestInfo
from google.rpc.status_pb2 import Status as StatusMessage
from grpclib import GRPCError
from grpclib.const import Status

from chat3_cli.command_line import parse

INFO = ErrorInfo(reason="ERROR_REASON_NOT_A_MEMBER", domain="chat3.user")
IDENTITY = {"CHAT3_API_KEY": "key", "CHAT3_USER": "alice"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


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


def test_search_finds_a_symbol_in_a_browser(tmp_path: Path) -> None:
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert browser is not None, "Chromium is missing: run `make test`, which installs it"

    run = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path}",
            "--dump-dom",
            f"{(ROOT / 'docs/generated/index.html').as_uri()}?q=resume+token",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )

    results = run.stdout[run.stdout.index('id="results"') : run.stdout.index('id="search-status"')]
    first = re.search(r'href="#([^"]+)"', results)
    assert first is not None
    assert first[1] == "chat3.user.v1.SubscribeUpdatesRequest.resume_token"
    assert 'aria-current="location"' in run.stdout


def test_the_shown_commands_are_commands_of_the_cli() -> None:
    page = (ROOT / "docs/generated/index.html").read_text("utf-8")
    text = html.unescape(re.sub(r"<[^>]+>", "", page))
    commands = re.findall(r"^\s*(chat3 [a-z].*)$", text, re.MULTILINE)

    parsed = [parse(shlex.split(line)[1:], IDENTITY) for line in commands]

    words = [each.words for each in parsed]
    assert words == ["dialogs list", "messages send", "updates watch"]
