"""A new connection: ALPN, or its first bytes, say which version of HTTP it speaks."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from chat3_user.transport.addresses import peer_address
from chat3_user.transport.limits import ConnectionLimits
from chat3_user.transport.refusals import Refusals

_PREFACE: Final = b"PRI * HTTP/2.0"
"""How HTTP/2 begins; HTTP/1.1 has no such method."""

_HTTP_1: Final = "http/1.1"


class Owner(Protocol):
    """What connections share: the listener's."""

    limits: ConnectionLimits
    refusals: Refusals

    def opened(self, connection: "NewConnection") -> str | None:
        """Take a new connection in; return why not."""
        ...

    def lost(self, connection: "NewConnection") -> None:
        """Forget a connection."""
        ...


class NewConnection(asyncio.Protocol):
    """Holds a connection's place until it is known what serves it.

    ``http_2`` and ``http_1`` make that, from the client's address.
    """

    streams: Sequence[object] = ()
    version = cause = ""
    unread = 0

    def __init__(
        self,
        owner: Owner,
        http_2: Callable[[str], asyncio.Protocol],
        http_1: Callable[[str], asyncio.Protocol],
        address: str = "",
    ) -> None:
        self._owner = owner
        self._http_2 = http_2
        self._http_1 = http_1
        self._given = address
        self.address = address
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand over what ALPN has chosen, and wait for the first bytes of others."""
        self._transport = transport  # type: ignore[assignment]  # uvloop has its own class
        encrypted = transport.get_extra_info("ssl_object")
        chosen = None if encrypted is None else encrypted.selected_alpn_protocol()
        if chosen is not None:
            self._hand_over(self._http_1 if chosen == _HTTP_1 else self._http_2)
            return
        self.address = self.address or peer_address(transport)
        if self._owner.opened(self) is not None:
            # It is refused, and counted, where a client may understand the words.
            self._hand_over(self._http_2)
            return
        self._timer = asyncio.get_running_loop().call_later(
            self._owner.limits.handshake_timeout, self._end_silent
        )

    def data_received(self, data: bytes) -> None:
        """Hand over as soon as the bytes say to whom."""
        self._received += data
        if self._received.startswith(_PREFACE):
            self._leave(self._http_2)
        elif not _PREFACE.startswith(self._received):
            self._leave(self._http_1)

    def connection_lost(self, exc: BaseException | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget a connection that has said nothing."""
        self._give_up_place()

    def go_away(self) -> None:
        """Close: nothing has begun."""
        if self._transport is not None:
            self._transport.close()

    shut_down = go_away

    def _leave(self, make: Callable[[str], asyncio.Protocol]) -> None:
        self._give_up_place()
        self._hand_over(make).data_received(self._received)

    def _hand_over(self, make: Callable[[str], asyncio.Protocol]) -> asyncio.Protocol:
        transport = self._transport
        if transport is None:
            raise RuntimeError("a connection without a transport")
        protocol = make(self._given)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        return protocol

    def _give_up_place(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._owner.lost(self)

    def _end_silent(self) -> None:
        self._owner.refusals.refused("handshake", self.address, "nothing was said")
        if self._transport is not None:
            self._transport.abort()
