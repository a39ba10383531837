"""Frames that are written past the engine mean what they should to a client."""

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, StreamEnded, StreamReset, TrailersReceived
from hypothesis import given
from hypothesis import strategies as st
from ngh2 import Configuration, Connection, Role

from chat3_user.transport.past_engine import goaway_frame, reset_frame, trailers_frames


def client() -> tuple[H2Connection, Connection]:
    """Return a client that has asked, and an engine that has begun to answer."""
    asking = H2Connection(H2Configuration(header_encoding=None))
    asking.initiate_connection()
    asking.send_headers(
        1,
        [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "x")],
        end_stream=True,
    )
    engine = Connection(Role.SERVER, Configuration())
    engine.initiate_connection()
    engine.receive_data(asking.data_to_send())
    engine.events()
    engine.send_response(1, [(b":status", b"200"), (b"x-indexed", b"one")])
    asking.receive_data(engine.data_to_send())
    return asking, engine


_NAMES = st.from_regex("[a-z][a-z0-9-]{0,200}", fullmatch=True).filter(
    lambda name: name not in ("connection", "te", "upgrade", "transfer-encoding")
)


@given(st.dictionaries(_NAMES, st.text("abc%21~ x", max_size=40_000).map(str.strip), min_size=1))
def test_trailers_are_read_as_they_were_written(fields: dict[str, str]) -> None:
    asking, _ = client()
    sent = [(name.encode(), value.encode()) for name, value in fields.items()]
    asking.decoder.max_header_list_size = 10_000_000
    events = asking.receive_data(trailers_frames(1, sent))
    (trailers,) = [event for event in events if isinstance(event, TrailersReceived)]
    assert list(trailers.headers) == sent
    assert any(isinstance(event, StreamEnded) for event in events)


def test_the_engine_and_its_client_agree_on_compression_afterwards() -> None:
    asking, engine = client()
    asking.receive_data(trailers_frames(1, [(b"grpc-status", b"8")]))
    engine.reset_stream(1, 0)
    assert engine.data_to_send() == reset_frame(1, 0)
    asking.send_headers(
        3,
        [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "x")],
        end_stream=True,
    )
    engine.receive_data(asking.data_to_send())
    engine.events()
    engine.send_response(3, [(b":status", b"200"), (b"x-indexed", b"one")], end_stream=True)
    events = asking.receive_data(engine.data_to_send())
    assert (b"x-indexed", b"one") in events[0].headers  # type: ignore[attr-defined]


def test_a_reset_and_a_goaway_say_why() -> None:
    asking, _ = client()
    (reset,) = asking.receive_data(reset_frame(1, 7))
    assert isinstance(reset, StreamReset)
    assert reset.error_code == 7
    (gone,) = asking.receive_data(goaway_frame(1, 11, "w" * 1000))
    assert isinstance(gone, ConnectionTerminated)
    assert (gone.error_code, gone.last_stream_id) == (11, 1)
    assert gone.additional_data == b"w" * 200
