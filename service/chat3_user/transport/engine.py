"""The HTTP/2 engine: ngh2, which is libnghttp2; no other module imports it.

It frames, compresses headers, keeps windows and checks what HTTP/2 says of headers. It does no
input and output, and knows neither time nor gRPC.
"""

from typing import Final

from ngh2 import (
    Configuration,
    Connection,
    DataReceived,
    DenialOfServiceError,
    NGH2Error,
    RequestReceived,
    Role,
    Setting,
    SettingsAcknowledged,
    SettingsReceived,
    StreamClosed,
    StreamProtocolError,
    TrailersReceived,
    WindowUpdated,
    pack_settings_payload,
)

from chat3_user.transport.codes import ErrorCode
from chat3_user.transport.limits import HEADERS_FACTOR, ConnectionLimits

__all__ = [
    "DataReceived",
    "Engine",
    "EngineError",
    "RequestReceived",
    "SettingsAcknowledged",
    "SettingsReceived",
    "StreamClosed",
    "StreamError",
    "TrailersReceived",
    "WindowUpdated",
    "error_code",
    "open_engine",
]

Engine = Connection
EngineError = NGH2Error
StreamError = StreamProtocolError
"""A stream can no longer be used: its end is among the unread events."""

_CONNECTION_WINDOW: Final = 1_048_576
_STREAM_WINDOW: Final = 262_144
_EAGER_STREAMS: Final = 1000
"""Streams a client may open before it knows how many it may open."""

_UNLIMITED: Final = 2**62
"""Resets are judged by `FrameBudget`, which knows how old the streams were."""


def open_engine(limits: ConnectionLimits) -> tuple[Engine, bytes]:
    """Return the engine of a new connection, and what to send first."""
    engine = Connection(
        Role.SERVER,
        Configuration(
            max_inbound_header_list_size=limits.metadata_bytes * HEADERS_FACTOR,
            max_inbound_header_count=limits.metadata_fields * HEADERS_FACTOR,
            stream_reset_rate_limit=(_UNLIMITED, _UNLIMITED),
        ),
    )
    common = {
        Setting.INITIAL_WINDOW_SIZE: _STREAM_WINDOW,
        Setting.MAX_HEADER_LIST_SIZE: limits.metadata_bytes * HEADERS_FACTOR,
    }
    # The engine would end the connection, and every call on it, over one stream too many. So the
    # client reads the limit, and the engine a larger one; `Http2Connection` refuses single streams.
    eager = max(_EAGER_STREAMS, limits.streams + 1)
    engine.initiate_connection({Setting.MAX_CONCURRENT_STREAMS: eager, **common})
    settings = engine.data_to_send()
    told = pack_settings_payload({Setting.MAX_CONCURRENT_STREAMS: limits.streams, **common})
    if len(settings) != _HEAD + len(told):
        raise RuntimeError("the engine's first frame is not what it was")
    engine.set_local_window_size(_CONNECTION_WINDOW)
    return engine, settings[:_HEAD] + told + engine.data_to_send()


_HEAD: Final = 9


def error_code(error: EngineError) -> ErrorCode:
    """Return how to tell a client what ended its connection."""
    if isinstance(error, DenialOfServiceError):
        return ErrorCode.ENHANCE_YOUR_CALM
    return ErrorCode.PROTOCOL_ERROR
