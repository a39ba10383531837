"""Hostile inputs, reproducible by seed: bodies, texts, updates, headers and whole calls."""

import random
from dataclasses import dataclass

import fuzz_requests as requests
import fuzz_texts as texts
import fuzz_tokens as tokens
import fuzz_updates as updates
from hpack import Encoder
from hyperframe.frame import ContinuationFrame, DataFrame, HeadersFrame, RstStreamFrame

from chat3_api.chat3.user import v1 as pb

SERVICE = "/chat3.user.v1.UserService/"
IDENTITY = texts.IDENTITY
OTHERS = (
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    SERVICE + "Nothing",
    "/",
    "",
)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


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


def body(rng: random.Random, method: str) -> bytes:
    """Return a request: a third is sound, a third has a hostile field, a third is damaged."""
    match rng.randrange(9):
        case 0 | 1 | 2:
            return requests.sound(rng, method)
        case 3 | 4 | 5:
            return requests.hostile(rng, method)
        case 6 | 7:
            return mutated(rng, requests.sound(rng, method))
        case _:
            return _no_message(rng, method)


def _no_message(rng: random.Random, method: str) -> bytes:
    """Return what breaks protobuf's own rules."""
    sound = requests.sound(rng, method)
    match rng.randrange(5):
        case 0:
            return rng.randbytes(rng.randrange(200))
        case 1:  # deep nesting: a Struct in a Struct
            deep = b""
            levels = (5, 60, 101, 101, 300, 3000 if rng.randrange(50) == 0 else 40)
            for _ in range(rng.choice(levels)):
                deep = b"\x0a" + varint(len(deep)) + deep
                deep = rng.choice((b"\x2a", b"\x32")) + varint(len(deep)) + deep
            return sound + rng.choice((b"\x2a", b"\x3a", b"\x22")) + varint(len(deep)) + deep
        case 2:  # lengths that lie
            return sound + b"\x0a" + varint(rng.choice((2**31, 2**32, 2**63, 1000)))
        case 3:  # wrong wire types
            number = rng.randrange(1, 12)
            return sound + bytes([number << 3 | rng.randrange(8)]) + rng.randbytes(9)
        case _:  # text that is none
            return b"\x0a\x04" + rng.choice((b"\xff\xfe\xfd\xfc", b"\xed\xa0\x80a", b"\0\0\0\0"))


def text(rng: random.Random, grammar: str) -> str:
    """Return a text of a grammar: a third is sound, the rest is damaged."""
    sound = texts.READERS[grammar][0](rng)
    if not rng.randrange(3):
        return sound
    return mutated(rng, sound.encode()).decode(errors=rng.choice(("replace", "ignore")))


def update(rng: random.Random, kind: pb.UpdateKind) -> bytes:
    """Return a published update: most fit their kind, some do not, some are no JSON."""
    made = updates.sound(rng, kind)
    match rng.randrange(6):
        case 0:
            return updates.encoded(made)
        case 1 | 2:
            updates.hostile(rng, made)
            return updates.encoded(made)
        case 3 | 4:
            updates.broken(rng, made)
            return updates.encoded(made)
        case _:
            return mutated(rng, updates.encoded(made))


def _identity(rng: random.Random, path: str) -> dict[str, str]:
    """Return who calls: of users some by a token, which may be changed on its way."""
    if rng.randrange(6) or not path.startswith(SERVICE):
        return IDENTITY
    token = tokens.bearer(rng)
    if not rng.randrange(3):
        token = mutated(rng, token.encode()).decode("ascii", "replace").replace("\ufffd", "A")
        token = "".join(filter(str.isprintable, token)).strip()
    return {"authorization": f"{rng.choice(('Bearer', 'bearer', 'BEARER '))} {token}".strip()}


def headers(rng: random.Random, path: str) -> list[tuple[bytes, bytes]]:
    """Return a call's headers, which may be hostile."""
    sent = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
        **_identity(rng, path),
    }
    found = [(name.encode(), value.encode()) for name, value in sent.items()]
    if rng.randrange(4):
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


@dataclass(frozen=True)
class Call:
    """One call: its method, its frames, and whether the method will see all of its request."""

    method: str
    frames: bytes
    whole: bool


def call(rng: random.Random, encoder: Encoder, stream: int) -> Call:
    """Return a call, which may be broken or go elsewhere than to its method."""
    method = requests.method(rng)
    own = requests.path(method)
    path = own if rng.randrange(16) else rng.choice(OTHERS)
    head = HeadersFrame(stream, encoder.encode(headers(rng, path)), flags=["END_HEADERS"])
    frames = [head.serialize() if len(head.data) <= 16_384 else _continued(head)]
    # Headers and frames spoil half of the calls already: of the bodies, half are sound.
    data = framed(rng, (body if rng.randrange(4) else requests.sound)(rng, method))
    while data:
        # Tiny frames, but not so many that they count as a flood.
        size = rng.choice((1, 5, 100, 16_000, 16_000)) if len(frames) < 20 else 16_000
        frames.append(DataFrame(stream, data[:size]).serialize())
        data = data[size:]
    ended, reset = bool(rng.randrange(20)), not rng.randrange(20)
    if ended:
        frames.append(DataFrame(stream, b"", flags=["END_STREAM"]).serialize())
    if reset:
        frames.append(RstStreamFrame(stream, error_code=8).serialize())
    whole = ended and not reset and path == own
    return Call(method, b"".join(frames), whole)


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
