"""A watch of an address where no service is ends as every other command does there."""

import asyncio
from pathlib import Path

import pytest
from cli_certificates import Authority
from cli_scripted_service import HANG, ScriptedService, established
from cli_vocabulary import Run, Running, Spawn, ended

from support.servers import Serve, listening

WATCHES = {
    "user": ["watch"],
    "tenant users": ["tenant", "updates", "watch", "alice"],
    "tenant": ["tenant", "updates", "follow"],
}


async def hang_up(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Close the connection at once, as a proxy does without a service behind it."""


async def hang_up_when_heard(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(1)


async def speak_http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as a web server, and keep the connection."""
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await reader.read()


async def refuse_plaintext(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the alert of a TLS server that hears something else."""
    writer.write(bytes.fromhex("15030100020246"))
    await reader.read()


async def speak_ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH\r\n")
    await reader.read()


PEERS: dict[str, tuple[Serve, str]] = {
    "hangs up": (hang_up, "closed before anything came"),
    "hangs up when heard": (hang_up_when_heard, "closed before anything came"),
    "web server": (speak_http1, "speaks HTTP/1.1"),
    "TLS": (refuse_plaintext, "speaks TLS"),
    "another server": (speak_ssh, "does not speak HTTP/2"),
}


@pytest.mark.parametrize("argv", WATCHES.values(), ids=WATCHES)
@pytest.mark.parametrize(("peer", "text"), PEERS.values(), ids=PEERS)
async def test_a_watch_says_what_another_command_says_there(
    run: Run, argv: list[str], peer: Serve, text: str
) -> None:
    async with listening(peer) as port:
        address = ("--address", f"127.0.0.1:{port}")
        other = await run("dialogs", *address)
        watch = await run(*argv, *address)
    assert (watch.code, watch.err) == (other.code, other.err)
    assert (watch.code, watch.out) == (3, "")
    assert text in watch.err


@pytest.mark.parametrize("argv", WATCHES.values(), ids=WATCHES)
async def test_a_watch_with_tls_ends_where_there_is_none(run: Run, argv: list[str]) -> None:
    async with listening(speak_ssh) as port:
        address = ("--tls", "--address", f"127.0.0.1:{port}")
        other = await run("dialogs", *address)
        watch = await run(*argv, *address)
    assert (watch.code, watch.err) == (other.code, other.err)
    assert "the service seems to have none there" in watch.err


async def test_a_watch_over_tls_of_a_web_server_ends(run: Run, tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    context = authority.signed("server").server_context("h2")
    async with listening(speak_http1, tls=context) as port:
        ca = ("--ca", str(authority.pair.pem))
        result = await run("watch", *ca, "--address", f"localhost:{port}")
    assert result.code == 3
    assert "speaks HTTP/1.1" in result.err
    assert "does it want TLS" not in result.err


@pytest.mark.parametrize("name", ["hangs up", "web server"])
async def test_a_watch_that_was_connected_outlives_what_answers_meanwhile(
    running: Running, service: ScriptedService, spawn: Spawn, name: str
) -> None:
    peer, text = PEERS[name]
    service.streams = [[established("t1"), HANG]]
    process = await spawn("watch")
    await service.hanging.wait()
    await running.stop()
    async with listening(peer, running.port):
        assert process.stderr is not None
        async for line in process.stderr:
            if text in line.decode():
                assert "reconnecting in" in line.decode()
                break
    service.streams = [[established("t2"), HANG]]
    service.hanging.clear()
    await running.start()
    await service.hanging.wait()
    process.terminate()
    await ended(process)
    assert [request.resume_token for request in service.requests] == ["", "t1"]
