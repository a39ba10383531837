"""What a run came to: what was done, what went wrong, and what was told as lost for good."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Final

# Any of these is a broken promise.
BROKEN: Final = (
    "doubled",
    "phantom",
    "lost",
    "unanswered",
    "incomplete",
    "unannounced",
    "marks_doubled",
    "marks_lost",
    "marks_unanswered",
)


@dataclass
class Tally:
    """What a seed, or all of them, came to."""

    sends: int = 0
    # Of these with meta and a quote.
    full: int = 0
    # Statuses and reactions.
    marks: int = 0
    # Dialogs, topics, direct dialogs and users.
    creations: int = 0
    # Of messages, members, users, custom data and what is read.
    changes: int = 0
    # Of creations and changes those that a back end asks for.
    of_back_ends: int = 0
    attempts: int = 0
    replayed: int = 0
    worker_kills: int = 0
    store_outages: int = 0
    # Of the platform, by signal.
    restarts: Counter[str] = field(default_factory=Counter)

    # More than one message that is not deleted, or more than one dialog or topic, for one key.
    doubled: int = 0
    # Answers about what is not there, or different answers to one key.
    phantom: int = 0
    # Answered, and nothing is there.
    lost: int = 0
    unanswered: int = 0
    # Answered, lacking something, and the answer does not say so.
    incomplete: int = 0
    # No update about it reached each of the members.
    unannounced: int = 0
    # More than one row, or none, for a key; a status's rows are its history.
    marks_doubled: int = 0
    marks_lost: int = 0
    marks_unanswered: int = 0

    # Not broken: what the platform cannot be made to do, as far as the answer says so.
    told: Counter[str] = field(default_factory=Counter)
    # What was told as missing and is there after all.
    told_in_vain: Counter[str] = field(default_factory=Counter)
    told_of_creations: Counter[str] = field(default_factory=Counter)
    told_of_creations_in_vain: Counter[str] = field(default_factory=Counter)
    # By kind of change: what was told as perhaps unannounced, and what of it was announced.
    told_of_changes: Counter[str] = field(default_factory=Counter)
    told_of_changes_in_vain: Counter[str] = field(default_factory=Counter)
    # Copies that the service deleted.
    taken_away: int = 0
    # Of these the announced ones whose deletion did not reach each of the members.
    ghosts: int = 0
    # One row, and not one event: the platform was cut between the two.
    marks_silent: int = 0
    marks_repeated: int = 0

    what_broke: list[str] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    # How late the harness was, and how long the platform worked on a write, in seconds at most.
    lag: float = 0.0
    slowest: float = 0.0

    def add(self, other: "Tally") -> None:
        """Add what another one counted."""
        for name in (one.name for one in fields(self)):
            mine, its = getattr(self, name), getattr(other, name)
            setattr(self, name, max(mine, its) if isinstance(mine, float) else mine + its)

    def breaks(self, name: str, what: str) -> None:
        """Count a broken promise, and keep what broke it."""
        setattr(self, name, getattr(self, name) + 1)
        self.what_broke.append(f"{name}: {what}")

    @property
    def broken(self) -> int:
        """How many promises were broken."""
        return sum(getattr(self, name) for name in BROKEN)

    def __str__(self) -> str:
        broken = ", ".join(f"{name} {getattr(self, name)}" for name in BROKEN)
        return f"""\
{self.sends} sends, {self.full} of them with meta and quote; {self.marks} marks; \
{self.creations} creations; {self.changes} changes; {self.of_back_ends} of these of back ends; \
{self.attempts} attempts, {self.replayed} replayed
restarts of the platform: {dict(self.restarts)}; killed workers: {self.worker_kills}; \
store outages: {self.store_outages}
broken: {broken}
told as irreparable: {dict(self.told)}; told in vain: {dict(self.told_in_vain)}; \
copies taken away: {self.taken_away}, of which members still see {self.ghosts}
told of creations: {dict(self.told_of_creations)}; told in vain: \
{dict(self.told_of_creations_in_vain)}
changes told as perhaps unannounced: {dict(+self.told_of_changes)}; in vain: \
{dict(+self.told_of_changes_in_vain)}
marks cut between row and event: {self.marks_silent} without an event, \
{self.marks_repeated} with more than one
failed attempts: {dict(self.failures.most_common())}; lag {self.lag:.2f} s, \
slowest write {self.slowest:.2f} s
""" + "\n".join(self.what_broke[:20])
