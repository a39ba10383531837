"""The checker judges forged histories: each verdict can fail, and an honest history passes."""

from collections.abc import Callable

import pytest

from support.faults.checker import Verdict, judge
from support.faults.history import (
    Address,
    Asked,
    ClientHistory,
    Delivered,
    Ended,
    Established,
    GapSeen,
    HeartbeatSeen,
    Publication,
)

ALICE = Address("tnt_one", "alice")
ALICE_ELSEWHERE = Address("tnt_two", "alice")
BOB = Address("tnt_one", "bob")


class Story:
    """A history told step by step: time passes by one second with each."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.publications: dict[str, Publication] = {}
        self.client = ClientHistory("c", ALICE)
        self.stream = 0
        self.numbers: dict[str, int] = {}

    def published(
        self,
        update_id: str,
        address: Address = ALICE,
        *,
        publisher: str = "p",
        droppable: bool = False,
        confirmed: bool = True,
    ) -> "Story":
        self.now += 1
        number = self.numbers[publisher] = self.numbers.get(publisher, 0) + 1
        self.publications[update_id] = Publication(
            update_id,
            address,
            publisher,
            number,
            droppable,
            self.now,
            self.now + 0.5 if confirmed else None,
        )
        return self

    def established(self, resumed_from: str = "", outcome: str = "") -> "Story":
        self.now += 1
        self.stream += 1
        outcome = outcome or ("RESUMED" if resumed_from else "FRESH")
        self.client.events.append(Established(self.now, self.stream, "t", resumed_from, outcome))
        return self

    def asked(self, resumed_from: str = "", *, more: bool = False, took: float = 0.2) -> "Story":
        """A catch-up that took so many seconds is answered; what it held is told next."""
        self.now += 1
        self.stream += 1
        begun = self.now - took
        self.client.events.append(Asked(self.now, self.stream, "t", resumed_from, begun, more))
        return self

    def got(self, *update_ids: str, user: str = "alice", token: str = "t") -> "Story":
        for update_id in update_ids:
            self.now += 1
            self.client.events.append(Delivered(self.now, self.stream, token, update_id, user))
        return self

    def gap(self, from_time: float | None, to_time: float | None = None) -> "Story":
        self.now += 1
        self.client.events.append(
            GapSeen(self.now, self.stream, "t", "EXPIRED", from_time, to_time or self.now)
        )
        return self

    def heartbeat(self) -> "Story":
        self.now += 1
        self.client.events.append(HeartbeatSeen(self.now, self.stream, "t", "LIVE"))
        return self

    def ended(self, offered: str = "", reason: str = "") -> "Story":
        self.now += 1
        self.client.events.append(Ended(self.now, self.stream, "UNAVAILABLE", reason, offered))
        return self

    def verdict(self, *, settled: bool = True) -> Verdict:
        return judge(self.publications, [self.client], settled=settled)


def counts(verdict: Verdict) -> dict[str, int]:
    kinds = ("lost", "duplicated", "reordered", "leaked", "malformed", "stuck")
    return {kind: len(getattr(verdict, kind)) for kind in kinds if getattr(verdict, kind)}


HONEST: dict[str, Callable[[Story], Story]] = {
    "all delivered": lambda s: s.established().published("1").published("2").got("1", "2"),
    "resumed by a token": lambda s: (
        s.established().published("1").got("1").ended().published("2").established("t").got("2")
    ),
    "published before the stream": lambda s: s.published("1").established(),
    "a heartbeat between": lambda s: s.established().heartbeat().published("1").got("1"),
    "for somebody else": lambda s: s.established().published("1", BOB),
    "for the same user id elsewhere": lambda s: s.established().published("1", ALICE_ELSEWHERE),
    "unconfirmed and lost": lambda s: s.established().published("1", confirmed=False),
    "unconfirmed and delivered": lambda s: s.established().published("1", confirmed=False).got("1"),
    "typing dropped": lambda s: s.established().published("1", droppable=True),
    "covered by a gap": lambda s: s.established().published("1").gap(1001.0),
    "covered by a gap without a beginning": lambda s: s.established().published("1").gap(None),
    "a gap that was announced": lambda s: (
        s.established()
        .ended()
        .published("1")
        .established("t", "RESUMED_WITH_GAP")
        .gap(None)
        .heartbeat()
    ),
    "a gap announced by a stream that broke at once": lambda s: (
        s.established().ended().established("t", "RESUMED_WITH_GAP").ended().established("t")
    ),
    "two publishers mixed": lambda s: (
        s.established().published("1").published("2", publisher="q").got("2", "1")
    ),
    "a token offered before a stream was established": lambda s: (
        s.ended("t").published("1").established("t").got("1")
    ),
    "a token given up": lambda s: (
        s.established().published("1").got("1").published("2").ended().established()
    ),
}

HONEST |= {
    "caught up by calls alone": lambda s: (
        s.asked().published("1").published("2").asked("t", more=True).got("1").asked("t").got("2")
    ),
    "by calls and streams in turn": lambda s: (
        s.asked().published("1").established("t").got("1").published("2").asked("t").got("2")
    ),
    "published while a call waits": lambda s: (
        s.asked().published("1").asked("t", took=2.0).asked("t").got("1")
    ),
    "covered by the gap of a call": lambda s: s.asked().published("1").asked("t").gap(1001.0),
}

FORGED: dict[str, tuple[Callable[[Story], Story], dict[str, int]]] = {
    "lost on one stream": (
        lambda s: s.established().published("1").published("2").got("2"),
        {"lost": 1},
    ),
    "lost at the end": (lambda s: s.established().published("1"), {"lost": 1}),
    "lost between two streams": (
        lambda s: s.established().ended().published("1").established("t").published("2").got("2"),
        {"lost": 1},
    ),
    "lost in a chain given up later": (
        lambda s: s.established().published("1").published("2").got("2").ended().established(),
        {"lost": 1},
    ),
    "published after the gap that is to excuse it": (
        lambda s: s.established().gap(1001.0).published("1"),
        {"lost": 1},
    ),
    "published after the end the gap names": (
        lambda s: s.established().published("1").gap(1000.0, 1001.5),
        {"lost": 1},
    ),
    "published before the beginning the gap names": (
        lambda s: s.established().published("1").gap(1003.0),
        {"lost": 1},
    ),
    "twice on one stream": (
        lambda s: s.established().published("1").got("1", "1"),
        {"duplicated": 1},
    ),
    "again after a resume": (
        lambda s: s.established().published("1").got("1").ended().established("t").got("1"),
        {"duplicated": 1},
    ),
    "in another order": (
        lambda s: s.established().published("1").published("2").got("2", "1"),
        {"reordered": 1},
    ),
    "in another order across a resume": (
        lambda s: (
            s.established().published("1").published("2").got("2").ended().established("t").got("1")
        ),
        {"reordered": 1},
    ),
    "another user's": (
        lambda s: s.established().published("1", BOB).got("1", user="bob"),
        {"leaked": 1},
    ),
    "another tenant's": (
        lambda s: s.established().published("1", ALICE_ELSEWHERE).got("1"),
        {"leaked": 1},
    ),
    "mislabelled": (
        lambda s: s.established().published("1").got("1", user="bob"),
        {"leaked": 1, "lost": 1},
    ),
    "never published": (lambda s: s.established().got("1"), {"leaked": 1}),
    "without a token": (
        lambda s: s.established().published("1").got("1", token=""),
        {"malformed": 1},
    ),
    "with a token too long": (
        lambda s: s.established().published("1").got("1", token="t" * 1025),
        {"malformed": 1},
    ),
    "lost behind a token offered before a stream was established": (
        lambda s: s.ended("t").published("1").established("t"),
        {"lost": 1},
    ),
    "a token from nowhere": (lambda s: s.ended("t").established("u"), {"malformed": 1}),
    "not established first": (
        lambda s: s.published("1").got("1"),
        {"malformed": 2, "stuck": 1},
    ),
    "resumed without a token": (lambda s: s.established("", "RESUMED"), {"malformed": 1}),
    "not resumed with a token": (
        lambda s: s.established().ended().established("t", "FRESH"),
        {"malformed": 1},
    ),
    "resumed without an outcome": (
        lambda s: s.established().ended().established("t", "UNSPECIFIED"),
        {"malformed": 1},
    ),
    "a gap announced that never comes": (
        lambda s: s.established().ended().established("t", "RESUMED_WITH_GAP").heartbeat(),
        {"malformed": 1},
    ),
    "an ending nobody foresaw": (
        lambda s: s.established().ended(reason="INTERNAL"),
        {"malformed": 1},
    ),
    "lost by a call": (lambda s: s.asked().published("1").asked("t"), {"lost": 1}),
    "left for the next call": (
        lambda s: s.asked().published("1").asked("t").asked("t").got("1"),
        {"lost": 1},
    ),
    "left for the next stream": (
        lambda s: s.asked().published("1").asked("t").established("t").got("1"),
        {"lost": 1},
    ),
    "left out behind a gap that does not cover it": (
        lambda s: s.asked().published("1").asked("t").gap(1003.0).asked("t").got("1"),
        {"lost": 1},
    ),
    "again on the next page": (
        lambda s: s.asked().published("1").asked("t", more=True).got("1").asked("t").got("1"),
        {"duplicated": 1},
    ),
    "in another order across pages": (
        lambda s: (
            s.asked()
            .published("1")
            .published("2")
            .asked("t", more=True)
            .got("2")
            .asked("t")
            .got("1")
        ),
        {"reordered": 1},
    ),
    "another user's in a page": (
        lambda s: s.asked().published("1", BOB).asked("t").got("1", user="bob"),
        {"leaked": 1},
    ),
    "a call with a token from nowhere": (lambda s: s.ended("t").asked("u"), {"malformed": 1}),
    "never a stream": (lambda s: s.ended(), {"stuck": 1}),
}


@pytest.mark.parametrize("tell", HONEST.values(), ids=HONEST.keys())
def test_an_honest_history_passes(tell: Callable[[Story], Story]) -> None:
    verdict = tell(Story()).verdict()
    assert counts(verdict) == {}
    assert verdict.kept


@pytest.mark.parametrize(("tell", "found"), FORGED.values(), ids=FORGED.keys())
def test_a_forged_history_fails(tell: Callable[[Story], Story], found: dict[str, int]) -> None:
    verdict = tell(Story()).verdict()
    assert counts(verdict) == found
    assert not verdict.kept


def test_an_unsettled_history_is_owed_only_what_was_overtaken() -> None:
    story = Story().established().published("1").published("2").published("3").got("2")
    assert counts(story.verdict(settled=False)) == {"lost": 1}


def test_gaps_are_counted_by_reason() -> None:
    verdict = Story().established().gap(None).gap(None).verdict()
    assert verdict.gaps == {"EXPIRED": 2}
    assert verdict.kept


def test_verdicts_add_up() -> None:
    total = Verdict()
    total.add(Story().established().published("1").verdict())
    total.add(Story().established().published("1").got("1", "1").verdict())
    assert (len(total.lost), len(total.duplicated), total.published) == (1, 1, 2)
    assert str(total).startswith("lost 1, duplicated 1, reordered 0, leaked 0")
    assert [finding.partition(":")[0] for finding in total.findings()] == ["lost", "duplicated"]
