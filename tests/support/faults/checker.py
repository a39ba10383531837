"""Judges a history against the promises: nothing lost, duplicated, reordered or leaked.

A logical client is a chain of streams and catch-ups linked by resume tokens; it begins with one
that had none. A chain must get every update that was published after its first stream was
established, or its first call answered, and confirmed by the broker, unless a gap says that it may
be missing; by the end of a catch-up, every one that was confirmed before the call. Updates that the
broker never confirmed may arrive and may not. Typing indicators may be dropped. Nothing may come
twice in a chain, in another order than its publisher's, or to anybody but its address.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from support.faults.history import (
    Address,
    Asked,
    ClientHistory,
    Delivered,
    Ended,
    Established,
    Event,
    GapSeen,
    HeartbeatSeen,
    Publication,
)

_CLOCK = 0.002
"""Seconds: times of the service are cut to milliseconds."""

_KINDS = ("lost", "duplicated", "reordered", "leaked", "malformed", "stuck")


@dataclass(slots=True)
class Verdict:
    """What broke which promise; a gap breaks none.

    ``malformed`` are responses and endings against the contract, ``stuck`` the clients that never
    got far.
    """

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    gaps: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    published: int = 0
    delivered: int = 0
    streams: int = 0
    catch_ups: int = 0

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return not any(getattr(self, kind) for kind in _KINDS)

    def add(self, other: "Verdict") -> None:
        """Add the findings of another history."""
        for kind in _KINDS:
            getattr(self, kind).extend(getattr(other, kind))
        self.gaps += other.gaps
        self.ends += other.ends
        self.published += other.published
        self.delivered += other.delivered
        self.streams += other.streams
        self.catch_ups += other.catch_ups

    def __str__(self) -> str:
        gaps = ", ".join(f"{reason} {count}" for reason, count in sorted(self.gaps.items()))
        counts = ", ".join(f"{kind} {len(getattr(self, kind))}" for kind in _KINDS)
        return (
            f"{counts}; gaps: {gaps or 'none'};"
            f" {self.published} published, {self.delivered} delivered on {self.streams} streams"
            f" and by {self.catch_ups} calls"
        )

    def findings(self, most: int = 10) -> Iterator[str]:
        """Name what was found, the first ``most`` of each kind."""
        for kind in _KINDS:
            for finding in getattr(self, kind)[:most]:
                yield f"{kind}: {finding}"


def judge(
    publications: Mapping[str, Publication],
    clients: Iterable[ClientHistory],
    *,
    settled: bool = True,
) -> Verdict:
    """Return the verdict; ``settled`` says that every client had the time to get everything."""
    verdict = Verdict(published=len(publications))
    by_address: dict[Address, list[Publication]] = {}
    for publication in publications.values():
        by_address.setdefault(publication.address, []).append(publication)
    for client in clients:
        if not any(isinstance(event, Established | Asked) for event in client.events):
            verdict.stuck.append(f"{client.name} never had a stream")
        verdict.malformed += [
            f"{client.name}: a failure that nobody foresaw: {event}"
            for event in client.events
            if isinstance(event, Ended) and event.reason == "INTERNAL"
        ]
        verdict.malformed += [f"{client.name}: {problem}" for problem in _wrong_outcomes(client)]
        for chain, last in _chains(client, verdict):
            verdict.streams += sum(isinstance(event, Established) for event in chain)
            verdict.catch_ups += sum(isinstance(event, Asked) for event in chain)
            delivered = _judge_arrivals(client, chain, publications, verdict)
            mine = by_address.get(client.address, [])
            verdict.lost += [
                f"{client.name} {missing}" for missing in _left_out(chain, mine, delivered)
            ]
            for missing in _missing(chain, mine, delivered, to_the_end=last and settled):
                verdict.lost.append(
                    f"{client.name} {missing.update_id} of {missing.publisher}"
                    f" #{missing.number} published {missing.started:.3f}"
                )
    return verdict


def _chains(client: ClientHistory, verdict: Verdict) -> list[tuple[list[Event], bool]]:
    """Split a client's events into chains; the flag marks the last one."""
    chains: list[list[Event]] = []
    stream = None
    offers: dict[str, Ended] = {}
    for event in client.events:
        if isinstance(event, Ended):
            verdict.ends[event.reason or event.status] += 1
            offers[event.token] = event
            continue
        if not event.token or len(event.token) > 1024:
            verdict.malformed.append(f"{client.name}: a response without a sound token: {event}")
        if isinstance(event, Established | Asked):
            if not event.resumed_from:
                chains.append([])
            elif not chains and event.resumed_from in offers:
                # A stream that ended before it was established can offer a token all the same.
                chains.append([offers[event.resumed_from]])
            stream = event.stream
        elif event.stream != stream:
            verdict.malformed.append(f"{client.name}: not established first: {event}")
        if not chains:
            verdict.malformed.append(f"{client.name}: begins with a token: {event}")
            chains.append([])
        chains[-1].append(event)
    return [(chain, chain is chains[-1]) for chain in chains]


def _wrong_outcomes(client: ClientHistory) -> Iterator[str]:
    """Name the streams that said something else of their resume token than came of it."""
    gap_owed = False
    for event in client.events:
        if isinstance(event, Established):
            outcomes = ("RESUMED", "RESUMED_WITH_GAP") if event.resumed_from else ("FRESH",)
            if event.outcome not in outcomes:
                yield f"the outcome is wrong: {event}"
            gap_owed = event.outcome == "RESUMED_WITH_GAP"
        elif isinstance(event, GapSeen):
            gap_owed = False
        elif isinstance(event, HeartbeatSeen) and gap_owed:
            # A stream beats when it is idle: what goes before live updates has been sent.
            yield f"a gap was announced and none came: {event}"


def _judge_arrivals(
    client: ClientHistory,
    chain: list[Event],
    publications: Mapping[str, Publication],
    verdict: Verdict,
) -> dict[str, Publication]:
    delivered: dict[str, Publication] = {}
    newest: dict[str, int] = {}
    for event in chain:
        if isinstance(event, GapSeen):
            verdict.gaps[event.reason] += 1
        if not isinstance(event, Delivered):
            continue
        verdict.delivered += 1
        publication = publications.get(event.update_id)
        if publication is None or (publication.address, event.user) != (
            client.address,
            client.address.user,
        ):
            verdict.leaked.append(f"{client.name} of {client.address}: {event} is {publication}")
            continue
        if event.update_id in delivered:
            verdict.duplicated.append(f"{client.name} {event}")
            continue
        delivered[event.update_id] = publication
        before = newest.get(publication.publisher, -1)
        if publication.number < before:
            verdict.reordered.append(
                f"{client.name} {event}: {publication.publisher} #{publication.number}"
                f" after #{before}"
            )
        newest[publication.publisher] = max(before, publication.number)
    return delivered


def _missing(
    chain: list[Event],
    published: Iterable[Publication],
    delivered: Mapping[str, Publication],
    *,
    to_the_end: bool,
) -> Iterator[Publication]:
    """Yield what a chain had to get and did not.

    A chain that was given up is owed only what stands before something it got.
    """
    begun = chain[0].at
    gaps = [event for event in chain if isinstance(event, GapSeen)]
    reach: dict[str, int] = {}
    for publication in delivered.values():
        reach[publication.publisher] = max(reach.get(publication.publisher, -1), publication.number)
    for publication in published:
        owed = to_the_end or publication.number < reach.get(publication.publisher, -1)
        if (
            owed
            and publication.confirmed is not None
            and publication.started > begun
            and not publication.droppable
            and publication.update_id not in delivered
            and not any(covers(gap, publication) for gap in gaps)
        ):
            yield publication


def _left_out(
    chain: list[Event], published: Iterable[Publication], delivered: Mapping[str, Publication]
) -> Iterator[str]:
    """Name what a catch-up to the end did not return although it was published before the call.

    What never came is lost anyway; this is what came with a later one.
    """
    begun = chain[0].at
    owed = sorted(
        (
            publication
            for publication in published
            if publication.confirmed is not None
            and publication.started > begun
            and not publication.droppable
            and publication.update_id in delivered
        ),
        key=lambda publication: publication.confirmed or 0.0,
    )
    got: set[str] = set()
    gaps: list[GapSeen] = []
    judged = 0
    end: Asked | None = None
    for event in (*chain, None):
        if end is not None and not isinstance(event, Delivered | GapSeen):
            while judged < len(owed) and (owed[judged].confirmed or 0.0) < end.begun:
                publication = owed[judged]
                judged += 1
                if publication.update_id not in got and not any(
                    covers(gap, publication) for gap in gaps
                ):
                    yield f"{publication} was left out by {end}"
            end = None
        if isinstance(event, Delivered):
            got.add(event.update_id)
        elif isinstance(event, GapSeen):
            gaps.append(event)
        elif isinstance(event, Asked) and not event.has_more:
            end = event


def covers(gap: GapSeen, publication: Publication) -> bool:
    """Return whether a gap says that an update may be missing."""
    if publication.started > gap.to_time + _CLOCK or publication.confirmed is None:
        return False
    return gap.from_time is None or publication.confirmed >= gap.from_time - _CLOCK
