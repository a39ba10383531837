"""A topic whose creation was cut off is finished: one, whole, announced; what may lack is told."""

import asyncio
from typing import Any

import pytest
from creations_vocabulary import KEY, Workers, earlier, topic
from hypothesis import given
from hypothesis import strategies as st
from scripted_creations import ScriptedCreations, Thing

from chat3_api.chat3.user.v1 import MissingPart
from chat3_user.domain.created_topics import CreatedTopic, NewTopic
from chat3_user.errors import CallError
from chat3_user.idempotency import UnsettledError

METAS: tuple[dict[str, Any], ...] = ({}, {"b": 1, "a": {"c": [True]}}, {"b": 2, "7": "x", "10": 3})
# The row, three metas and ours, the event.
MOST_STEPS = 6


def check(
    platform: ScriptedCreations, wanted: NewTopic, created: CreatedTopic, key: str = KEY
) -> Thing:
    """Check what the caller was told against what the platform has; return the topic."""
    found = platform.topics[created.topic.topic_id]
    assert found.meta == {"chat3_key": key, **wanted.meta}
    if found.told_of(set(), "create") != set(platform.members):
        assert created.missing == (MissingPart.CREATED_UPDATE,)
    assert found.told_of(set(found.meta), "create", "changed") == set(platform.members)
    return found


@pytest.mark.parametrize("meta", METAS)
async def test_every_cut_is_finished(meta: dict[str, Any]) -> None:
    wanted = topic(meta)
    for cut in range(MOST_STEPS + 1):
        platform = ScriptedCreations()
        workers = Workers(platform)
        platform.cuts = [cut]
        created = await workers.topic(wanted)
        check(platform, wanted, created)
        assert len(platform.topics) == 1
        again = await workers.look_for_topic(wanted, earlier())
        assert again is not None
        assert again.topic.topic_id == created.topic.topic_id


@given(st.sampled_from(METAS), st.lists(st.integers(0, MOST_STEPS), max_size=8))
async def test_repairs_may_be_cut_at_any_step_too(meta: dict[str, Any], cuts: list[int]) -> None:
    wanted = topic(meta)
    platform = ScriptedCreations()
    platform.cuts = list(cuts)
    check(platform, wanted, await Workers(platform).topic(wanted))
    assert len(platform.topics) == 1


@given(st.sampled_from(METAS), st.lists(st.integers(0, MOST_STEPS), max_size=8))
async def test_two_keys_never_share_a_topic(meta: dict[str, Any], cuts: list[int]) -> None:
    wanted = topic(meta)
    platform = ScriptedCreations()
    workers = Workers(platform)
    platform.cuts = list(cuts)
    one, other = await asyncio.gather(workers.topic(wanted, "one"), workers.topic(wanted, "other"))
    assert one.topic.topic_id != other.topic.topic_id
    check(platform, wanted, one, "one")
    check(platform, wanted, other, "other")
    assert len(platform.topics) == 2


async def test_without_a_cut_nothing_is_told() -> None:
    platform = ScriptedCreations()
    workers = Workers(platform)
    created = await workers.topic(topic({"a": 1}))
    assert (created.missing, workers.counted) == ((), [])


async def left_by(cut: int, wanted: NewTopic, *, ago: float = 30.0) -> ScriptedCreations:
    """Return a platform that was cut in the middle of a creation."""
    platform = ScriptedCreations(ago=ago)
    platform.cuts = [cut]
    with pytest.raises(CallError):
        await Workers(platform).topics.search(wanted).write(KEY)
    return platform


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_what_may_be_in_the_making_is_left_alone(cut: int, *, settled: bool) -> None:
    # An orphan is looked for only when the attempts are settled.
    if cut == 1 and not settled:
        return
    wanted = topic({"a": 1, "b": 2})
    platform = await left_by(cut, wanted, ago=2.0)
    before = platform.written()
    with pytest.raises(UnsettledError) as unsettled:
        await Workers(platform, settle=10.0).look_for_topic(wanted, earlier(settled=settled))
    assert unsettled.value.seconds == pytest.approx(8.0, abs=0.01)
    assert platform.written() == before


async def test_a_topic_with_all_its_meta_is_the_answer_at_once() -> None:
    wanted = topic({"a": 1})
    platform = await left_by(3, wanted, ago=0.0)
    created = await Workers(platform, settle=10.0).look_for_topic(wanted, earlier(settled=False))
    assert created is not None
    check(platform, wanted, created)


@pytest.mark.parametrize(
    "meta", [{"a": 1}, {"chat3_key": "another"}, {"8": "not asked for"}, {"7": "another value"}]
)
async def test_what_is_not_exactly_what_a_cut_attempt_leaves_is_no_orphan(
    meta: dict[str, Any],
) -> None:
    platform = ScriptedCreations()
    platform.new_topic(meta)
    wanted = topic({"a": 1, "7": "x"})
    assert await Workers(platform).look_for_topic(wanted, earlier()) is None


@pytest.mark.parametrize(
    ("age", "found"), [(60.0, True), (15.0, False), (None, False), (7200.0, False)]
)
async def test_an_orphan_is_looked_for_in_its_time_only(age: float | None, *, found: bool) -> None:
    platform = ScriptedCreations()
    platform.new_topic(ago=30.0)
    looked = await Workers(platform).look_for_topic(topic(), earlier(age=age))
    assert (looked is not None) == found


async def test_an_orphan_is_found_beyond_a_page_of_other_topics() -> None:
    platform = ScriptedCreations()
    orphan = platform.new_topic(ago=50.0)
    for index in range(250):
        platform.new_topic({"chat3_key": f"key-{index}"}, ago=40.0 - index / 10)
    looked = await Workers(platform).look_for_topic(topic(), earlier())
    assert looked is not None
    assert looked.topic.topic_id == orphan.id


async def test_what_was_removed_stays_away_and_what_was_changed_stays_so() -> None:
    wanted = topic({"a": 1, "b": 2, "c": 3})
    platform = await left_by(5, wanted)
    (found,) = platform.topics.values()
    del found.meta["a"]
    found.meta["b"] = "changed"
    await Workers(platform).look_for_topic(wanted, earlier())
    assert found.meta == {"chat3_key": KEY, "b": "changed", "c": 3}
