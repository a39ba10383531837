"""Whose address a client has: its socket's, what a trusted proxy says, or PROXY protocol v2."""

import ipaddress
from asyncio import BaseTransport
from typing import Final

_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
HEAD_SIZE: Final = 16
"""Bytes of a PROXY header that say how long the rest is."""

_V2_LOCAL, _V2_PROXY = 0x20, 0x21
_TCP4, _TCP6 = 0x11, 0x21
_IPV6_SITE: Final = 64
_LONGEST: Final = 4096


class ProxyHeaderError(Exception):
    """A connection does not begin with a PROXY header that can be read."""

    @property
    def loggable(self) -> str:
        """The text: words of ours, and numbers."""
        return str(self)


def peer_address(transport: BaseTransport) -> str:
    """Return the address of a connection's socket; it has none where it is not of IP."""
    peer = transport.get_extra_info("peername")
    return peer[0] if isinstance(peer, tuple) else "local"


def group(address: str) -> str:
    """Return what stands for an address in limits: of IPv6 the network, which one site owns."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, _IPV6_SITE), strict=False).network_address)
    return str(parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else parsed)


def forwarded(socket_address: str, header: str | None, proxies: int) -> str:
    """Return a request's address: ``proxies`` proxies have each added one to the header's end.

    What stands before those, the client itself may have written.
    """
    if not proxies or not header:
        return socket_address
    hops = [hop.strip() for hop in header.split(",")]
    if len(hops) < proxies:
        return socket_address
    hop = hops[-proxies].removeprefix("[").partition("]")[0]
    return group(hop.partition(":")[0] if hop.count(":") == 1 else hop)


def payload_size(head: bytes) -> int:
    """Return the length of what follows the head of a PROXY header.

    Raises `ProxyHeaderError`.
    """
    if len(head) != HEAD_SIZE or not head.startswith(_SIGNATURE):
        raise ProxyHeaderError("no PROXY protocol v2 header")
    size = int.from_bytes(head[14:16])
    if size > _LONGEST:
        raise ProxyHeaderError(f"a PROXY header of {size} bytes")
    return size


def proxied(head: bytes, payload: bytes) -> str | None:
    """Return the client's address in a PROXY header; nothing when the proxy speaks for itself.

    Raises `ProxyHeaderError`.
    """
    if head[12] == _V2_LOCAL:
        return None
    if head[12] != _V2_PROXY:
        raise ProxyHeaderError(f"PROXY command {head[12]:#x}")
    size = {_TCP4: 4, _TCP6: 16}.get(head[13])
    if size is None or len(payload) < 2 * size + 4:
        raise ProxyHeaderError(f"PROXY address of kind {head[13]:#x}, {len(payload)} bytes")
    return str(ipaddress.ip_address(payload[:size]))
