"""Whose address a client has, and that it cannot choose another one."""

import ipaddress

import pytest

from chat3_user.transport.addresses import (
    ProxyHeaderError,
    forwarded,
    group,
    payload_size,
    proxied,
)

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


@pytest.mark.parametrize(
    ("address", "stands_for"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("local", "local"),
        ("no:address", "no:address"),
    ],
)
def test_an_ipv6_site_is_one_address(address: str, stands_for: str) -> None:
    assert group(address) == stands_for


@pytest.mark.parametrize(
    ("header", "proxies", "address"),
    [
        ("9.9.9.9, 8.8.8.8", 0, "10.0.0.1"),
        (None, 1, "10.0.0.1"),
        ("9.9.9.9, 8.8.8.8", 1, "8.8.8.8"),
        ("1.1.1.1, 9.9.9.9, 8.8.8.8", 2, "9.9.9.9"),
        ("8.8.8.8", 2, "10.0.0.1"),
        ("8.8.8.8:4711", 1, "8.8.8.8"),
        ("[2001:db8::5]:4711", 1, "2001:db8::"),
        ("2001:db8::5", 1, "2001:db8::"),
    ],
)
def test_only_what_trusted_proxies_added_counts(
    header: str | None, proxies: int, address: str
) -> None:
    assert forwarded("10.0.0.1", header, proxies) == address


def header(command: int, family: int, payload: bytes) -> tuple[bytes, bytes]:
    return SIGNATURE + bytes((command, family)) + len(payload).to_bytes(2), payload


@pytest.mark.parametrize(("address", "family"), [("192.0.2.9", 0x11), ("2001:db8::9", 0x21)])
def test_a_proxy_header_names_the_client(address: str, family: int) -> None:
    packed = ipaddress.ip_address(address).packed
    head, payload = header(0x21, family, packed * 2 + bytes(4) + b"more")
    assert payload_size(head) == len(payload)
    assert proxied(head, payload) == address


def test_a_proxy_may_speak_for_itself() -> None:
    assert proxied(*header(0x20, 0, b"")) is None


@pytest.mark.parametrize(
    ("head", "payload"),
    [
        header(0x22, 0x11, bytes(12)),
        header(0x21, 0x31, bytes(216)),
        header(0x21, 0x11, bytes(11)),
    ],
)
def test_other_headers_are_refused(head: bytes, payload: bytes) -> None:
    with pytest.raises(ProxyHeaderError):
        proxied(head, payload)


@pytest.mark.parametrize("head", [b"", b"PRI * HTTP/2.0\r\n", SIGNATURE + b"\x21\x11\xff\xff"])
def test_what_is_no_proxy_header_is_refused(head: bytes) -> None:
    with pytest.raises(ProxyHeaderError):
        payload_size(head)
