"""Where messages are: ordered by creation time, and by id where several have the same time."""

from itertools import islice
from operator import gt, lt
from typing import Final, NamedTuple

from chat3_user.paging import TIME_MAX, Cut
from chat3_user.tenant_api import models as m
from chat3_user.times import to_nanoseconds

FIRST: Final = -TIME_MAX
"""The time of a message that has none: it comes before all others."""


class Place(NamedTuple):
    """Where a message is: its time in nanoseconds since 1970, then its id."""

    time: int
    message_id: str

    def cut(self, *, above: bool) -> Cut:
        """Return what lies just above or just below the message."""
        return Cut(self.time, self.message_id, above)


def place_of(message: m.Message | m.MessageId) -> Place:
    """Return the place of a message.

    Raises ``ValueError`` when its time is none.
    """
    return Place(_time_of(message), message.message_id)


def in_order(messages: list[m.Message], *, newer: bool) -> tuple[list[m.Message], list[int]]:
    """Return messages towards newer or older ones, and their times; one that comes twice is one.

    Raises ``ValueError`` when a time is none.
    """
    times = [_time_of(message) for message in messages]
    if all(map(lt if newer else gt, times, islice(times, 1, None))):
        return messages, times
    by_place = {place_of(message): message for message in messages}
    places = sorted(by_place, reverse=not newer)
    return [by_place[place] for place in places], [place.time for place in places]


def _time_of(message: m.Message | m.MessageId) -> int:
    created = message.created_at
    return FIRST if created is None else to_nanoseconds(created)
