"""How failures read, and the exit code that each one gives."""

import asyncio
import json
import signal
import ssl
from pathlib import Path

import pytest
from cli_scripted_service import HANG, ScriptedService, failure
from cli_vocabulary import DIALOG, Result, Run, Spawn, ended
from grpclib.const import Status
from grpclib.health.service import Health

from chat3_api.chat3.user.v1 import (
    GetUserDialogsRequest,
    GetUserDialogsResponse,
    SendMessageRequest,
    SendMessageResponse,
)
from support.ports import free_port
from support.servers import grpc_server, listening


async def test_every_violated_field_is_printed(service: ScriptedService, run: Run) -> None:
    service.answers[GetUserDialogsRequest] = [
        failure(
            Status.INVALID_ARGUMENT,
            "INVALID_FIELD",
            "2 fields break a rule.",
            violations={"page": "0 to 1000000", "page_size": "0 to 100"},
            request_id="req-1",
        )
    ]
    result = await run("dialogs", "--page", "-1", "--page-size", "101")
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines() == [
        "error: ERROR_REASON_INVALID_FIELD: 2 fields break a rule.",
        "  page: 0 to 1000000",
        "  page_size: 0 to 100",
        "  request id: req-1",
    ]


async def test_with_json_the_failure_is_an_object(service: ScriptedService, run: Run) -> None:
    service.answers[GetUserDialogsRequest] = [
        failure(
            Status.PERMISSION_DENIED,
            "NOT_A_MEMBER",
            violations={"page": "bad"},
            request_id="req-1",
            metadata={"dialog_id": DIALOG},
        )
    ]
    result = await run("dialogs", "--json")
    assert result.code == 4
    assert json.loads(result.err) == {
        "error": {
            "status": "PERMISSION_DENIED",
            "reason": "ERROR_REASON_NOT_A_MEMBER",
            "message": "what went wrong",
            "metadata": {"dialog_id": DIALOG},
            "fieldViolations": [{"field": "page", "description": "bad"}],
            "requestId": "req-1",
        }
    }


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.NOT_FOUND, 1),
        (Status.UNAUTHENTICATED, 4),
        (Status.PERMISSION_DENIED, 4),
    ],
)
async def test_the_status_decides_the_exit_code(
    service: ScriptedService, run: Run, status: Status, code: int
) -> None:
    service.answers[GetUserDialogsRequest] = [failure(status, text="")]
    result = await run("dialogs")
    assert result.code == code
    assert result.err == f"error: {status.name}: the service gave no text\n"


async def test_a_mutation_is_repeated_with_its_key(service: ScriptedService, run: Run) -> None:
    service.answers[SendMessageRequest] = [
        failure(Status.UNAVAILABLE, "SHUTTING_DOWN", retry=0.01),
        failure(Status.UNAVAILABLE, "UPSTREAM_UNAVAILABLE", retry=0.01),
        SendMessageResponse(),
    ]
    assert (await run("send", DIALOG, "Hello")).code == 0
    assert len(service.requests) == 3
    assert len({request.idempotency_key for request in service.requests}) == 1


async def test_what_a_proxy_says_without_a_reason_is_repeated(
    service: ScriptedService, run: Run
) -> None:
    service.answers[GetUserDialogsRequest] = [failure(Status.INTERNAL), GetUserDialogsResponse()]
    assert (await run("dialogs", "--json")).code == 0
    asked = [each for each in service.requests if isinstance(each, GetUserDialogsRequest)]
    assert len(asked) == 2


async def test_repeating_ends_after_a_few_attempts(service: ScriptedService, run: Run) -> None:
    service.answers[GetUserDialogsRequest] = [
        failure(Status.UNAVAILABLE, "UPSTREAM_UNAVAILABLE", retry=0.01)
    ] * 9
    result = await run("dialogs")
    assert result.code == 3
    assert len(service.requests) == 4


async def test_a_delay_beyond_the_deadline_is_not_waited_for(
    service: ScriptedService, run: Run
) -> None:
    service.answers[GetUserDialogsRequest] = [failure(Status.UNAVAILABLE, retry=3600)]
    assert (await run("dialogs")).code == 3


async def test_silence_ends_with_the_deadline(service: ScriptedService, run: Run) -> None:
    service.answers[GetUserDialogsRequest] = [HANG] * 100
    while not service.requests:  # on a busy machine the time can be up before it arrives
        result = await run("dialogs", "--timeout", "0.2")
    assert (result.code, result.err) == (
        1,
        "error: DEADLINE_EXCEEDED: no answer came within 0.2 s\n",
    )


async def test_nobody_listening_is_unreachable_at_once(run: Run) -> None:
    port = free_port()
    result = await run("dialogs", "--address", f"127.0.0.1:{port}")
    assert result.code == 3
    assert result.err.startswith(f"error: UNAVAILABLE: cannot reach 127.0.0.1:{port}: ")


async def test_a_handshake_that_never_ends_is_unreachable(run: Run) -> None:
    async with listening(_say_nothing) as port:
        result = await run("--tls", "--timeout", "0.3", "--address", f"127.0.0.1:{port}", "health")
    assert result.code == 3
    assert result.err.endswith("no answer in time\n  hint: `chat3 doctor` finds out why\n")


async def test_a_server_of_another_kind_is_unavailable(run: Run) -> None:
    async with listening(_speak_http1) as port:
        result = await run("--timeout", "20", "--address", f"127.0.0.1:{port}", "dialogs")
    assert result.code == 3
    assert "what answers there speaks HTTP/1.1" in result.err


async def test_a_server_without_tls_fails_the_handshake(run: Run) -> None:
    result = await run("--tls", "health")
    assert result.code == 3
    assert "TLS" in result.err


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["dialogs", "--address", "nowhere"], "'nowhere' is not HOST:PORT"),
        (["dialogs", "--address", "h:0"], "is not HOST:PORT"),
        (["dialogs", "--api-key", "schlüssel"], "visible ASCII"),
        (["dialogs", "--timeout", "nan"], "number of seconds"),
        (["dialogs", "--timeout", "soon"], "invalid seconds value"),
        (["dialogs", "--page", "9999999999"], "too large"),
        (["dialogs", "--ca", "/no/such/file"], "there is no file"),
        (["dialogs", "--key", __file__], "of no use without --cert"),
        (["dialogs", "--ca", __file__], "the TLS files cannot be used"),
        (["dialogs", "--cert", __file__], "the TLS files cannot be used"),
        (["dialogs", "--user", ""], "give --user or set CHAT3_USER"),
        (["dialogs", "--api-key", ""], "the API key is empty (--api-key)"),
        (["dialogs", "--tenant", ""], "give --tenant or set CHAT3_TENANT"),
        (["send", DIALOG, "x", "--meta", "[1]"], "must be a JSON object"),
        (["send", DIALOG, "x", "--meta", "{"], "is no JSON"),
        (["send", DIALOG, "x", "--meta", '{"a": NaN}'], "NaN is no JSON"),
        (["send", DIALOG, "x", "--meta", '{"a": 1e999}'], "1e999 is no JSON"),
        (["status", DIALOG, "m", "seen"], "invalid choice"),
        (["watch", "--count", "-1"], "must be 0 or more"),
        (["watch", "--kind", "unspecified"], "invalid choice"),
        ([], "the following arguments are required: COMMAND"),
        (["send", DIALOG, "\udcff"], "is no valid UTF-8"),
        (["send", DIALOG, "x", "--meta", '{"a": "\\ud800"}'], "is no JSON"),
        (["dialogs", "set", DIALOG, "--set-json", r'a="\udfff"'], "is no JSON"),
        (["dialog"], "did you mean 'dialogs'?"),
        (["messages", "edti", DIALOG, "m", "x"], "did you mean 'edit'?"),
        (["dialogs", "set", DIALOG], "give one of --title, --set, --set-json, --remove"),
        (["dialogs", "set", DIALOG, "--set", "title"], "'title' is not KEY=VALUE"),
        (["dialogs", "set", DIALOG, "--set", "=x"], "'=x' is not KEY=VALUE"),
        (["dialogs", "set", DIALOG, "--set-json", "a={"], "is no JSON"),
        (["dialogs", "set", DIALOG, "--set", "a=1", "--set-json", "a=1"], "sets 'a' a second time"),
        (["dialogs", "set", DIALOG, "--title", "x", "--set", "title=y"], "sets 'title' a second"),
        (["me", "set"], "nothing to do"),
        (["topics", "update", DIALOG, "t"], "nothing to do"),
        (["members", "add", DIALOG], "the following arguments are required: USER_ID"),
        (["messages", "list", DIALOG, "--sort", "(a,asc)", "--oldest-first"], "not allowed with"),
        (["updates", "list", "--kind", "unspecified"], "invalid choice"),
    ],
)
async def test_a_wrong_command_line_ends_with_2(run: Run, argv: list[str], complaint: str) -> None:
    result = await run(*argv)
    assert (result.code, result.out) == (2, "")
    assert complaint in result.err


async def test_an_ipv6_address_is_written_in_brackets(run: Run) -> None:
    result = await run("health", "--address", "[::1]:1", "--timeout", "1")
    assert result.code == 3
    assert "[::1]:1" in result.err


async def test_the_help_text_documents_the_exit_codes(run: Run) -> None:
    result = await run("--help")
    assert result.code == 0
    for code in ("0 ", "1 ", "2 ", "3 ", "4 ", "130"):
        assert f"\n  {code}" in result.out


async def test_the_version_is_the_package_version(run: Run) -> None:
    result = await run("--version")
    assert result.out.startswith("chat3 ")


async def test_tls_with_a_trusted_authority(
    spawn: Spawn, service: ScriptedService, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    await _self_signed(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    async with grpc_server(service, Health(), tls=context) as port:
        service.answers[GetUserDialogsRequest] = [GetUserDialogsResponse()]
        address = f"localhost:{port}"
        trusted = await ended(
            await spawn("dialogs", "--address", address, "--ca", str(certificate))
        )
        stranger = await ended(await spawn("dialogs", "--address", address, "--tls"))
        shown = await ended(
            await spawn(
                *("health", "--address", address, "--ca", str(certificate)),
                *("--cert", str(certificate), "--key", str(key)),
            )
        )
    assert (trusted.code, trusted.err) == (0, "")
    assert stranger.code == 3
    assert "certificate" in stranger.err
    assert (shown.code, shown.out) == (0, "SERVING\n")


async def test_ctrl_c_ends_quietly(service: ScriptedService, spawn: Spawn) -> None:
    service.answers[GetUserDialogsRequest] = [HANG]
    process = await spawn("dialogs")
    await service.hanging.wait()
    process.send_signal(signal.SIGINT)
    assert await ended(process) == Result(130, "", "")


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _speak_http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


async def _self_signed(certificate: Path, key: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
        *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        *("-keyout", str(key), "-out", str(certificate)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
