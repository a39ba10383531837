"""Compares an outcome with the expected one; says what is different, and what is no difference."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from scenario import model

Json = Mapping[str, Any]
Placed = tuple[str, str, str]
"""An update by kind, dialog, and what it is about; one of a burst is about any of its messages."""

_UNPLACED: Final = frozenset(("DIALOG_READ", "MEMBER_CHANGED"))
"""Kinds that come at no promised place: it is compared which of them came."""

_UNCOUNTED: Final = re.compile(r"\w+_COUNTERS_CHANGED|USER_\w+")
"""Kinds that are not compared: how many there are depends on how fast the platform counts."""

_ANNOUNCING: Final = frozenset(("DIALOG_CHANGED", "MESSAGE_META_CHANGED"))
"""Kinds by which the service announces a write once more that was cut off, and looked for."""

_PASSING: Final = re.compile(
    "ERROR_REASON_(UPSTREAM_UNAVAILABLE|SHUTTING_DOWN|OVERLOADED)|(ERROR_REASON_)?DEADLINE_EXCEEDED"
    "|UNAVAILABLE"
)
"""With what a sign of typing may fail: a late one is worth nothing, and need not be repeated."""

_SHOWN_AT_MOST: Final = 8

_NONE: Final = "nothing"
"""What stands for a part that is not there."""


@dataclass
class Verdict:
    """What is different, ``lost`` updates, and updates that announce a write once ``again``."""

    differences: list[str] = field(default_factory=list)
    lost: int = 0
    again: int = 0

    def differ(self, where: str, wanted: Any, found: Any) -> None:
        """Note where two values differ, by the smallest parts that do."""
        if isinstance(wanted, dict) and isinstance(found, dict):
            for key in sorted(wanted.keys() | found.keys()):
                self.differ(f"{where}, {key}", wanted.get(key, _NONE), found.get(key, _NONE))
        elif wanted != found:
            self.differences.append(f"{where}: {found!r} instead of {wanted!r}")


class Comparison:
    """Compares outcomes of one scenario."""

    def __init__(self, scenario: model.Scenario) -> None:
        self._scenario = scenario
        self._statuses_of = frozenset(scenario.compared.statuses_of)
        self._bursts = frozenset(
            step.bind for step in scenario.steps if isinstance(step, model.Burst)
        )

    def compare(self, wanted: model.Outcome, found: model.Outcome, *, faults: bool) -> Verdict:
        """Compare ``found`` with what is ``wanted``.

        Without ``faults`` there is no gap, and nothing is announced twice.
        """
        verdict = Verdict()
        verdict.differences += [f"error: {error}" for error in found.errors]
        verdict.differ("number of results", len(wanted.results), len(found.results))
        for number, pair in enumerate(zip(wanted.results, found.results, strict=False)):
            step = self._scenario.steps[number]
            given_up = faults and isinstance(step, model.Typing)
            if given_up and _PASSING.fullmatch(pair[1].get("failed", "")):
                continue
            where = f"step {number}, {msgspec.to_builtins(step)['do']}"
            verdict.differ(where, *(self._result(each) for each in pair))
        self.compare_pictures(wanted, found, verdict)
        verdict.differ("users with streams", sorted(wanted.streams), sorted(found.streams))
        for user in wanted.streams.keys() & found.streams.keys():
            streams = wanted.streams[user], found.streams[user]
            self._compare_streams(user, *streams, verdict, faults=faults)
        return verdict

    def compare_pictures(
        self, wanted: model.Outcome, found: model.Outcome, verdict: Verdict
    ) -> None:
        """Compare what the users' stores held at the end."""
        verdict.differ("users with a picture", sorted(wanted.pictures), sorted(found.pictures))
        for user in wanted.pictures.keys() & found.pictures.keys():
            pictures = wanted.pictures[user], found.pictures[user]
            verdict.differ(f"dialogs of {user}", *(sorted(each) for each in pictures))
            for name in pictures[0].keys() & pictures[1].keys():
                dialogs = [msgspec.to_builtins(each[name]) for each in pictures]
                self._compare_dialogs(f"{user}'s picture of {name}", dialogs, verdict)

    def _compare_dialogs(self, where: str, pair: Sequence[Any], verdict: Verdict) -> None:
        messages = [each.pop("messages") for each in pair]
        verdict.differ(where, *pair)
        verdict.differ(f"messages in {where}", *(sorted(each) for each in messages))
        for name in sorted(messages[0].keys() & messages[1].keys()):
            shown = [{**self._message(name, each[name]), "quotes": None} for each in messages]
            verdict.differ(f"{name} in {where}", *shown)

    def _message(self, name: str, shown: Json) -> Json:
        return shown if name in self._statuses_of else {**shown, "statuses": {}}

    def _result(self, result: Json) -> Json:
        if "shown" in result:
            shown = self._message(result["message"], result["shown"])
            return {**result, "shown": shown}
        if result.get("messages") and isinstance(result["messages"][0], list | tuple):
            messages = [(name, self._message(name, shown)) for name, shown in result["messages"]]
            ordered = self._in_order(messages)
            return {"order": [name for name, _ in ordered], "messages": dict(ordered)}
        return result

    def _in_order(self, messages: list[tuple[str, Json]]) -> list[tuple[str, Json]]:
        """Sort the messages of each burst, where they stand side by side."""
        done: list[tuple[str, Json]] = []
        run: list[tuple[str, Json]] = []
        for each in messages:
            if run and self._burst(each[0]) != self._burst(run[0][0]):
                done += sorted(run, key=lambda one: one[0])
                run = []
            run.append(each)
            if not self._burst(each[0]):
                done += run
                run = []
        return done + sorted(run, key=lambda one: one[0])

    def _burst(self, name: str) -> str:
        """Return the burst that a message belongs to, or nothing."""
        stem, _, number = name.rpartition("-")
        return stem if stem in self._bursts and number.isdigit() else ""

    def _compare_streams(
        self,
        user: str,
        wanted: model.Stream,
        found: model.Stream,
        verdict: Verdict,
        *,
        faults: bool,
    ) -> None:
        verdict.differ(f"duplicates of {user}", 0, found.duplicates)
        gaps = len(found.gaps)
        if gaps and not faults:
            verdict.differences.append(f"gaps of {user}: {list(found.gaps)}")
        verdict.differ(f"starts of {user}", list(wanted.starts), self._starts(wanted, found))
        unplaced = [
            {tuple_of(each) for each in stream.updates if each.kind in _UNPLACED}
            for stream in (wanted, found)
        ]
        if unplaced[1] - unplaced[0] or (unplaced[0] - unplaced[1] and not gaps):
            verdict.differ(f"unplaced updates of {user}", *(sorted(each) for each in unplaced))
        self._compare_placed(user, wanted, found, verdict, faults=faults)

    def _starts(self, wanted: model.Stream, found: model.Stream) -> list[str]:
        """Return the outcomes of the starts; one with a gap that was seen counts as resumed."""
        excused = found.gaps and len(wanted.starts) == len(found.starts)
        return [
            "RESUMED" if each == "RESUMED_WITH_GAP" and excused else each for each in found.starts
        ]

    def _compare_placed(
        self,
        user: str,
        wanted: model.Stream,
        found: model.Stream,
        verdict: Verdict,
        *,
        faults: bool,
    ) -> None:
        """Compare the updates that have a place.

        They may be missing where a gap stands, or in one place before it: when the broker restarts,
        a few updates can get into its log before the gap is noted there. Nothing else is missing.
        """
        expected = list(self._placed(wanted.updates))
        pieces: list[list[Placed]] = [[]]
        for update in self._placed(found.updates):
            if update[0] == "GAP":
                pieces.append([])
            else:
                pieces[-1].append(update)
        place, last = 0, len(pieces) - 1
        for number, piece in enumerate(pieces):
            starts = range(place, len(expected) + 1 if number else 1)
            late = number < last and found.gaps[number] == "LOG_UNREADABLE"
            fitting = self._ends(piece, expected, starts, faults=faults, in_two=late)
            at_the_end = (end for end in fitting if number < last or end[0] == len(expected))
            end = next(at_the_end, None)
            if end is None:
                self._tell(user, piece, expected[place:], verdict)
                return
            place = end[0]
            verdict.again += end[1]

    def _ends(
        self,
        piece: Sequence[Placed],
        expected: Sequence[Placed],
        starts: Sequence[int],
        *,
        faults: bool,
        in_two: bool,
    ) -> Iterator[tuple[int, int]]:
        """Return where a piece ends, whole or ``in_two``, for all ``starts`` at which it fits."""
        for start in starts:
            whole = self._end(piece, expected, start, faults=faults)
            if whole is not None:
                yield whole
        for start in starts if in_two else ():
            for cut in range(1, len(piece)):
                first = self._end(piece[:cut], expected, start, faults=faults)
                if first is None:
                    break
                for goes_on in range(first[0] + 1, len(expected)):
                    second = self._end(piece[cut:], expected, goes_on, faults=faults)
                    if second is not None:
                        yield second[0], first[1] + second[1]

    def _end(
        self, piece: Sequence[Placed], expected: Sequence[Placed], place: int, *, faults: bool
    ) -> tuple[int, int] | None:
        """Return where a piece ends that begins at a place, if it fits there.

        Also returned is how many of its updates announce a write once more.
        """
        again = 0
        for number, update in enumerate(piece):
            if place < len(expected) and update == expected[place]:
                place += 1
            elif faults and (update[0] in _ANNOUNCING or self._told_twice(update, piece[:number])):
                again += 1
            else:
                return None
        return place, again

    @staticmethod
    def _tell(
        user: str, piece: Sequence[Placed], expected: Sequence[Placed], verdict: Verdict
    ) -> None:
        """Say what a piece that fits nowhere lacks, and what it has too much."""
        lacks, more = Counter(expected) - Counter(piece), Counter(piece) - Counter(expected)
        for update in more:
            verdict.differences.append(f"{user} got {update}, which is unexpected there")
        if lacks:
            verdict.lost += lacks.total()
            shown = list(lacks)[:_SHOWN_AT_MOST]
            verdict.differences.append(f"{user} lacks {lacks.total()} updates: {shown}")
        if not lacks and not more:
            verdict.differences.append(f"{user} got updates in another order: {list(piece)}")

    @staticmethod
    def _told_twice(update: Placed, seen: Sequence[Placed]) -> bool:
        """A removal that was cut off between event and row is published a second time."""
        return update[0] == "MEMBER_REMOVED" and update in seen

    def _placed(self, updates: Sequence[model.UpdateSeen]) -> Iterator[Placed]:
        for each in updates:
            if each.kind in _UNPLACED or _UNCOUNTED.fullmatch(each.kind):
                continue
            burst = self._burst(each.about) if each.kind == "MESSAGE_CREATED" else ""
            about = f"{burst}-*" if burst else each.about
            yield each.kind, each.dialog, about


def lasting(outcome: model.Outcome) -> model.Outcome:
    """Return an outcome without what no other run has: ids, and updates that are not compared."""
    streams = {
        user: msgspec.structs.replace(
            stream, updates=[each for each in stream.updates if not _UNCOUNTED.fullmatch(each.kind)]
        )
        for user, stream in outcome.streams.items()
    }
    return msgspec.structs.replace(outcome, names={}, streams=streams)


def tuple_of(update: model.UpdateSeen) -> Placed:
    """Return an update as what can be compared."""
    return update.kind, update.dialog, update.about
