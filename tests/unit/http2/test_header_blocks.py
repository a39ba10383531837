"""Header blocks mean what hpack says they mean, however often they come."""

from hpack import Decoder, Encoder
from hypothesis import given
from hypothesis import strategies as st

from chat3_user.http2.header_blocks import RepeatedBlocks

SOME = [
    [(":method", "POST"), (":path", "/a"), ("x-user-id", "alice")],
    [(":method", "POST"), (":path", "/a"), ("x-user-id", "bob")],
    [(":method", "POST"), (":path", "/b"), ("grpc-timeout", "5S")],
    [(":method", "POST"), ("x-large", "v" * 300)],
    [(":method", "POST"), ("x-huge", "v" * 5000)],
    [],
]
steps = st.lists(
    st.one_of(
        st.sampled_from(SOME),
        st.sampled_from([0, 100, 500, 4096]),  # the size of the encoder's table
    ),
    max_size=30,
)


@given(steps, st.lists(st.integers(0, 30), max_size=10))
def test_a_repeated_block_means_what_hpack_says(steps: list[object], again: list[int]) -> None:
    encoder, plain, ours = Encoder(), Decoder(), RepeatedBlocks()
    blocks = []
    for step in steps:
        if isinstance(step, int):
            if step != encoder.header_table_size:  # hpack forgets a change when it is made twice
                encoder.header_table_size = step
            continue
        block = encoder.encode(step)
        blocks.append(block)
        assert ours.decode(block, raw=True) == plain.decode(block, raw=True)
    for index in again:
        if index < len(blocks):
            try:
                expected = plain.decode(blocks[index], raw=True)
            except Exception as error:  # noqa: BLE001 - whatever hpack raises
                expected = type(error)
            try:
                found = ours.decode(blocks[index], raw=True)
            except Exception as error:  # noqa: BLE001 - as above
                found = type(error)
            assert found == expected
            if isinstance(expected, type):
                return


def test_a_block_that_comes_again_is_not_read_again() -> None:
    encoder, ours = Encoder(), RepeatedBlocks()
    ours.decode(encoder.encode(SOME[0]), raw=True)
    block = encoder.encode(SOME[0])
    assert ours.decode(block, raw=True) is ours.decode(block, raw=True)
