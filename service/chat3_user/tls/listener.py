"""TLS of the listener: what it offers, whom it lets in, and how new certificates come into use.

The listener hands every handshake over to the newest context, built anew from the files. So a
change takes effect for new connections, open ones do not notice, and files that cannot be used
leave the old context where it is.
"""

import asyncio
import logging
import math
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from chat3_user.tls.expiry import expiry
from chat3_user.tls.settings import TlsError, TlsFiles

log = logging.getLogger(__name__)

_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2, what HTTP/2 allows: forward secrecy and authenticated encryption."""

_POLL: Final = 2.0


class ServerTls:
    """The listener's TLS; created, opened and closed by the composition root.

    ``expires`` is the Unix time at which the certificate, or its chain, does. Raises `TlsError` for
    files that cannot be used.
    """

    def __init__(self, files: TlsFiles, poll: float = _POLL) -> None:
        self._files = files
        self._poll = poll
        self._stamp = _stamp(files)
        self._newest = _server_context(files)
        self.expires = expiry(files.certificate)
        self.context = _server_context(files)
        self.context.sni_callback = self._use_newest
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to watch the files."""
        self._tell_expired()
        self._watch = asyncio.create_task(self._watch_files(), name="tls-watch")

    async def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    def reload(self) -> None:
        """Use the files as they are now, if they can be used."""
        try:
            newest = _server_context(self._files)
        except TlsError as error:
            log.error("certificates not reloaded", extra={"problem": error})  # noqa: TRY400
            return
        self._newest, self.expires = newest, expiry(self._files.certificate)
        log.info(
            "certificates reloaded",
            extra={"files": str(self._files), "expires": _date(self.expires)},
        )
        self._tell_expired()

    def _tell_expired(self) -> None:
        if self.expires < time.time():
            log.error("the certificate has expired", extra={"expired": _date(self.expires)})

    def _use_newest(self, connection: Any, _: str | None, __: ssl.SSLContext) -> None:
        # OpenSSL calls this in every handshake, whether the client names a server or not.
        connection.context = self._newest

    async def _watch_files(self) -> None:
        while True:
            await asyncio.sleep(self._poll)
            stamp = _stamp(self._files)
            if stamp != self._stamp:
                self._stamp = stamp
                self.reload()


def listener_tls(files: TlsFiles) -> ServerTls | None:
    """Return the listener's TLS; nothing when it is to be plain.

    Raises `TlsError`.
    """
    return ServerTls(files) if files.certificate else None


def _stamp(files: TlsFiles) -> Sequence[tuple[int, int, int]]:
    try:
        return files.stamp()
    except OSError:
        return ()


def _date(seconds: float) -> str:
    if math.isinf(seconds):
        return "unknown"
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _server_context(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(["h2", "http/1.1"])
    # A resumed session would skip the check of a client's certificate against a new CA; gRPC's
    # connections are long, so resuming would save little.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    try:
        # A key with a passphrase would make OpenSSL ask on the terminal.
        context.load_cert_chain(files.certificate, files.key, password=lambda: b"")
        if files.client_ca:
            context.load_verify_locations(files.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        raise TlsError(f"{files}: {error}") from error
    return context
