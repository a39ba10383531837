"""The comparer can fail: each kind of difference is seen, and what may vary is not one."""

from __future__ import annotations

from typing import Any

import pytest
from contract_shape import correspondence, differences, kind

DIALOG, OTHER_DIALOG = "dlg_ydilh8cuh0grd04mctjy", "dlg_aaaaaaaaaaaaaaaaaaaa"
TIME, OTHER_TIME = "1795424681964.109619", "1795424682401.056152"


@pytest.mark.parametrize(
    ("recorded", "answer"),
    [
        ({"a": 1}, {}),
        ({}, {"a": 1}),
        ({"a": None}, {}),
        ({"a": "Dialog not found"}, {"a": "Message not found"}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 2}),
        ({"a": True}, {"a": False}),
        ({"a": [1]}, {"a": [1, 1]}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": TIME}, {"a": 1795424681964.109619}),
        ({"a": TIME}, {"a": "1795424681964"}),
        ({"a": DIALOG}, {"a": "msg_aaaaaaaaaaaaaaaaaaaa"}),
        ({"a": DIALOG}, {"a": "dlg_AAAAAAAAAAAAAAAAAAAA"}),
        ({"a": {"b": [{"c": "x"}]}}, {"a": {"b": [{"c": "y"}]}}),
        ([], {}),
    ],
)
def test_a_difference_is_seen(recorded: Any, answer: Any) -> None:
    assert list(differences(recorded, answer))


@pytest.mark.parametrize(
    ("recorded", "answer"),
    [
        ({"a": DIALOG, "b": TIME}, {"a": OTHER_DIALOG, "b": OTHER_TIME}),
        ({"a": 1795424794686.5957}, {"a": 1795424999999}),
        ({"_id": "6b04021ab474474e0cbe60d5"}, {"_id": "6b0402dfa37f8f1c8395ebea"}),
        ({"a": 1, "b": 1.0}, {"b": 1, "a": 1}),
        ([None, True, "x"], [None, True, "x"]),
    ],
)
def test_what_may_vary_is_no_difference(recorded: Any, answer: Any) -> None:
    assert list(differences(recorded, answer)) == []


def test_a_difference_names_its_place() -> None:
    (difference,) = differences({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]})
    assert difference == "$.a[0].b: 'x' recorded, found 'y'"


def test_a_loose_number_must_still_be_a_number() -> None:
    loose = frozenset({"unreadCount"})
    assert not list(differences({"unreadCount": 7}, {"unreadCount": 8}, loose=loose))
    assert list(differences({"unreadCount": 7}, {"unreadCount": "8"}, loose=loose))
    assert list(differences({"unreadCount": 7}, {}, loose=loose))


def test_a_text_of_the_testers_own_must_still_be_a_text() -> None:
    own = frozenset({"createdBy"})
    assert not list(differences({"createdBy": "a"}, {"createdBy": "b"}, any_text=own))
    assert list(differences({"createdBy": "a"}, {"createdBy": ""}, any_text=own))
    assert list(differences({"createdBy": "a"}, {"createdBy": 5}, any_text=own))
    assert list(differences({"createdBy": "a"}, {}, any_text=own))


def test_ids_and_times_correspond_by_their_place() -> None:
    recorded = {"data": [{"dialogId": DIALOG, "createdAt": TIME, "title": "x", "n": 1}]}
    answer = {"data": [{"dialogId": OTHER_DIALOG, "createdAt": OTHER_TIME, "title": "y", "n": 2}]}
    assert dict(correspondence(recorded, answer)) == {DIALOG: OTHER_DIALOG, TIME: OTHER_TIME}


def test_kinds_tell_ids_and_times_from_texts() -> None:
    kinds = [kind(value) for value in (DIALOG, TIME, "x", 5, 1795424794686.5, None, True, [], {})]
    assert kinds == [
        "dialog id",
        "time text",
        "text",
        "number",
        "time number",
        "null",
        "boolean",
        "array",
        "object",
    ]
