"""`chat3 doctor` against real servers: each thing that can be wrong, what it says, and its code."""

import asyncio
import http.server
import json
import re
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from cli_certificates import Authority
from cli_scripted_service import HANG, ScriptedService, established, failure
from cli_vocabulary import Run, Running
from grpclib.const import Status
from grpclib.health.service import Health
from grpclib.reflection.service import ServerReflection

from chat3_api.chat3.tenant.v1 import ListUsersRequest, ListUsersResponse
from chat3_api.chat3.user.v1 import (
    Credential,
    CredentialKind,
    GetMyselfRequest,
    GetMyselfResponse,
    UserInfo,
)
from chat3_cli.doctor import serving
from support.patience import HANGS
from support.ports import free_port
from support.servers import grpc_server, listening

OK, WRONG, SKIPPED, LOOK = "ok", "wrong", "not_checked", "warning"
MYSELF = GetMyselfResponse(user=UserInfo(user_id="alice", display_name="Alice"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def well(running: Running, service: ScriptedService) -> ScriptedService:
    """A service at which nothing is wrong."""
    running.health.set(True)
    service.answers[GetMyselfRequest] = [MYSELF]
    service.answers[ListUsersRequest] = [ListUsersResponse()]
    service.streams = [[established(), HANG]]
    return service


async def examined(run: Run, *options: str) -> tuple[int, dict[str, Any]]:
    result = await run("--json", "doctor", *options)
    findings = [json.loads(line) for line in result.out.splitlines()]
    assert result.err == ""
    assert len({each["check"] for each in findings}) == len(findings)
    for each in findings:
        assert bool(each.get("advice")) == (each["outcome"] in (WRONG, LOOK)), each
    return result.code, {each["check"]: each for each in findings}


def wrong(findings: dict[str, Any]) -> list[str]:
    return [check for check, found in findings.items() if found["outcome"] == WRONG]


@contextmanager
def web_server(answers: dict[str, Any], *, date: datetime | None = None) -> Iterator[int]:
    """Serve JSON documents over HTTP/1.1, and nothing else."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = json.dumps(answers.get(self.path)).encode()
            self.send_response(200 if self.path in answers else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            del timestamp
            return format_datetime(date or datetime.now(UTC), usegmt=True)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@asynccontextmanager
async def raw_server(
    answer: bytes | None, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Say some bytes once the client has said something, then hang up; without bytes, be silent."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)

    async with listening(serve, tls=tls) as port:
        yield port


async def test_nothing_is_wrong(well: ScriptedService, run: Run) -> None:
    code, findings = await examined(run)
    assert (code, wrong(findings)) == (0, [])
    assert {each["outcome"] for each in findings.values()} == {OK, SKIPPED}
    assert list(findings) == [
        *("settings", "address", "name", "connection", "protocol", "service"),
        *("key", "tenant", "user", "platform", "updates", "clock"),
    ]
    assert findings["user"]["text"] == "alice (Alice) exists"


async def test_it_reads_well(well: ScriptedService, run: Run) -> None:
    well.answers[GetMyselfRequest] = [failure(Status.UNAUTHENTICATED, "API_KEY_INVALID")]
    result = await run("doctor")
    assert result.code == 4
    lines = result.out.splitlines()
    place = lines.index(
        "WRONG  key         ERROR_REASON_API_KEY_INVALID: what went wrong",
    )
    assert lines[place + 1].startswith(" " * 19 + "the platform does not know this API key")


async def test_a_back_end_needs_no_user(
    well: ScriptedService, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHAT3_USER")
    code, findings = await examined(run)
    assert (code, findings["updates"]["outcome"]) == (0, SKIPPED)
    assert "a back end" in findings["user"]["text"]


@pytest.mark.parametrize(
    ("address", "said", "advised"),
    [
        ("https://chat.example.com", "has a scheme; write chat.example.com:443 and --tls", ""),
        ("http://h:50051/x", "has a scheme; write h:50051", ""),
        ("grpc://[::1]", "has a scheme; write [::1]:50051", ""),
        ("chat.example.com", "it has no port", ""),
        ("chat.example.com:", "a port is a number", ""),
        ("chat.example.com:99999", "a port is a number", ""),
        ("::1:443", "write an IPv6 address in brackets", ""),
        ("h:443/path", "it has a path", ""),
        (":443", "it has no host", ""),
        ("my host:443", "white space", "it comes from --address"),
    ],
)
async def test_an_address_that_is_none(run: Run, address: str, said: str, advised: str) -> None:
    code, findings = await examined(run, f"--address={address}")
    assert (code, wrong(findings)) == (2, ["address"])
    assert said in findings["address"]["text"]
    assert advised in findings["address"]["advice"]
    assert findings["service"]["outcome"] == SKIPPED
    assert (await run("health", f"--address={address}")).code == 2


async def test_a_name_that_does_not_exist(run: Run) -> None:
    code, findings = await examined(run, "--address", "no-such-host.invalid:443")
    assert (code, wrong(findings)) == (3, ["name"])


async def test_a_name_that_cannot_be_one(run: Run) -> None:
    code, findings = await examined(run, "--address", f"{'x' * 70}.example:443")
    assert (code, wrong(findings)) == (3, ["name"])


async def test_nothing_listens(run: Run) -> None:
    code, findings = await examined(run, "--address", f"127.0.0.1:{free_port()}")
    assert (code, wrong(findings)) == (3, ["connection"])
    assert findings["connection"]["text"].startswith("nothing listens at 127.0.0.1:")


async def test_the_operators_port(run: Run) -> None:
    with web_server({"/healthz": {"status": "ok", "pid": 1}}) as port:
        code, findings = await examined(run, "--address", f"127.0.0.1:{port}")
    assert (code, wrong(findings)) == (3, ["protocol"])
    assert "port for operators" in findings["protocol"]["text"]


async def test_the_platforms_port(run: Run) -> None:
    with web_server({"/health": {"status": "ok", "version": "1.0.0"}}) as port:
        code, findings = await examined(run, "--address", f"127.0.0.1:{port}")
    assert (code, wrong(findings)) == (3, ["protocol"])
    assert "REST API of the platform" in findings["protocol"]["text"]


async def test_some_web_server(run: Run) -> None:
    with web_server({}) as port:
        code, findings = await examined(run, "--address", f"127.0.0.1:{port}")
    assert (code, wrong(findings)) == (3, ["protocol"])
    assert "HTTP/1.1 only" in findings["protocol"]["text"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"AMQP\x00\x00\x09\x01", "RabbitMQ's port"),
        (b"-ERR unknown command\r\n", "does not speak HTTP/2"),
        (b"", "hangs up"),
        (None, "says nothing within 0.3 s"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n<html>", "HTTP/1.1 only"),
    ],
)
async def test_servers_of_other_kinds(run: Run, answer: bytes | None, said: str) -> None:
    patience = "0.3" if answer is None else "20"
    async with raw_server(answer) as port:
        where = ("--address", f"127.0.0.1:{port}")
        code, findings = await examined(run, *where, "--timeout", patience)
    assert (code, wrong(findings)) == (3, ["protocol"])
    assert said in findings["protocol"]["text"]


async def test_tls_where_the_service_speaks_plaintext(running: Running, run: Run) -> None:
    assert running.port
    code, findings = await examined(run, "--tls")
    assert (code, wrong(findings)) == (3, ["tls"])
    assert findings["tls"]["text"] == "the service speaks plaintext, and TLS was tried"
    assert "--no-tls" in findings["tls"]["advice"]


async def test_tls_at_a_web_server_without(run: Run) -> None:
    with web_server({"/healthz": {"status": "ok", "pid": 1}}) as port:
        code, findings = await examined(run, "--tls", "--address", f"127.0.0.1:{port}")
    assert (code, wrong(findings)) == (3, ["protocol"])
    assert "port for operators" in findings["protocol"]["text"]


async def test_plaintext_where_the_service_speaks_tls(authority: Authority, run: Run) -> None:
    context = authority.signed("plain").server_context("h2")
    async with grpc_server(Health(), tls=context) as port:
        code, findings = await examined(run, "--address", f"localhost:{port}")
    assert (code, wrong(findings)) == (3, ["tls"])
    assert findings["tls"]["advice"] == "add --tls"


async def test_tls_in_order(authority: Authority, well: ScriptedService, run: Run) -> None:
    context = authority.signed("server").server_context("h2")
    ca = str(authority.pair.pem)
    async with grpc_server(well, Health(), tls=context) as port:
        code, findings = await examined(run, "--address", f"localhost:{port}", "--ca", ca)
    assert findings["tls"]["outcome"] == OK
    # This server has no health of the user service; the way there is in order.
    assert (wrong(findings), findings["user"]["outcome"]) == (["service"], OK)
    assert code == 3


@pytest.mark.parametrize(
    ("certificate", "trusted", "said"),
    [
        ({"days": -1}, True, "has expired"),
        ({"host": "other.example"}, True, "is for another name"),
        ({}, False, "CA that is not known here"),
    ],
)
async def test_certificates_that_are_not_trusted(
    authority: Authority, run: Run, certificate: dict[str, Any], *, trusted: bool, said: str
) -> None:
    context = authority.signed("wrong", **certificate).server_context("h2")
    options = ["--ca", str(authority.pair.pem)] if trusted else ["--tls"]
    async with grpc_server(Health(), tls=context) as port:
        code, findings = await examined(run, "--address", f"localhost:{port}", *options)
    assert (code, wrong(findings)) == (3, ["tls"])
    assert said in findings["tls"]["text"]


async def test_a_certificate_that_signs_itself(authority: Authority, run: Run) -> None:
    context = authority.pair.server_context("h2")
    async with grpc_server(Health(), tls=context) as port:
        code, findings = await examined(run, "--address", f"localhost:{port}", "--tls")
    assert (code, wrong(findings)) == (3, ["tls"])
    assert "signed by itself" in findings["tls"]["text"]
    assert "--ca FILE" in findings["tls"]["advice"]


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_service_that_wants_a_client_certificate(
    authority: Authority, run: Run, newest: ssl.TLSVersion
) -> None:
    context = authority.signed("mutual").server_context("h2")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.pair.pem)
    context.maximum_version = newest
    ca = ["--ca", str(authority.pair.pem)]
    stranger = Authority.make(authority.folder / "..").signed("stranger")
    client = authority.signed("client")
    async with grpc_server(Health(), tls=context) as port:
        where = ["--address", f"localhost:{port}", *ca]
        code, findings = await examined(run, *where)
        assert (code, wrong(findings)) == (3, ["tls"])
        assert "may want a client certificate" in findings["tls"]["text"]
        shown = ["--cert", str(stranger.pem), "--key", str(stranger.key)]
        code, findings = await examined(run, *where, *shown)
        assert (code, wrong(findings)) == (3, ["tls"])
        assert "may refuse the client certificate" in findings["tls"]["text"]
        shown = ["--cert", str(client.pem), "--key", str(client.key)]
        _, findings = await examined(run, *where, *shown)
        assert findings["tls"]["outcome"] == OK


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_a_server_that_says_that_it_wants_a_client_certificate(
    authority: Authority, run: Run, version: str
) -> None:
    pair, port = authority.signed("openssl"), free_port()
    server = await asyncio.create_subprocess_exec(
        *("openssl", "s_server", "-port", str(port), version, "-Verify", "1"),
        *("-cert", pair.pem, "-key", pair.key, "-CAfile", authority.pair.pem),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert server.stdout is not None
    async for line in server.stdout:
        if line.startswith(b"ACCEPT"):
            break
    where = ["--address", f"localhost:{port}", "--ca", str(authority.pair.pem)]
    code, findings = await examined(run, *where, "--timeout", "20")
    assert (code, wrong(findings)) == (3, ["tls"])
    assert findings["tls"]["text"] == "the service wants a client certificate"
    server.kill()
    await server.communicate()


async def test_tls_without_http2(authority: Authority, run: Run) -> None:
    context = authority.signed("old").server_context("http/1.1")
    ca = str(authority.pair.pem)
    async with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n", tls=context) as port:
        code, findings = await examined(run, "--address", f"localhost:{port}", "--ca", ca)
    assert (code, wrong(findings)) == (3, ["protocol"])


async def test_tls_files_that_cannot_be_used(run: Run) -> None:
    code, findings = await examined(run, "--ca", __file__)
    assert (code, wrong(findings)) == (2, ["tls"])
    assert "cannot be used" in findings["tls"]["text"]


async def test_another_grpc_service(run: Run) -> None:
    async with grpc_server(*ServerReflection.extend([Health()])) as port:
        code, findings = await examined(run, "--address", f"127.0.0.1:{port}")
    assert (code, wrong(findings)[0]) == (3, "service")
    assert "does not have chat3.user.v1.UserService" in findings["service"]["text"]


async def test_a_service_that_is_not_ready(
    running: Running, well: ScriptedService, run: Run
) -> None:
    running.health.set(False)
    code, findings = await examined(run)
    assert (code, wrong(findings)) == (3, ["service"])
    assert "NOT_SERVING" in findings["service"]["text"]


@pytest.mark.parametrize(
    ("status", "reason", "part"),
    [
        (Status.UNAUTHENTICATED, "API_KEY_INVALID", "key"),
        (Status.PERMISSION_DENIED, "PERMISSION_MISSING", "key"),
        (Status.NOT_FOUND, "TENANT_NOT_FOUND", "tenant"),
        (Status.NOT_FOUND, "USER_NOT_FOUND", "user"),
    ],
)
async def test_an_identity_that_is_refused(
    well: ScriptedService, run: Run, status: Status, reason: str, part: str
) -> None:
    well.answers[GetMyselfRequest] = [failure(status, reason)]
    code, findings = await examined(run)
    assert (code, wrong(findings)) == (4, [part])
    assert findings["updates"]["outcome"] == SKIPPED


@pytest.mark.parametrize(
    "reason",
    [
        "TOKEN_EXPIRED",
        "TOKEN_KEY_UNKNOWN",
        "TOKEN_INVALID",
        "TOKEN_NOT_YET_VALID",
        "TOKEN_REVOKED",
        "TOKENS_NOT_CONFIGURED",
        "PERMISSION_MISSING",
    ],
)
async def test_a_token_that_is_refused(
    well: ScriptedService, run: Run, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.setenv("CHAT3_TOKEN", "a.token")
    well.answers[GetMyselfRequest] = [failure(Status.UNAUTHENTICATED, reason)]
    code, findings = await examined(run)
    assert (code, wrong(findings)) == (4, ["token"])
    assert "key" not in findings


@pytest.mark.parametrize(
    ("minutes", "outcome", "told"), [(4.5, LOOK, "in 4 min"), (61.5, OK, "in 61 min")]
)
async def test_a_token_that_ends_soon_deserves_a_look(
    well: ScriptedService,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    minutes: float,
    outcome: str,
    told: str,
) -> None:
    monkeypatch.setenv("CHAT3_TOKEN", "a.sealed.token.of.five")
    ends = datetime.now(UTC) + timedelta(minutes=minutes)
    credential = Credential(kind=CredentialKind.USER_TOKEN, expire_time=ends)
    well.answers[GetMyselfRequest] = [replace(MYSELF, credential=credential)]
    code, findings = await examined(run)
    assert code == 0
    assert findings["token"]["outcome"] == outcome
    assert findings["token"]["text"].startswith("it is accepted until 20")
    assert findings["token"]["text"].endswith(told)


async def test_metadata_that_breaks_rules(well: ScriptedService, run: Run) -> None:
    broken = {"metadata.x-tenant-id": "1 to 20 characters", "metadata.x-user-id": "no dots"}
    well.answers[GetMyselfRequest] = [
        failure(Status.INVALID_ARGUMENT, "INVALID_METADATA", violations=broken)
    ]
    code, findings = await examined(run)
    assert (code, wrong(findings)) == (4, ["tenant", "user"])
    assert findings["key"]["outcome"] == SKIPPED


@pytest.mark.parametrize("reason", ["UPSTREAM_UNAVAILABLE", "UPSTREAM_INVALID_RESPONSE"])
async def test_a_platform_that_is_down(well: ScriptedService, run: Run, reason: str) -> None:
    well.answers[GetMyselfRequest] = [failure(Status.UNAVAILABLE, reason)]
    code, findings = await examined(run)
    assert (code, wrong(findings)) == (3, ["platform"])
    assert findings["key"]["outcome"] == SKIPPED
    assert len(well.requests) == 1, "it asks once and does not wait for a better answer"


async def test_updates_that_are_unavailable(well: ScriptedService, run: Run) -> None:
    well.streams = [[failure(Status.UNAVAILABLE, "UPDATES_UNAVAILABLE")]]
    code, findings = await examined(run)
    assert (code, wrong(findings)) == (3, ["updates"])
    assert "RabbitMQ" in findings["updates"]["advice"]


async def test_too_many_streams_are_no_fault(well: ScriptedService, run: Run) -> None:
    well.streams = [[failure(Status.RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS")]]
    code, findings = await examined(run)
    assert (code, findings["updates"]["outcome"]) == (0, LOOK)


async def test_settings_that_do_not_say_who_calls(
    well: ScriptedService, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHAT3_API_KEY")
    code, findings = await examined(run)
    assert (code, wrong(findings)) == (2, ["settings"])
    assert findings["service"]["outcome"] == OK, "the way is checked all the same"


async def test_a_very_slow_service_does_not_hold_it(well: ScriptedService, run: Run) -> None:
    well.answers[GetMyselfRequest] = [HANG]
    code, findings = await examined(run, "--timeout", "1")
    assert code == 3
    assert "no answer came within 1 s" in findings["calls"]["text"]


@pytest.mark.parametrize(
    ("hours", "outcome", "said"),
    [(-1, LOOK, "ahead of"), (1, LOOK, "behind"), (0, OK, "agree")],
)
async def test_clocks_that_disagree(hours: int, outcome: str, said: str) -> None:
    now = datetime.now(UTC) + timedelta(hours=hours)
    with web_server({}, date=now) as port:
        target = serving.Target("127.0.0.1", port, None, HANGS)
        finding = await serving.clock(target, None)
    assert (finding.outcome, finding.exit_code) == (outcome, 0)
    assert said in finding.text


async def test_a_service_over_tls_that_tells_its_time(authority: Authority) -> None:
    client = ssl.create_default_context(cafile=authority.pair.pem)
    context = authority.signed("clock").server_context()
    date = format_datetime(datetime.now(UTC) - timedelta(hours=2), usegmt=True)
    answer = f"HTTP/1.1 404 Not Found\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode()
    async with raw_server(answer, tls=context) as port:
        target = serving.Target("localhost", port, client, HANGS)
        finding = await serving.clock(target, client)
    ahead = re.search(r"(\d+) s ahead of", finding.text)
    assert ahead is not None, finding.text
    assert 7199 <= int(ahead[1]) <= 7200 + HANGS
