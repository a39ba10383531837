"""The store's rules are those of the contract: all vectors of the shared table, also twice."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from chat3_api.chat3.user import v1 as pb
from chat3_client import LocalStore, data
from chat3_client.store.merge import merge
from chat3_client.store.picture import Picture
from chat3_client.store.reads import Read, ReadDialog, ReadHistory, ReadMessage
from chat3_client.values import struct

VECTORS: Final = json.loads(
    (Path(__file__).parents[1] / "scenario" / "merge_vectors.json").read_text()
)
LAST_PARTS: Final = (
    *("messageId", "content", "senderId", "type", "deleted", "deleteTime", "deletedBy"),
)


def picture_of(known: dict[str, Any]) -> Picture:
    """Put what a vector knows into an empty store."""
    picture = Picture(known["userId"])
    dialogs = [pb.Dialog.from_dict(each) for each in known["dialogs"]]
    messages = [pb.Message.from_dict(each) for each in known["messages"]]
    packs = [pb.PartialPack.from_dict(each) for each in known.get("packs", ())]
    picture.dialogs = {each.dialog_id: each for each in dialogs}
    for message in messages:
        picture.add(message)
    picture.packs = {each.pack_id: each for each in packs}
    if known.get("profile"):
        picture.profile = pb.PartialUser.from_dict(known["profile"])
    if known.get("stats"):
        picture.stats = pb.UserStats.from_dict(known["stats"])
    return picture


def shown(picture: Picture, untold: dict[str, list[str]]) -> dict[str, Any]:
    """Return a store as vectors compare it: without order, and without what nobody told."""
    profile, stats = picture.profile, picture.stats
    return {
        "dialogs": {name: _dialog(each.to_dict()) for name, each in picture.dialogs.items()},
        "messages": {
            name: _message(each.to_dict(), untold.get(name, []))
            for name, each in picture.messages.items()
        },
        "packs": {name: each.to_dict() for name, each in picture.packs.items()},
        "profile": profile.to_dict() if profile is not None else None,
        "stats": stats.to_dict() if stats is not None else None,
    }


def _dialog(dialog: dict[str, Any]) -> dict[str, Any]:
    last = dialog.pop("lastMessage", None)
    if last is not None:
        dialog["lastMessage"] = {name: last.get(name) for name in LAST_PARTS}
    return dialog


def _message(message: dict[str, Any], untold: list[str]) -> dict[str, Any]:
    kept = {name: value for name, value in message.items() if name not in untold}
    for name in ("reactions", "statusCounts"):
        if name in kept:
            kept[name] = sorted(kept[name], key=json.dumps)
    return kept


def told(read: Read) -> dict[str, str]:
    """Return a read as vectors have it."""
    match read:
        case ReadDialog(dialog_id):
            return {"read": "dialog", "dialogId": dialog_id}
        case ReadHistory(dialog_id):
            return {"read": "messages", "dialogId": dialog_id}
        case ReadMessage(dialog_id, message_id):
            return {"read": "message", "dialogId": dialog_id, "messageId": message_id}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_vector_of_the_shared_table(vector: dict[str, Any]) -> None:
    picture = picture_of(vector["known"])
    for body, wanted in zip(vector["updates"], vector["readAgain"], strict=True):
        reads = [told(read) for read in merge(picture, pb.Update.from_dict(body))]
        assert [each for each in wanted if each not in reads] == []
    untold = vector.get("untold", {})
    assert shown(picture, untold) == shown(picture_of(vector["after"]), untold)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_an_update_merged_twice_changes_nothing_more(vector: dict[str, Any]) -> None:
    once, twice = picture_of(vector["known"]), picture_of(vector["known"])
    for body in vector["updates"]:
        update = pb.Update.from_dict(body)
        first, again = merge(once, update), [merge(twice, update) for _ in range(2)]
        assert again[0] == first
        assert [read for read in first if read not in again[1]] == []
    assert shown(once, {}) == shown(twice, {})


def test_what_is_in_a_picture_is_never_changed_in_place() -> None:
    for vector in VECTORS:
        picture = picture_of(vector["known"])
        handed = [*picture.dialogs.values(), *picture.messages.values(), *picture.packs.values()]
        before = [each.to_dict() for each in handed]
        for body in vector["updates"]:
            merge(picture, pb.Update.from_dict(body))
        assert [each.to_dict() for each in handed] == before, vector["name"]


def test_an_answer_that_is_older_than_an_update_does_not_undo_it() -> None:
    store = LocalStore("alice")
    before = pb.Dialog(dialog_id="dlg_1", title="before", meta=struct({"title": "before"}))
    store.put_dialogs([before])
    renamed = pb.PartialDialog(dialog_id="dlg_1", title="after", meta=struct({"title": "after"}))
    update = pb.Update(dialog_changed=pb.DialogChanged(dialog=renamed))
    with store.reading():
        # The answer was on its way when the update came.
        assert store.apply(update) == []
        store.put_dialog("dlg_1", before)
    dialog = store.dialog("dlg_1")
    assert dialog is not None
    assert (dialog.title, data(dialog.meta)) == ("after", {"title": "after"})
