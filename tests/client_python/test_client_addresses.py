"""An address that cannot be one is refused before anything is sent, with a text that helps."""

import pytest

from chat3_client import Chat3Client, TenantClient
from chat3_client.address import parse_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:50051", "127.0.0.1", 50051),
        ("chat.example.com:443", "chat.example.com", 443),
        ("[::1]:50051", "::1", 50051),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    address = parse_address(text)
    assert (address.host, address.port) == (host, port)
    assert str(address) == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://127.0.0.1:50051", "give '127.0.0.1:50051'"),
        ("https://chat.example.com:443/x", "'chat.example.com:443' and tls=True"),
        ("chat.example.com", "no port"),
        ("::1", "no port"),
        ("::1:50051", "[IPV6]:PORT"),
        (":50051", "no host"),
        ("[::1:50051", "brackets"),
        ("host:", "no port from 1"),
        ("host:http", "no port from 1"),
        ("host:70000", "no port from 1"),
        ("host:٣", "no port from 1"),
    ],
)
def test_what_is_none_is_refused_with_a_text_that_helps(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse_address(text)
    assert says in str(refused.value)


def test_a_client_needs_to_know_who_calls() -> None:
    with pytest.raises(ValueError, match="CHAT3_USER"):
        Chat3Client.from_environment({"CHAT3_API_KEY": "key"})
    with pytest.raises(ValueError, match="CHAT3_API_KEY"):
        Chat3Client.from_environment({"CHAT3_USER": "alice"})
    with pytest.raises(ValueError, match="CHAT3_API_KEY"):
        TenantClient.from_environment({})
    with pytest.raises(ValueError, match="token"):
        Chat3Client(token="t", user="alice")
