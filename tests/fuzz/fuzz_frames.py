"""HTTP/2 frames in the wrong place, and bytes that are none."""

import random
from collections.abc import Callable
from typing import Final

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

Maker = Callable[[random.Random, bytes], Frame]

_FRAMES: Final[dict[str, Maker]] = {
    "DATA": lambda _, some: DataFrame(1, some),
    "DATA, padded": lambda rng, some: DataFrame(
        1, some, pad_length=rng.randrange(256), flags=["PADDED"]
    ),
    "HEADERS": lambda _, some: HeadersFrame(1, some, flags=["END_HEADERS"]),
    "HEADERS, open": lambda _, some: HeadersFrame(1, some),
    "CONTINUATION": lambda _, some: ContinuationFrame(1, some, flags=["END_HEADERS"]),
    "SETTINGS": lambda rng, _: SettingsFrame(
        0, settings={rng.randrange(10): rng.choice((0, 1, 100, 65_535, rng.randrange(2**32)))}
    ),
    "SETTINGS, ACK": lambda _, __: SettingsFrame(0, flags=["ACK"]),
    "PING": lambda rng, _: PingFrame(0, opaque_data=rng.randbytes(8)),
    "PRIORITY": lambda rng, _: PriorityFrame(1, depends_on=rng.randrange(9), stream_weight=3),
    "RST_STREAM": lambda rng, _: RstStreamFrame(1, error_code=rng.randrange(20)),
    "WINDOW_UPDATE": lambda rng, _: WindowUpdateFrame(
        1, window_increment=rng.choice((1, 2**31 - 1, 70_000))
    ),
    "GOAWAY": lambda rng, _: GoAwayFrame(0, last_stream_id=1, error_code=rng.randrange(20)),
    "PUSH_PROMISE": lambda _, some: PushPromiseFrame(1, promised_stream_id=2, data=some),
}
_BYTES: Final = ("unknown type", "length that lies", "noise")
KINDS: Final = (*_FRAMES, *_BYTES)


def odd(rng: random.Random, stream: int) -> tuple[str, bytes]:
    """Return the name and the bytes of a frame; ``stream`` is the next one a client would open."""
    kind = rng.choice(KINDS)
    place = rng.choice((0, 1, stream, stream, 2, stream + 2, 2**31 - 1))
    some = rng.randbytes(rng.randrange(40))
    maker = _FRAMES.get(kind)
    if maker is not None:
        made = maker(rng, some)
        raw = made.serialize()
        # hyperframe would not write a frame to a stream it does not belong to.
        belongs = made.stream_id or not rng.randrange(5)
        return kind, raw[:5] + (place if belongs else 0).to_bytes(4) + raw[9:]
    if kind == "unknown type":
        return kind, len(some).to_bytes(3) + rng.randbytes(2) + place.to_bytes(4) + some
    if kind == "length that lies":
        length = rng.choice((rng.randrange(2**24), rng.randrange(100)))
        return kind, length.to_bytes(3) + rng.randbytes(6) + some
    return kind, some
