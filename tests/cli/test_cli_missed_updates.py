"""`chat3 updates list`: what was missed since a token, by the page or all of it."""

import json
from pathlib import Path
from typing import Any

from cli_filled_messages import filled_message
from cli_scripted_service import ScriptedService, failure
from cli_vocabulary import DIALOG, Run
from grpclib.const import Status

from chat3_api.chat3.user.v1 import (
    Gap,
    GapReason,
    ListUpdatesRequest,
    ListUpdatesResponse,
    ReloadTarget,
)

KINDS = len(filled_message(ListUpdatesResponse, "text").updates)


def missed(token: str, **more: Any) -> ListUpdatesResponse:
    """An update of every kind."""
    found = filled_message(ListUpdatesResponse, "text")
    return ListUpdatesResponse(updates=found.updates, next_resume_token=token, **more)


async def test_updates_read_as_they_do_on_the_stream(service: ScriptedService, run: Run) -> None:
    service.answers[ListUpdatesRequest] = [missed("t2")]
    result = await run("updates", "--resume", "t1", "--page-size", "50", "--dialog", DIALOG)
    *lines, count, token = result.out.splitlines()
    assert len(lines) == KINDS
    assert all(line.startswith("12:03:04 ") for line in lines)
    assert (count, token) == (f"{KINDS} updates", "continue: --resume=t2")
    asked = ListUpdatesRequest(resume_token="t1", page_size=50, dialog_ids=[DIALOG])
    # A text that an update may have cut is asked for as well.
    assert service.requests[0] == asked


async def test_what_waits_is_said(service: ScriptedService, run: Run) -> None:
    service.answers[ListUpdatesRequest] = [missed("t2", has_more=True)]
    result = await run("updates", "list")
    assert result.out.splitlines()[-2:] == [
        f"{KINDS} updates, more are waiting",
        "continue: --resume=t2",
    ]


async def test_all_reads_until_nothing_waits(service: ScriptedService, run: Run) -> None:
    service.answers[ListUpdatesRequest] = [missed("t2", has_more=True), missed("t3")]
    result = await run("updates", "list", "--resume", "t1", "--all")
    assert result.out.splitlines()[-2:] == [f"{2 * KINDS} updates", "continue: --resume=t3"]
    asked = [each for each in service.requests if isinstance(each, ListUpdatesRequest)]
    assert [each.resume_token for each in asked] == ["t1", "t2"]


async def test_a_gap_stands_before_the_updates(service: ScriptedService, run: Run) -> None:
    gap = Gap(reason=GapReason.EXPIRED, reload=[ReloadTarget.DIALOGS])
    service.answers[ListUpdatesRequest] = [
        ListUpdatesResponse(gap=gap, next_resume_token="t2", updates=missed("").updates[:1])
    ]
    first, second, *_ = (await run("updates", "list", "--resume", "t1")).out.splitlines()
    assert "updates may be missing" in first
    assert "reload dialogs" in first
    assert "updates may be missing" not in second


async def test_the_resume_file_keeps_the_last_token(
    service: ScriptedService, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    service.answers[ListUpdatesRequest] = [
        ListUpdatesResponse(next_resume_token="t1"),
        missed("t2", has_more=True),
        failure(Status.INTERNAL, "INTERNAL"),
    ]
    await run("updates", "list", "--resume-file", str(path))
    assert path.read_text() == "t1\n"
    result = await run("updates", "list", "--resume-file", str(path), "--all")
    assert result.code == 1
    assert result.err.splitlines()[0] == f"{KINDS} updates so far; continue with --resume=t2"
    assert path.read_text() == "t2\n"


async def test_a_list_that_does_not_advance_ends(service: ScriptedService, run: Run) -> None:
    service.answers[ListUpdatesRequest] = [missed("t1", has_more=True)] * 9
    result = await run("updates", "list", "--resume", "t1", "--all")
    assert result.code == 1
    assert "it continues where it began" in result.err


async def test_with_json_every_response_is_a_line(service: ScriptedService, run: Run) -> None:
    service.answers[ListUpdatesRequest] = [missed("t2", has_more=True), missed("t3")]
    result = await run("updates", "list", "--all", "--json")
    first, second = (json.loads(line) for line in result.out.splitlines())
    assert (first["hasMore"], first["nextResumeToken"], second["nextResumeToken"]) == (
        True,
        "t2",
        "t3",
    )
