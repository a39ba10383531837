"""Pages of messages lie next to each other, whatever others do: none is missing, none comes twice.

A stateful machine writes, deletes and restores messages, many of them of the same time, and reads
pages by token in both directions, around messages, in sizes that change, with and without filters.
"""

from dataclasses import replace
from functools import partial

from history_platform import BASE, Platform
from history_reader import FILTERS, TIMES, Continuation, Reader
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from chat3_api.chat3.user import v1 as pb

SIZES = st.sampled_from((0, 1, 2, 3, 5, 20))
SORTS = st.sampled_from(("", "(create_time,desc)", "(create_time,asc)"))
SENDERS = st.sampled_from(("alice", "bob"))
MESSAGES = st.tuples(st.sampled_from(TIMES), SENDERS, st.integers(0, 2))
WRITE = st.tuples(st.sampled_from((0.0, 0.25, 3.0)), SENDERS, st.integers(0, 2))
MEANWHILE = st.lists(st.lists(WRITE, max_size=3), max_size=4)
"""What others write before each of the reads that a page takes."""


class HistoryUnderWriters(RuleBasedStateMachine):
    places = Bundle("places")

    @initialize(messages=st.lists(MESSAGES, max_size=25), seed=st.integers(0, 2**16))
    def open(self, messages: list[tuple[float, str, int]], seed: int) -> None:
        self.platform = Platform(seed)
        self.reader = Reader(self.platform)
        for time, sender, n in messages:
            self.platform.write(time, sender=sender, n=n)

    def _write_all(self, writes: list[tuple[float, str, int]]) -> None:
        for write in writes:
            self._write(*write)

    def _write(self, distance: float, sender: str, n: int) -> None:
        """Write the newest message: later than all, or at the same time and behind in the order."""
        newest = self.platform.rows[-1].time if self.platform.rows else BASE
        if distance:
            self.platform.write(newest + distance, sender=sender, n=n)
        else:
            self.platform.write_last(newest, sender=sender, n=n)

    @rule(write=WRITE)
    def write(self, write: tuple[float, str, int]) -> None:
        self._write(*write)

    @rule(at=st.integers(0, 100), deleted=st.booleans())
    def delete_or_restore(self, at: int, *, deleted: bool) -> None:
        if self.platform.rows:
            row = self.platform.rows[at % len(self.platform.rows)]
            self.platform.set_deleted(row, deleted=deleted)

    @rule(
        target=places,
        size=SIZES,
        sort=SORTS,
        filter_=st.sampled_from(sorted(FILTERS)),
        counted=st.booleans(),
    )
    def begin(self, size: int, sort: str, filter_: str, *, counted: bool) -> object:
        request = pb.GetDialogMessagesRequest(
            dialog_id=self.platform.dialog,
            page_size=size,
            sort=sort,
            filter=filter_,
            include_total_size=counted,
        )
        return multiple(*self.reader.begin(request))

    @rule(
        target=places,
        place=places,
        size=SIZES,
        meanwhile=MEANWHILE,
        counted=st.booleans(),
    )
    def go_on(
        self,
        place: Continuation,
        size: int,
        meanwhile: list[list[tuple[float, str, int]]],
        *,
        counted: bool,
    ) -> object:
        self.platform.meanwhile = [partial(self._write_all, writes) for writes in meanwhile]
        request = replace(place.request, page_size=size, include_total_size=counted)
        return multiple(*self.reader.read(replace(place, request=request)))

    @rule(
        target=places,
        at=st.integers(0, 100),
        size=SIZES,
        sort=SORTS,
        filter_=st.sampled_from(sorted(FILTERS)),
    )
    def around(self, at: int, size: int, sort: str, filter_: str) -> object:
        if not self.platform.rows:
            return multiple()
        request = pb.GetDialogMessagesRequest(
            dialog_id=self.platform.dialog, page_size=size, sort=sort, filter=filter_
        )
        middle = self.platform.rows[at % len(self.platform.rows)]
        return multiple(*self.reader.around(request, middle))

    def teardown(self) -> None:
        self.platform.close()


TestHistoryUnderWriters = HistoryUnderWriters.TestCase
TestHistoryUnderWriters.settings = settings(max_examples=150, stateful_step_count=25)
