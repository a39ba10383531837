"""The state machine of health: what findings make of components, and components of a worker."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat3_user.health.finding import WELL, Finding
from chat3_user.health.machine import Change, Health, State, Status, worst
from chat3_user.health.table import Component, Effect, Reason

OUTSIDE = Component(
    "outside", "", {"away": Reason("", ""), "full": Reason("", "")}, needed=True, fall=2, rise=3
)
OWN = Component("own", "", {"broken": Reason("", "", Effect.NOT_READY)}, fall=1, rise=1)
SPARE = Component("spare", "", {"away": Reason("", "")}, fall=2, rise=2)
AWAY, FULL, BROKEN = Finding("away", "refused"), Finding("full"), Finding("broken")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def machine(*components: Component) -> tuple[Health, list[Change]]:
    health = Health({each.name for each in components}, components, clock=Clock())
    changes: list[Change] = []
    health.on_change(changes.append)
    return health, changes


def observed(health: Health, name: str, *findings: Finding) -> None:
    for finding in findings:
        health.observe(name, finding)


def test_a_worker_is_not_ready_until_what_it_needs_has_been_seen() -> None:
    health, _ = machine(OUTSIDE, SPARE)
    assert health.status is Status.NOT_READY
    assert {each.state for each in health.components.values()} == {State.STARTING}
    observed(health, "outside", WELL)
    assert health.status is Status.READY, "what it can do without is not waited for"


def test_wrong_settings_keep_a_new_worker_from_being_ready() -> None:
    health, _ = machine(OUTSIDE)
    observed(health, "outside", *[AWAY] * 10)
    assert health.components["outside"].state is State.DOWN
    assert health.status is Status.NOT_READY
    observed(health, "outside", WELL)
    assert health.status is Status.READY, "the first time counts at once"


def test_an_outage_of_what_was_there_only_degrades() -> None:
    health, changes = machine(OUTSIDE)
    observed(health, "outside", WELL, AWAY)
    assert health.status is Status.READY, "one finding is no outage"
    observed(health, "outside", AWAY)
    assert health.status is Status.DEGRADED
    observed(health, "outside", WELL, WELL)
    assert health.status is Status.DEGRADED, "two findings are no recovery"
    observed(health, "outside", WELL)
    assert health.status is Status.READY
    assert [each.after.state for each in changes] == [State.UP, State.DOWN, State.UP]


def test_what_flickers_does_not_flap() -> None:
    health, changes = machine(OUTSIDE)
    observed(health, "outside", WELL, *[AWAY, WELL] * 50)
    assert [each.after.state for each in changes] == [State.UP]
    observed(health, "outside", AWAY, AWAY, *[WELL, WELL, AWAY] * 50)
    assert [each.after.state for each in changes] == [State.UP, State.DOWN]


def test_what_is_the_workers_own_makes_it_not_ready_at_once() -> None:
    health, _ = machine(OUTSIDE, OWN)
    observed(health, "outside", WELL)
    observed(health, "own", WELL, BROKEN)
    assert health.status is Status.NOT_READY
    observed(health, "own", WELL)
    assert health.status is Status.READY


def test_another_reason_is_a_change_of_the_same_outage() -> None:
    health, changes = machine(OUTSIDE)
    observed(health, "outside", WELL, AWAY, AWAY)
    since = health.components["outside"].since
    observed(health, "outside", FULL)
    now = health.components["outside"]
    assert (now.reason, now.since) == ("full", since)
    assert [each.after.reason for each in changes] == ["", "away", "full"]


def test_the_same_finding_in_other_words_is_no_change() -> None:
    health, changes = machine(OUTSIDE)
    observed(health, "outside", WELL, AWAY, AWAY, Finding("away", "timed out"))
    assert health.components["outside"].detail == "timed out"
    assert len(changes) == 2


def test_a_change_says_what_became_of_the_worker() -> None:
    health, changes = machine(OUTSIDE, SPARE)
    observed(health, "outside", WELL)
    observed(health, "spare", AWAY, AWAY)
    assert (changes[0].status_before, changes[0].status) == (Status.NOT_READY, Status.READY)
    assert (changes[1].component, changes[1].status) == ("spare", Status.DEGRADED)


def test_a_reason_that_nobody_wrote_down_is_an_error() -> None:
    health, _ = machine(OWN)
    with pytest.raises(KeyError):
        health.observe("own", Finding("invented"))


def test_what_wavers_is_worth_another_look() -> None:
    health, _ = machine(OUTSIDE)
    assert health.wavering("outside")
    observed(health, "outside", WELL)
    assert not health.wavering("outside")
    observed(health, "outside", AWAY)
    assert health.wavering("outside")
    observed(health, "outside", AWAY)
    assert not health.wavering("outside")


COMPONENTS: Mapping[str, Component] = {each.name: each for each in (OUTSIDE, OWN, SPARE)}
FINDINGS = st.sampled_from(sorted(COMPONENTS)).flatmap(
    lambda name: st.tuples(
        st.just(name), st.sampled_from(["", *COMPONENTS[name].reasons]).map(Finding)
    )
)


@given(st.lists(FINDINGS, max_size=60))
def test_whatever_is_found_the_parts_agree(findings: list[tuple[str, Finding]]) -> None:
    """The rules of the table, said once more by looking back at all that was found."""
    health, changes = machine(*COMPONENTS.values())
    found: dict[str, list[str]] = {name: [] for name in COMPONENTS}
    for name, finding in findings:
        health.observe(name, finding)
        found[name].append(finding.reason)
    states = health.components
    for name, state in states.items():
        component, last = COMPONENTS[name], found[name]
        assert (state.state is State.DOWN) == bool(state.reason)
        if state.state is State.UP:
            assert not all(last[-component.fall :])
        if state.state is State.DOWN:
            assert len(last) >= component.fall
            assert any(last[-component.rise :])
    was_up = any((c.component, c.after.state) == ("outside", State.UP) for c in changes)
    assert (states["outside"].status is Status.NOT_READY) == (not was_up)
    assert (states["own"].status is Status.NOT_READY) == (found["own"][-1:] not in ([], [""]))
    assert states["spare"].status is not Status.NOT_READY
    assert health.status is worst(state.status for state in states.values())


@given(st.lists(FINDINGS, max_size=60))
def test_changes_tell_the_whole_story(findings: list[tuple[str, Finding]]) -> None:
    """Who knows the first states and every change knows what there is now."""
    health, changes = machine(*COMPONENTS.values())
    known, status = dict(health.components), health.status
    for name, finding in findings:
        health.observe(name, finding)
    for change in changes:
        assert change.before == known[change.component] != change.after
        assert change.status_before is status
        known[change.component], status = change.after, change.status
    assert known == health.components
    assert status is health.status
