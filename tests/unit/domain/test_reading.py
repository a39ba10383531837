"""A mark that is repeated takes nothing that its user has not seen."""

import pytest
from scripted_changes import AGE, ALICE, DIALOG, ScriptedChanges, earlier

from chat3_api.chat3.user.v1 import MissingPart
from chat3_user.domain.reading import ReadDialog, Reading
from chat3_user.domain.unshown import UnshownChanges
from chat3_user.tenant_api import TenantApi
from chat3_user.validation import Identity

CHANGED_UPDATE = (MissingPart.CHANGED_UPDATE,)
MARK = "POST /api/users/{user_id}/dialogs/{dialog_id}/markAllRead"


async def find(
    platform: ScriptedChanges,
    age: float | None = AGE,
    *,
    settled: bool = False,
    reader: Identity = ALICE,
) -> ReadDialog | None:
    reading = Reading(TenantApi(platform), UnshownChanges(lambda _: None))
    return await reading.find_dialog(reader, DIALOG, earlier(age, settled=settled))


@pytest.mark.parametrize("seen", [None, -90.0, 1.0])
@pytest.mark.parametrize("messages", [[], [("bob", -9.0)], [("bob", -9.0), ("alice", 5.0)]])
async def test_where_nothing_has_arrived_since_the_dialog_is_marked_again(
    seen: float | None, messages: list[tuple[str, float]]
) -> None:
    platform = ScriptedChanges(seen=seen, messages=messages)
    found = await find(platform)
    assert found is not None
    assert found.missing == ()
    assert platform.written() == [MARK]


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize(
    ("seen", "arrived", "was_marked"),
    [
        (1.0, [2.0], True),
        (1.0, [0.5, 2.0], True),
        (None, [2.0], False),
        (-90.0, [2.0], False),
        # By a clock that is behind ours.
        (-3.0, [2.0], True),
        (-3.0, [-4.0, 2.0], True),
        (-3.0, [-4.0], True),
        # What was there when the attempt began was to be read as well.
        (-3.0, [-2.0, 2.0], False),
        (-3.0, [-2.0], False),
        (-9.0, [-2.0], False),
    ],
)
async def test_where_something_has_arrived_nothing_is_marked_by_a_look(
    seen: float | None, arrived: list[float], *, was_marked: bool, settled: bool
) -> None:
    platform = ScriptedChanges(seen=seen, messages=[("bob", at) for at in arrived])
    found = await find(platform, settled=settled)
    assert (found is not None) == was_marked
    assert found is None or found.missing == CHANGED_UPDATE
    assert found is None or found.state.joined_at is None
    assert platform.written() == []


@pytest.mark.parametrize(("user_id", "pages"), [("alice", 1), ("alice)|(n,eq,1", 3)])
async def test_others_are_found_behind_pages_of_ones_own_messages(user_id: str, pages: int) -> None:
    """An id that cannot stand in a filter is looked for page by page."""
    own = [(user_id, index / 100) for index in range(250)]
    platform = ScriptedChanges(seen=1.0, messages=[*own, ("bob", 3.0), *own])
    reader = Identity("key", "tnt_one", user_id)
    assert await find(platform, reader=reader) is not None
    assert platform.written() == []
    assert sum(line.endswith("/messages") for line in platform.asked) == pages


@pytest.mark.parametrize(
    ("seen", "arrived", "settled", "marked"),
    [
        # Nothing shows that the pack was marked, or not yet.
        ([False, False], [False, False], True, None),
        ([True, False], [False, False], False, None),
        # Each is marked by itself, but what has arrived since is left as it is.
        ([True, False], [False, False], True, [0, 1]),
        ([True, False], [True, False], True, [1]),
        ([True, False], [False, True], True, [0, 1]),
        ([True, True], [False, False], False, [0, 1]),
        ([True, True], [True, True], False, []),
        ([], [], True, None),
    ],
)
async def test_a_pack_is_completed_dialog_by_dialog(
    seen: list[bool], arrived: list[bool], *, settled: bool, marked: list[int] | None
) -> None:
    dialogs = {
        f"dlg_{index:020d}": ScriptedChanges(
            seen=1.0 if seen_ else None, messages=[("bob", 2.0)] if arrived_ else []
        )
        for index, (seen_, arrived_) in enumerate(zip(seen, arrived, strict=True))
    }
    reading = Reading(TenantApi(ScriptedChanges(pack=dialogs)), UnshownChanges(lambda _: None))
    found = await reading.find_pack(ALICE, "pck", earlier(settled=settled))
    assert (found is None) == (marked is None)
    done = [index for index, dialog in enumerate(dialogs.values()) if dialog.bodies]
    assert done == (marked or [])
    if found is not None and marked is not None:
        assert found.dialog_count == len(dialogs)
        assert found.missing == (CHANGED_UPDATE if len(marked) < len(dialogs) else ())


@pytest.mark.parametrize("age", [None, 7200.0])
async def test_an_attempt_of_unknown_time_is_not_looked_for(age: float | None) -> None:
    platform = ScriptedChanges(seen=1.0)
    assert await find(platform, age) is None
    assert platform.asked == []
