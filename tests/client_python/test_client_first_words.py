"""HTTP/2 is recognised by its first frame, however its bytes come, and nothing else is."""

import pytest

from chat3_client.first_words import FirstWords

SETTINGS = bytes.fromhex("00001204000000000000")
LARGEST = bytes.fromhex("00400004000000000000")


@pytest.mark.parametrize("frame", [SETTINGS, LARGEST])
def test_settings_that_come_byte_by_byte_are_http2_when_their_type_is_there(frame: bytes) -> None:
    words = FirstWords()
    found = []
    for byte in frame:
        words.hear(bytes([byte]))
        found.append(words.of_http2)
        assert not words.of_something_else
    assert found == [False] * 3 + [True] * 7
    assert words.wrong == ""


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1"),
        (bytes.fromhex("15030100020246"), "TLS"),
        (b"SSH-2.0-OpenSSH\r\n", "does not speak HTTP/2"),
        (b"AMQP\x00\x00\x09\x01", "does not speak HTTP/2"),
        (bytes.fromhex("000008060000000000"), "does not speak HTTP/2"),
    ],
)
def test_what_begins_in_another_way_is_something_else(text: bytes, wrong: str) -> None:
    for pieces in ([text], [bytes([byte]) for byte in text]):
        words = FirstWords()
        for piece in pieces:
            words.hear(piece)
            assert not words.of_http2
        assert wrong in words.wrong


def test_nobody_has_said_anything_wrong_who_has_said_nothing() -> None:
    words = FirstWords()
    words.hear(b"")
    assert (words.of_http2, words.of_something_else, words.wrong) == (False, False, "")
