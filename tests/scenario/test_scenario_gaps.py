"""What a gap excuses: updates that are missing where it stands, and nothing else."""

from collections.abc import Sequence

import msgspec
import pytest

from scenario import model
from scenario.comparing import Comparison, Verdict

SCENARIO = model.Scenario(
    users=["alice"],
    compared=model.Compared(statuses_of=[]),
    steps=[model.Typing(by="alice", dialog="$d")],
)
WANTED = ["made a", "made b", "changed d", "made c", "gone d", "made e"]
KINDS = {"made": "MESSAGE_CREATED", "changed": "DIALOG_CHANGED", "gone": "MEMBER_REMOVED"}


def stream(
    updates: Sequence[str], starts: Sequence[str] = ("FRESH",), reason: str = "EXPIRED"
) -> model.Stream:
    seen = [
        model.UpdateSeen("GAP", "", "")
        if each == "gap"
        else model.UpdateSeen(KINDS[each.split()[0]], "d", each.split()[1])
        for each in updates
    ]
    gaps = [reason for each in updates if each == "gap"]
    return model.Stream(starts=starts, updates=seen, duplicates=0, gaps=gaps)


def outcome(seen: model.Stream, result: object = None) -> model.Outcome:
    results = [result or {}]
    return msgspec.convert(
        {
            "player": "p",
            "names": {},
            "results": results,
            "pictures": {},
            "streams": {"alice": msgspec.to_builtins(seen)},
            "errors": [],
        },
        model.Outcome,
    )


def compared(seen: model.Stream, *, faults: bool = True, result: object = None) -> Verdict:
    wanted = outcome(stream(WANTED))
    return Comparison(SCENARIO).compare(wanted, outcome(seen, result), faults=faults)


@pytest.mark.parametrize(
    "updates",
    [
        WANTED,
        ["made a", "gap", "made c", "gone d", "made e"],
        ["gap", "made e"],
        ["made a", "made b", "gap"],
        ["gap"],
        ["made a", "gap", "changed d", "gap", "made e"],
        ["made a", "gap", "made b", "changed d", "made c", "gone d", "made e"],
    ],
)
def test_what_is_missing_where_a_gap_stands_is_excused(updates: Sequence[str]) -> None:
    assert compared(stream(updates)).differences == []


@pytest.mark.parametrize(
    "updates",
    [
        ["made a", "made c", "gone d", "gap", "made e"],
        ["made a", "made c", "gap", "made e"],
    ],
)
def test_a_gap_of_the_log_may_stand_behind_what_is_missing(updates: Sequence[str]) -> None:
    """The log notes a gap once it runs again: what was published a moment before stands there."""
    assert compared(stream(updates, reason="LOG_UNREADABLE")).differences == []


@pytest.mark.parametrize(
    "updates",
    [
        ["made a", "made c", "made e", "gap"],
        ["made a", "gap", "made b", "made c", "gone d", "made e"],
    ],
)
def test_a_gap_of_the_log_excuses_one_place_before_it(updates: Sequence[str]) -> None:
    assert compared(stream(updates, reason="LOG_UNREADABLE")).differences != []


@pytest.mark.parametrize(
    "updates",
    [
        WANTED[1:],
        WANTED[:-1],
        ["made a", "made c", "gone d", "gap", "made e"],
        ["made a", "gap", "made c", "made e"],
        ["made a", "gap", "made c", "gone d"],
        ["made a", "gap", "made e", "made c"],
        ["gap", "made c", "gap", "made a", "made e"],
        [*WANTED, "made f"],
    ],
)
def test_what_is_missing_or_misplaced_elsewhere_is_found(updates: Sequence[str]) -> None:
    assert compared(stream(updates)).differences


def test_without_faults_there_is_no_gap() -> None:
    assert compared(stream(["gap", *WANTED]), faults=False).differences


@pytest.mark.parametrize("again", ["changed d", "gone d"])
def test_a_write_that_is_announced_again_is_no_difference_under_faults(again: str) -> None:
    updates = [*WANTED, again]
    assert compared(stream(updates)).differences == []
    assert compared(stream(updates), faults=False).differences


def test_a_start_may_have_a_gap_that_was_seen() -> None:
    wanted = outcome(stream(WANTED, ["FRESH", "RESUMED"]))
    comparison = Comparison(SCENARIO)
    for gaps, right in (["gap"], True), ([], False):
        found = outcome(stream([*WANTED[:3], *gaps, *WANTED[3:]], ["FRESH", "RESUMED_WITH_GAP"]))
        verdict = comparison.compare(wanted, found, faults=True)
        assert (verdict.differences == []) is right


@pytest.mark.parametrize(
    ("reason", "right"),
    [
        ("ERROR_REASON_UPSTREAM_UNAVAILABLE", True),
        ("UNAVAILABLE", True),
        ("ERROR_REASON_NOT_A_MEMBER", False),
    ],
)
def test_a_sign_of_typing_may_be_given_up_under_faults(reason: str, *, right: bool) -> None:
    result = {"failed": reason}
    assert (compared(stream(WANTED), result=result).differences == []) is right
    assert compared(stream(WANTED), faults=False, result=result).differences
