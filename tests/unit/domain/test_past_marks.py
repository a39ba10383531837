"""What an attempt of unknown outcome set is told from what the user set before and after it."""

import time
from typing import Any

import pytest
from scripted_platform import ALICE, DIALOG

from chat3_api.chat3.user.v1 import MissingPart
from chat3_user.domain.past_marks import PastMarks
from chat3_user.domain.unshown import UnshownChanges
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.route import Route
from chat3_user.validation import Identity

MESSAGE = "msg_aaaaaaaaaaaaaaaaaaaa"
CHANGED_UPDATE = (MissingPart.CHANGED_UPDATE,)
AGE = 20.0


class Marks(TenantApi):
    """A message's history and reactions; entries are (user, status, seconds since the attempt)."""

    def __init__(self, *entries: tuple[str, str, float]) -> None:
        began = time.time() - AGE
        self.rows = [
            m.StatusRecord(MESSAGE, user, status, (began + at) * 1000)
            for user, status, at in sorted(entries, key=lambda entry: -entry[2])
        ]
        self.asked = 0

    async def prove_message(self, *_: object) -> None: ...

    async def call(
        self, route: Route[Any], _: Identity, *, query: dict[str, str] | None = None, **__: str
    ) -> Any:
        if route is routes.OWN_REACTIONS:
            own = [m.OwnReaction(row.status, row.created_at) for row in self.rows]
            return m.Data(m.OwnReactions(own))
        assert route is routes.STATUSES
        assert query is not None
        self.asked += 1
        page, limit = int(query["page"]), int(query["limit"])
        rows = self.rows[(page - 1) * limit : page * limit]
        return m.Page(rows, m.Pagination(page, limit, len(self.rows), 1))


def earlier(age: float | None = AGE) -> Earlier:
    return Earlier("name", 86_400.0, age, settled=True)


def past(marks: Marks) -> PastMarks:
    """Return the looks at marks, which are all that is asked of access and platform."""
    return PastMarks(marks, marks, UnshownChanges(lambda _: None))


async def found_at(marks: Marks, age: float | None = AGE) -> float | None:
    """Return how long after the attempt began the entry was made that is taken for its own."""
    found = await past(marks).status(ALICE, DIALOG, MESSAGE, "read", earlier(age))
    if found is None:
        return None
    assert found.missing == CHANGED_UPDATE
    return round(float(found.record.created_at) / 1000 - time.time() + AGE, 0)


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([], None),
        ([("alice", "read", 1.0)], 1.0),
        # Set back by another device since: it was recorded all the same.
        ([("alice", "read", 1.0), ("alice", "unread", 3.0)], 1.0),
        ([("bob", "read", 1.0)], None),
        ([("alice", "delivered", 1.0)], None),
        # By a clock that is behind ours.
        ([("alice", "read", -3.0)], -3.0),
        # The attempt was to set it once more.
        ([("alice", "read", -3.0), ("alice", "unread", -2.0)], None),
        ([("alice", "read", -8.0)], None),
    ],
)
async def test_the_attempts_own_entry_is_found(
    entries: list[tuple[str, str, float]], found: float | None
) -> None:
    assert await found_at(Marks(*entries)) == found


async def test_it_is_found_behind_a_page_of_other_members_entries() -> None:
    others = [(f"user-{index}", "read", 2.0 + index / 100) for index in range(250)]
    marks = Marks(("alice", "read", 1.0), *others)
    assert await found_at(marks) == 1.0
    assert marks.asked == 3


async def test_a_history_is_read_no_further_than_the_attempt() -> None:
    marks = Marks(*[(f"user-{index}", "read", -10.0 - index) for index in range(250)])
    assert await found_at(marks) is None
    assert marks.asked == 1


@pytest.mark.parametrize("age", [None, 7200.0])
async def test_an_attempt_of_unknown_time_is_not_looked_for(age: float | None) -> None:
    marks = Marks(("alice", "read", 1.0))
    assert await found_at(marks, age) is None
    assert marks.asked == 0


@pytest.mark.parametrize(("at", "changed"), [(1.0, True), (-60.0, False)])
async def test_a_reaction_is_new_if_it_is_of_the_attempts_time(*, at: float, changed: bool) -> None:
    marks = Marks(("alice", "+1", at))
    found = await past(marks).reaction(ALICE, DIALOG, MESSAGE, "+1", earlier())
    assert found is not None
    assert (found.changed, found.missing) == (changed, CHANGED_UPDATE if changed else ())
    assert await past(marks).reaction(ALICE, DIALOG, MESSAGE, "-1", earlier()) is None
