"""Hostile inputs, reproducible by seed: bodies, frames, headers, filters, tokens, updates."""

import json
import random
import struct
from collections.abc import Callable

from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from chat3_api.chat3.user import v1 as pb

SERVICE = "/chat3.user.v1.UserService/"
METHODS = (
    "GetUserDialogs",
    "GetDialogMessages",
    "SendMessage",
    "SetMessageStatus",
    "SetMessageReaction",
    "SendTypingIndicator",
    "SubscribeUpdates",
)
OTHERS = (
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    SERVICE + "Nothing",
    "/",
    "",
)
IDENTITY = {"x-api-key": "demo-key", "x-tenant-id": "tnt_default", "x-user-id": "alice"}
_DIALOG = "dlg_demoalicebob00000000"
_MESSAGE = "msg_" + "a" * 20
_FILTERS = (
    "(topicId,eq,x)",
    '(meta.a,eq,"b")&(createdAt,gt,1)',
    "(members,in,[a,b])",
    "(dialogId,eq,OTHER)",
    '(x,eq,{"$ne":1})',
    "(createdAt,desc)",
)
_UPDATE = {
    "_id": "a" * 24,
    "tenantId": "tnt_default",
    "userId": "alice",
    "eventId": "evt_1",
    "eventType": "message.create",
    "createdAt": "1795424735959.186035",
    "data": {
        "dialog": {"dialogId": _DIALOG, "meta": {"a": 1}},
        "message": {"messageId": _MESSAGE, "senderId": "bob", "content": "x", "meta": {}},
        "context": {"eventId": "evt_1", "dialogId": _DIALOG},
    },
}


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def request(rng: random.Random, method: str) -> bytes:
    """Return a request that may be valid."""
    text = rng.choice(("x", "👍", "hello", "a" * 300, ""))
    match method:
        case "GetUserDialogs":
            made = pb.GetUserDialogsRequest(
                page=rng.randrange(3),
                limit=rng.choice((0, 10, 100, 101)),
                filter=rng.choice(("", *_FILTERS)),
            )
        case "GetDialogMessages":
            made = pb.GetDialogMessagesRequest(
                dialog_id=_DIALOG, filter=rng.choice(("", *_FILTERS))
            )
        case "SendMessage":
            made = pb.SendMessageRequest(dialog_id=_DIALOG, content=text, type="internal.text")
        case "SetMessageStatus":
            made = pb.SetMessageStatusRequest(
                dialog_id=_DIALOG, message_id=_MESSAGE, status=pb.MessageStatus(rng.randrange(3))
            )
        case "SetMessageReaction":
            made = pb.SetMessageReactionRequest(
                dialog_id=_DIALOG, message_id=_MESSAGE, reaction=text
            )
        case "SendTypingIndicator":
            made = pb.SendTypingIndicatorRequest(dialog_id=_DIALOG)
        case _:
            made = pb.SubscribeUpdatesRequest(resume_token=rng.choice(("", "AQAAAAAAAAAA", text)))
    return bytes(made)


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Return ``data`` with a few bytes flipped, cut, doubled or put in."""
    out = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(6):
            case 0 if out:
                out[at % len(out)] ^= 1 << rng.randrange(8)
            case 1:
                del out[at : at + rng.randrange(1, 9)]
            case 2:
                out[at:at] = out[at : at + rng.randrange(1, 20)]
            case 3:
                out[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 4:
                out[at:at] = rng.choice((b"\xff" * 10, b"\x80" * 11, b"\0" * 8, b"\xed\xa0\x80"))
            case _:
                out[at:at] = varint(rng.choice((2**31, 2**32 - 1, 2**63, 2**64 - 1, 127, 128)))
    return bytes(out)


def body(rng: random.Random, method: str) -> bytes:  # noqa: PLR0911 - a kind each
    """Return a protobuf message, more or less."""
    match rng.randrange(10):
        case 0:
            return rng.randbytes(rng.randrange(200))
        case 1:  # deep nesting: a Struct in a Struct
            deep = b""
            for _ in range(
                rng.choice((5, 60, 101, 101, 300, 3000 if rng.randrange(50) == 0 else 40))
            ):
                deep = b"\x0a" + varint(len(deep)) + deep
                deep = rng.choice((b"\x2a", b"\x32")) + varint(len(deep)) + deep
            return (
                request(rng, method)
                + rng.choice((b"\x2a", b"\x3a", b"\x22"))
                + (varint(len(deep)) + deep)
            )
        case 2:  # lengths that lie
            return request(rng, method) + b"\x0a" + varint(rng.choice((2**31, 2**32, 2**63, 1000)))
        case 3:  # wrong wire types
            number = rng.randrange(1, 12)
            return request(rng, method) + bytes([number << 3 | rng.randrange(8)]) + rng.randbytes(9)
        case 4:  # text that is none
            return b"\x0a\x04" + rng.choice((b"\xff\xfe\xfd\xfc", b"\xed\xa0\x80a", b"\0\0\0\0"))
        case 5:
            return request(rng, method)
        case _:
            return mutated(rng, request(rng, method))


def text(rng: random.Random) -> str:
    """Return a filter, a sort, a token or an identifier, damaged."""
    source = rng.choice((*_FILTERS, "AQAAAAAAAAAA" * 6, _DIALOG, "alice%20b"))
    return mutated(rng, source.encode()).decode(errors=rng.choice(("replace", "ignore")))


def update(rng: random.Random) -> bytes:
    """Return a published update, damaged in its JSON or in its bytes."""
    if rng.randrange(2):
        return mutated(rng, json.dumps(_UPDATE).encode())
    damaged = json.loads(json.dumps(_UPDATE))
    for _ in range(rng.randrange(1, 4)):
        place = damaged
        while True:
            key = rng.choice(list(place))
            if not isinstance(place[key], dict) or not place[key] or not rng.randrange(3):
                break
            place = place[key]
        place[key] = rng.choice((None, 0, -1.5, "", [], {}, "x" * 99, True, [[{}]], 1e308, "\0"))
        if not isinstance(damaged, dict) or not damaged:
            break
    return json.dumps(damaged).encode()


def headers(rng: random.Random, path: str) -> list[tuple[bytes, bytes]]:
    """Return a call's headers, which may be hostile."""
    sent = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
        **IDENTITY,
    }
    found = [(name.encode(), value.encode()) for name, value in sent.items()]
    if rng.randrange(3):
        return found
    for _ in range(rng.randrange(1, 4)):
        hostile = rng.choice(
            (
                rng.randbytes(rng.randrange(30)),
                b"\xff\xfe",
                b"%ff%00",
                b"a" * rng.choice((200, 5000, 20_000)),
                b"../../x",
                b"alice\r\nx-user-id: bob",
                b"*.#",
                b"99999999H",
                b"-1S",
                b"",
            )
        )
        match rng.randrange(4):
            case 0:
                at = rng.randrange(len(found))
                found[at] = (found[at][0], hostile)
            case 1:
                del found[rng.randrange(len(found))]
            case 2:
                name = rng.choice(
                    (b"x-more-bin", b"grpc-timeout", b"x-user-id", b"X-Upper", b"", b":path", b"te")
                )
                found.insert(rng.randrange(len(found) + 1), (name, hostile))
            case _:
                found.append((mutated(rng, b"x-request-id"), hostile))
        if not found:
            break
    return found


def framed(rng: random.Random, payload: bytes) -> bytes:
    """Return a message with gRPC's prefix, which may lie."""
    if rng.randrange(8):
        return b"\0" + len(payload).to_bytes(4) + payload
    length = rng.choice((len(payload) + 1, 0, 2**32 - 1, max(0, len(payload) - 1)))
    return bytes([rng.choice((0, 0, 1, 255))]) + length.to_bytes(4) + payload


def call(rng: random.Random, encoder: Encoder, stream: int) -> bytes:
    """Return the frames of one call."""
    method = rng.choice(METHODS)
    path = SERVICE + method if rng.randrange(12) else rng.choice(OTHERS)
    head = HeadersFrame(stream, encoder.encode(headers(rng, path)), flags=["END_HEADERS"])
    data = framed(rng, body(rng, method))
    frames = [head.serialize() if len(head.data) <= 16_384 else _continued(head)]
    while data:
        piece = data[: rng.choice((1, 5, 100, 16_000, 16_000))]
        data = data[len(piece) :]
        frames.append(DataFrame(stream, piece).serialize())
        if len(frames) > 20:
            break
    if rng.randrange(20):
        frames.append(DataFrame(stream, b"", flags=["END_STREAM"]).serialize())
    if not rng.randrange(20):
        frames.append(RstStreamFrame(stream, error_code=8).serialize())
    return b"".join(frames)


def _continued(head: HeadersFrame) -> bytes:
    data = head.data
    first = HeadersFrame(head.stream_id, data[:16_000]).serialize()
    pieces = [data[at : at + 16_000] for at in range(16_000, len(data), 16_000)]
    rest = [
        ContinuationFrame(
            head.stream_id, piece, flags=["END_HEADERS"] if number == len(pieces) - 1 else []
        ).serialize()
        for number, piece in enumerate(pieces)
    ]
    return first + b"".join(rest)


def odd_frame(rng: random.Random, stream: int) -> bytes:
    """Return a frame that stands in the wrong place, or is none."""
    place = rng.choice((0, 1, stream, stream, 2, stream + 2, 2**31 - 1))
    some = rng.randbytes(rng.randrange(40))
    frames: tuple[Callable[[], Frame], ...] = (
        lambda: DataFrame(1, some),
        lambda: DataFrame(1, some, pad_length=rng.randrange(256), flags=["PADDED"]),
        lambda: HeadersFrame(1, some, flags=["END_HEADERS"]),
        lambda: HeadersFrame(1, some),
        lambda: ContinuationFrame(1, some, flags=["END_HEADERS"]),
        lambda: SettingsFrame(0, settings={rng.randrange(10): rng.randrange(2**32)}),
        lambda: SettingsFrame(0, flags=["ACK"]),
        lambda: PingFrame(0, opaque_data=rng.randbytes(8)),
        lambda: PriorityFrame(1, depends_on=rng.randrange(9), stream_weight=3),
        lambda: RstStreamFrame(1, error_code=rng.randrange(20)),
        lambda: WindowUpdateFrame(1, window_increment=rng.choice((1, 2**31 - 1, 70_000))),
        lambda: GoAwayFrame(0, last_stream_id=1, error_code=rng.randrange(20)),
        lambda: PushPromiseFrame(1, promised_stream_id=2, data=some),
    )
    kind = rng.randrange(len(frames) + 3)
    if kind < len(frames):
        made = frames[kind]()
        raw = made.serialize()
        # hyperframe would not write a frame to a stream it does not belong to.
        return (
            raw[:5] + (place if made.stream_id or not rng.randrange(5) else 0).to_bytes(4) + raw[9:]
        )
    makers: tuple[Callable[[], bytes], ...] = (
        lambda: struct.pack(">I", rng.randrange(2**24))[1:] + rng.randbytes(6) + some,
        lambda: len(some).to_bytes(3) + rng.randbytes(2) + place.to_bytes(4) + some,
        lambda: some,
    )
    return rng.choice(makers)()
