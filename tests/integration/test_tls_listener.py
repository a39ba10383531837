"""TLS at the listener: what is offered, who is let in, new certificates without lost streams."""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from edge_vocabulary import DIALOGS, IDENTITY, SUBSCRIBE, RawClient, demo, headers, message
from http1_vocabulary import request

from chat3_api.chat3.user import v1 as pb
from chat3_user.app import Running
from chat3_user.config import load
from chat3_user.settings import ConfigError
from chat3_user.tls.checking import check_files
from support.patience import HANGS

# grpcio and grpclib's reflection cannot live in one process.
_GRPCIO = """
import sys, grpc
port, ca, *pair = sys.argv[1:]
read = lambda path: open(path, "rb").read()
credentials = grpc.ssl_channel_credentials(read(ca), *(read(path) for path in reversed(pair)))
with grpc.secure_channel(f"localhost:{port}", credentials) as channel:
    call = channel.unary_unary(sys.stdin.readline().strip())
    try:
        print(len(call(b"", metadata=eval(sys.stdin.readline()), timeout=60)) > 20)
    except grpc.RpcError as error:
        print(error.code().name)
"""


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    folder = tmp_path_factory.mktemp("certs")
    _make(project, folder)
    return folder


def _make(project: Path, folder: Path) -> None:
    subprocess.run([sys.executable, project / "tools/make_certs.py", folder], check=True)


@asynccontextmanager
async def _encrypted(certs: Path, *, mutual: bool = False) -> AsyncIterator[Running]:
    settings = {
        "grpc_tls_cert": str(certs / "server.pem"),
        "grpc_tls_key": str(certs / "server.key"),
    }
    if mutual:
        settings["grpc_tls_client_ca"] = str(certs / "ca.pem")
    async with demo(**settings) as service:
        yield service


async def _run(*command: Any, stdin: str = "") -> str:
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(HANGS):
        output, _ = await process.communicate(stdin.encode())
    return output.decode(errors="replace")


async def _s_client(port: int, *options: Any) -> str:
    return await _run("openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options)


async def _grpcio(port: int, *files: Path) -> str:
    answer = await _run(
        sys.executable, "-c", _GRPCIO, port, *files, stdin=f"{DIALOGS}\n{tuple(IDENTITY.items())}\n"
    )
    return answer.strip().splitlines()[-1]


def _trusting(certs: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certs / "ca.pem"))
    context.set_alpn_protocols(["h2"])
    return context


@pytest.mark.parametrize("version", ["1.2", "1.3"])
async def test_this_version_is_spoken_and_alpn_chooses_h2(certs: Path, version: str) -> None:
    async with _encrypted(certs) as service:
        option = f"-tls{version.replace('.', '_')}"
        output = await _s_client(
            service.grpc_port, option, "-alpn", "h2", "-CAfile", certs / "ca.pem"
        )
    assert f"TLSv{version}" in output
    assert "ALPN protocol: h2" in output
    assert "Verify return code: 0 (ok)" in output or "Verification: OK" in output


async def test_versions_before_1_2_are_refused(certs: Path) -> None:
    async with _encrypted(certs) as service:
        output = await _s_client(
            service.grpc_port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-alpn", "h2"
        )
    assert "Cipher is (NONE)" in output


async def test_ciphers_without_forward_secrecy_are_refused(certs: Path) -> None:
    async with _encrypted(certs) as service:
        output = await _s_client(
            service.grpc_port,
            "-tls1_2",
            "-cipher",
            "AES128-SHA:AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA",
        )
    assert "Cipher is (NONE)" in output


async def test_a_client_that_speaks_http2_without_alpn_is_told_so(certs: Path) -> None:
    context = ssl.create_default_context(cafile=str(certs / "ca.pem"))
    async with (
        _encrypted(certs) as service,
        await RawClient.open(service.grpc_port, tls=context) as client,
    ):
        gone = await client.turned_away()
    assert gone.error_code == 12  # INADEQUATE_SECURITY
    assert gone.additional_data == b"ALPN must choose h2"


@pytest.mark.parametrize("protocols", [[], ["http/1.1"]])
async def test_alpn_chooses_http_1(certs: Path, protocols: list[str]) -> None:
    """A client without ALPN speaks it, too, as all did before HTTP/2."""
    context = ssl.create_default_context(cafile=str(certs / "ca.pem"))
    if protocols:
        context.set_alpn_protocols(protocols)
    async with _encrypted(certs) as service:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", service.grpc_port, ssl=context, server_hostname="localhost"
        )
        writer.write(request())
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        writer.close()


async def test_a_plaintext_client_is_refused_and_the_next_is_served(certs: Path) -> None:
    async with _encrypted(certs) as service:
        async with await RawClient.open(service.grpc_port) as client:
            async with asyncio.timeout(HANGS):
                await client.closed.wait()
        async with await RawClient.open(service.grpc_port, tls=_trusting(certs)) as client:
            assert (await client.call()).status == 0


async def test_a_grpcio_client_with_the_authority_is_served(certs: Path) -> None:
    async with _encrypted(certs) as service:
        assert await _grpcio(service.grpc_port, certs / "ca.pem") == "True"


async def test_with_a_client_authority_a_client_proves_itself(certs: Path) -> None:
    pair = (certs / "client.pem", certs / "client.key")
    async with _encrypted(certs, mutual=True) as service:
        assert await _grpcio(service.grpc_port, certs / "ca.pem", *pair) == "True"


async def test_with_a_client_authority_others_are_refused(certs: Path, tmp_path: Path) -> None:
    _make(Path(__file__).resolve().parents[2], tmp_path)  # signed, but by somebody else
    stranger = (tmp_path / "client.pem", tmp_path / "client.key")
    async with _encrypted(certs, mutual=True) as service:
        assert await _grpcio(service.grpc_port, certs / "ca.pem") == "UNAVAILABLE"
        assert await _grpcio(service.grpc_port, certs / "ca.pem", *stranger) == "UNAVAILABLE"


async def test_new_certificates_are_used_while_an_open_stream_lives_on(
    project: Path, tmp_path: Path
) -> None:
    _make(project, tmp_path)
    async with _encrypted(tmp_path) as service:
        before = await _serial(service.grpc_port)
        async with await RawClient.open(service.grpc_port, tls=_trusting(tmp_path)) as client:
            stream = client.begin(headers(SUBSCRIBE))
            client.h2.send_data(stream, message(), end_stream=True)
            client.flush()
            await _until(lambda: bool(client.answers[stream].data))
            _make(project, tmp_path)
            async with asyncio.timeout(HANGS):
                while await _serial(service.grpc_port) == before:
                    await asyncio.sleep(0.2)
            # The connection from before goes on: an old stream, and new calls.
            seen = len(client.answers[stream].data)
            sending = pb.SendMessageRequest(dialog_id=await _dialog(client), content="after")
            answer = await client.call(
                headers("/chat3.user.v1.UserService/SendMessage"), message(bytes(sending))
            )
            assert answer.status == 0, answer.headers
            await _until(lambda: len(client.answers[stream].data) > seen)
            assert not client.answers[stream].ended.is_set()


async def test_sighups_way_reloads_at_once_and_unusable_files_change_nothing(
    project: Path, tmp_path: Path
) -> None:
    _make(project, tmp_path)
    async with _encrypted(tmp_path) as service:
        assert service.tls is not None
        before = await _serial(service.grpc_port)
        (tmp_path / "server.pem").write_text("no certificate")
        service.tls.reload()
        assert await _serial(service.grpc_port) == before
        (tmp_path / "server.pem").unlink()
        service.tls.reload()
        assert await _serial(service.grpc_port) == before
        _make(project, tmp_path)
        service.tls.reload()
        assert await _serial(service.grpc_port) != before


async def test_a_client_authority_that_is_replaced_locks_the_old_clients_out(
    project: Path, certs: Path, tmp_path: Path
) -> None:
    pair = (certs / "client.pem", certs / "client.key")
    authority = tmp_path / "clients.pem"
    authority.write_bytes((certs / "ca.pem").read_bytes())
    _make(project, tmp_path)
    async with demo(
        grpc_tls_cert=str(certs / "server.pem"),
        grpc_tls_key=str(certs / "server.key"),
        grpc_tls_client_ca=str(authority),
    ) as service:
        assert await _grpcio(service.grpc_port, certs / "ca.pem", *pair) == "True"
        authority.write_bytes((tmp_path / "ca.pem").read_bytes())
        assert service.tls is not None
        service.tls.reload()
        assert await _grpcio(service.grpc_port, certs / "ca.pem", *pair) == "UNAVAILABLE"
        pair = (tmp_path / "client.pem", tmp_path / "client.key")
        assert await _grpcio(service.grpc_port, certs / "ca.pem", *pair) == "True"


async def test_a_client_that_never_finishes_the_handshake_is_closed(certs: Path) -> None:
    async with demo(
        grpc_tls_cert=str(certs / "server.pem"),
        grpc_tls_key=str(certs / "server.key"),
        connection_handshake_timeout=0.3,
    ) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.grpc_port)
        async with asyncio.timeout(HANGS):
            assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"GRPC_TLS_CERT": "a"}, "neither goes without the other"),
        ({"GRPC_TLS_CLIENT_CA": "a"}, "needs GRPC_TLS_CERT"),
        ({"GRPC_TLS_CERT": "/no/cert", "GRPC_TLS_KEY": "/no/key"}, "/no/cert"),
        ({"TENANT_API_CA_FILE": "/no/ca"}, "TENANT_API_CA_FILE: /no/ca"),
        ({"RABBITMQ_CA_FILE": "/no/ca"}, "RABBITMQ_CA_FILE: /no/ca"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start(
    settings: dict[str, str], problem: str
) -> None:
    def check() -> None:
        config = load({"DEMO": "true", **settings}, {})
        check_files(config.tls, config.authorities)

    with pytest.raises(ConfigError, match=problem):
        check()


async def _serial(port: int) -> str:
    return await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port))


async def _dialog(client: RawClient) -> str:
    answer = await client.call()
    found = pb.GetUserDialogsResponse.parse(answer.data[5:])
    return str(found.dialogs[0].dialog_id)


async def _until(condition: Any) -> None:
    async with asyncio.timeout(HANGS):
        while not condition():
            await asyncio.sleep(0.02)
