"""What repeats: nothing goes uncounted, a flood is a line a second, calm brings lines back."""

from hypothesis import given
from hypothesis import strategies as st

from chat3_user.logs.repeats import Repeats


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_flood_is_a_line_a_second_and_then_single_lines_again() -> None:
    clock = Clock()
    repeats: Repeats[str, int] = Repeats(2, clock)
    assert [repeats.writes("a", number) for number in range(5)] == [True, True, False, False, False]
    assert repeats.waiting
    assert repeats.due() == []
    for second in (1, 2, 3):
        clock.now = float(second)
        assert repeats.due() == [(4, 3)]
        assert [repeats.writes("a", number) for number in range(2, 5)] == [False] * 3
    clock.now = 4.0
    assert repeats.due() == [(4, 3)]
    repeats.writes("a", 9)
    clock.now = 5.0
    assert repeats.due() == [(9, 1)]
    assert not repeats.waiting
    assert repeats.writes("a", 10)


def test_another_kind_is_not_silenced() -> None:
    repeats: Repeats[str, int] = Repeats(1, Clock())
    assert [repeats.writes(kind, 0) for kind in "aab"] == [True, False, True]


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 1.5)), max_size=60),
)
def test_every_line_is_written_or_counted_once(most: int, steps: list[tuple[str, float]]) -> None:
    clock = Clock()
    repeats: Repeats[str, str] = Repeats(most, clock)
    written = counted = 0
    for kind, pause in steps:
        clock.now += pause
        due = repeats.due()
        assert len(due) <= 2
        counted += sum(count for _, count in due)
        written += repeats.writes(kind, kind)
    counted += sum(count for _, count in repeats.due(all_=True))
    assert written + counted == len(steps)
