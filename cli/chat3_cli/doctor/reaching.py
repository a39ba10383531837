"""Checks the way to the service: address, name, connection, TLS, protocol."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator

from chat3_cli.connection import tls_context
from chat3_cli.doctor import peer
from chat3_cli.doctor.certificates import hung_up, refused_certificate, refused_handshake
from chat3_cli.doctor.findings import Finding, fine, misset, unavailable
from chat3_cli.doctor.peer import Speaks
from chat3_cli.doctor.wrong_ports import wrong_port
from chat3_cli.session import Target
from chat3_cli.settings.errors import SettingsError
from chat3_cli.settings.precedence import Settings

CHECKS = ("address", "name", "connection", "tls", "protocol")


def located(settings: Settings, patience: float) -> tuple[Target | None, Finding]:
    """Say where the service is by the settings; no target when they are wrong."""
    source = settings.source("address")
    try:
        host, port = settings.value("address")
    except SettingsError as error:
        text = str(error).removeprefix("argument --address: ")
        return None, misset("address", text, f"correct it; it comes from {source}")
    try:
        if settings.text("key") and not settings.text("cert"):
            raise SettingsError("--key is of no use without --cert")
        context = tls_context(settings)
    except SettingsError as error:
        return None, misset("tls", str(error), "correct the file or the setting")
    target = Target(host, port, tls=context, timeout=patience)
    security = "TLS" if context is not None else "plaintext"
    return target, fine("address", f"{target.address}, {security} (from {source})")


async def way(target: Target, *, with_certificate: bool) -> AsyncIterator[Finding]:
    """Check each step to the service; the last finding is wrong when there is no way.

    `with_certificate` says that the client shows a certificate of its own.
    """
    finding = await _named(target)
    yield finding
    if finding.exit_code:
        return
    finding = await _connected(target)
    yield finding
    if finding.exit_code:
        return
    async for finding in _spoken(target, with_certificate=with_certificate):
        yield finding


async def _named(target: Target) -> Finding:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(target.timeout):
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except TimeoutError:
        text = f"looking up {target.host} takes more than {target.timeout:g} s"
        return unavailable("name", text, "check this machine's name servers")
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        text = f"{target.host} cannot be looked up: {why}"
        return unavailable("name", text, "check the name; inside a VPN or a cluster, join it first")
    addresses = ", ".join(dict.fromkeys(str(each[4][0]) for each in found))
    return fine("name", f"{target.host} is {addresses}")


async def _connected(target: Target) -> Finding:
    where = target.address
    try:
        async with asyncio.timeout(target.timeout):
            _, writer = await asyncio.open_connection(target.host, target.port)
        writer.transport.abort()
    except TimeoutError:
        text = f"{where} does not answer within {target.timeout:g} s"
        return unavailable(
            "connection", text, "check host and port; a firewall may drop the packets"
        )
    except ConnectionRefusedError:
        text = f"nothing listens at {where}"
        advice = (
            "start the service, or correct the port: GRPC_PORT of the service, 50051 by default"
        )
        return unavailable("connection", text, advice)
    except OSError as error:
        return _no_connection(target, error)
    return fine("connection", f"{where} accepts connections")


def _no_connection(target: Target, error: OSError) -> Finding:
    text = f"cannot connect to {target.address}: {error.strerror or error}"
    return unavailable("connection", text, "check host, port and the network")


async def _spoken(target: Target, *, with_certificate: bool) -> AsyncIterator[Finding]:
    """Check TLS and the protocol, which one attempt shows."""
    try:
        speaks = await peer.first_words(target, target.tls, target.timeout)
    except TimeoutError:
        text = f"the TLS handshake does not end within {target.timeout:g} s"
        advice = "check the port: what listens there may not speak TLS (--no-tls)"
        yield unavailable("tls", text, advice)
        return
    except ssl.SSLCertVerificationError as error:
        yield refused_certificate(error)
        return
    except OSError as error:
        if target.tls is None:
            yield _no_connection(target, error)
        else:
            yield await _no_handshake(target, target.tls, with_certificate=with_certificate)
        return
    if target.tls is not None:
        finding = await _encrypted(target, target.tls, speaks, with_certificate=with_certificate)
        yield finding
        if finding.exit_code:
            return
    if speaks is Speaks.HTTP2:
        yield fine("protocol", "HTTP/2")
        return
    if target.tls is None and await peer.speaks_tls(target, target.timeout):
        yield unavailable("tls", "the service speaks TLS, and plaintext was tried", "add --tls")
        return
    yield await wrong_port(target, speaks)


async def _encrypted(
    target: Target, tls: ssl.SSLContext, speaks: Speaks, *, with_certificate: bool
) -> Finding:
    """Say whether TLS is in order: its version 1.3 can end it after the handshake."""
    trusted = fine("tls", "the service's certificate is trusted")
    if speaks is Speaks.HTTP2:
        return trusted
    error = await peer.alert(target, tls, target.timeout)
    refused = refused_handshake(error, with_certificate=with_certificate)
    if refused is None and speaks is Speaks.HUNG_UP:
        return hung_up(with_certificate=with_certificate)
    return refused or trusted


async def _no_handshake(target: Target, tls: ssl.SSLContext, *, with_certificate: bool) -> Finding:
    """Say why there was no TLS handshake."""
    error = await peer.alert(target, tls, target.timeout)
    refused = refused_handshake(error, with_certificate=with_certificate)
    if refused is not None:
        return refused
    speaks = await _in_plaintext(target)
    if speaks is Speaks.HTTP2:
        text = "the service speaks plaintext, and TLS was tried"
        return unavailable("tls", text, "leave out --tls, --ca and --cert, or add --no-tls")
    if speaks in (Speaks.HTTP1, Speaks.AMQP, Speaks.SOMETHING):
        return await wrong_port(Target(target.host, target.port, None, target.timeout), speaks)
    return hung_up(with_certificate=with_certificate)


async def _in_plaintext(target: Target) -> Speaks:
    try:
        return await peer.first_words(target, None, target.timeout)
    except (OSError, TimeoutError):
        return Speaks.NOTHING
