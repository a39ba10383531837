"""Commands that change something: what they send, and how they say what has changed."""

from typing import Any

import pytest
from cli_scripted_service import ScriptedService
from cli_vocabulary import DIALOG, MESSAGE, Run

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct

TOPIC = "topic_aaaaaaaaaaaaaaaaaaaa"
PACK = "pck_aaaaaaaaaaaaaaaaaaaa"
OWN = {"dialog_id": DIALOG, "message_id": MESSAGE}
WEEKEND = pb.Dialog(dialog_id=DIALOG, title="Week\x1bend", member_count=3)
CHANGED = pb.Message(message_id=MESSAGE, content="new\ntext", edited=True)


def meta(**values: Any) -> Struct:
    return Struct.from_dict(values)


CASES: list[tuple[str, str, Any, Any, str]] = [
    (
        "create",
        "dialogs create bob carl --title Weekend --set a==b --set-json n=5 --set e=",
        pb.CreateDialogRequest(
            member_ids=["bob", "carl"], meta=meta(title="Weekend", a="=b", n=5, e="")
        ),
        pb.CreateDialogResponse(dialog=WEEKEND),
        f"created Week\ufffdend ({DIALOG}) with 3 members",
    ),
    (
        "create without anything",
        "dialogs create",
        pb.CreateDialogRequest(),
        pb.CreateDialogResponse(dialog=pb.Dialog(dialog_id=DIALOG, member_count=1)),
        f"created {DIALOG} with 1 member",
    ),
    (
        "direct, new",
        "dialogs direct bob",
        pb.GetOrCreateDirectDialogRequest(user_id="bob"),
        pb.GetOrCreateDirectDialogResponse(dialog=pb.Dialog(dialog_id=DIALOG), created=True),
        f"created {DIALOG} with bob",
    ),
    (
        "direct, old",
        "dialogs direct bob",
        pb.GetOrCreateDirectDialogRequest(user_id="bob"),
        pb.GetOrCreateDirectDialogResponse(dialog=WEEKEND),
        f"Week\ufffdend ({DIALOG}) with bob was there already",
    ),
    (
        "set",
        f"dialogs set {DIALOG} --title Holidays --remove kind --remove n",
        pb.UpdateDialogMetaRequest(
            dialog_id=DIALOG, meta=meta(title="Holidays"), remove_keys=["kind", "n"]
        ),
        pb.UpdateDialogMetaResponse(meta=meta(title="Holi\x07days", list=[1, "é"])),
        f'changed {DIALOG}\n  meta.list   [1, "é"]\n  meta.title  Holi\ufffddays',
    ),
    (
        "set, only to remove",
        f"dialogs set {DIALOG} --remove kind",
        pb.UpdateDialogMetaRequest(dialog_id=DIALOG, remove_keys=["kind"]),
        pb.UpdateDialogMetaResponse(),
        f"changed {DIALOG}",
    ),
    (
        "leave",
        f"dialogs leave {DIALOG}",
        pb.LeaveDialogRequest(dialog_id=DIALOG),
        pb.LeaveDialogResponse(),
        f"left {DIALOG}",
    ),
    (
        "read",
        f"dialogs read {DIALOG}",
        pb.MarkDialogReadRequest(dialog_id=DIALOG),
        pb.MarkDialogReadResponse(membership=pb.DialogMembership(unread_count=0)),
        f"{DIALOG} is read, 0 unread",
    ),
    (
        "add",
        f"members add {DIALOG} Bob carl dave",
        pb.AddDialogMembersRequest(dialog_id=DIALOG, user_ids=["Bob", "carl", "dave"]),
        pb.AddDialogMembersResponse(added_user_ids=["bob"]),
        f"added bob to {DIALOG}; carl, dave were in it already",
    ),
    (
        "add nobody",
        f"members add {DIALOG} carl carl",
        pb.AddDialogMembersRequest(dialog_id=DIALOG, user_ids=["carl", "carl"]),
        pb.AddDialogMembersResponse(),
        "carl was in it already",
    ),
    (
        "remove",
        f"members remove {DIALOG} bob",
        pb.RemoveDialogMemberRequest(dialog_id=DIALOG, user_id="bob"),
        pb.RemoveDialogMemberResponse(),
        f"removed bob from {DIALOG}",
    ),
    (
        "edit",
        f"messages edit {DIALOG} {MESSAGE} new",
        pb.EditMessageRequest(**OWN, content="new"),
        pb.EditMessageResponse(message=CHANGED, changed=True),
        f"edited {MESSAGE}: new⏎text (edited)",
    ),
    (
        "edit, unchanged",
        f"messages edit {DIALOG} {MESSAGE} new",
        pb.EditMessageRequest(**OWN, content="new"),
        pb.EditMessageResponse(message=CHANGED),
        f"{MESSAGE} had this text already",
    ),
    (
        "delete",
        f"messages delete {DIALOG} {MESSAGE}",
        pb.DeleteMessageRequest(**OWN),
        pb.DeleteMessageResponse(changed=True),
        f"deleted {MESSAGE}",
    ),
    (
        "delete, unchanged",
        f"messages delete {DIALOG} {MESSAGE}",
        pb.DeleteMessageRequest(**OWN),
        pb.DeleteMessageResponse(),
        f"{MESSAGE} was deleted already",
    ),
    (
        "restore",
        f"messages restore {DIALOG} {MESSAGE}",
        pb.RestoreMessageRequest(**OWN),
        pb.RestoreMessageResponse(message=pb.Message(content="back"), changed=True),
        f"restored {MESSAGE}: back",
    ),
    (
        "restore, unchanged",
        f"messages restore {DIALOG} {MESSAGE}",
        pb.RestoreMessageRequest(**OWN),
        pb.RestoreMessageResponse(),
        f"{MESSAGE} was not deleted",
    ),
    (
        "into a topic",
        f"messages topic {DIALOG} {MESSAGE} {TOPIC}",
        pb.SetMessageTopicRequest(**OWN, topic_id=TOPIC),
        pb.SetMessageTopicResponse(changed=True),
        f"{MESSAGE} is now in {TOPIC}",
    ),
    (
        "into its topic",
        f"messages topic {DIALOG} {MESSAGE} {TOPIC}",
        pb.SetMessageTopicRequest(**OWN, topic_id=TOPIC),
        pb.SetMessageTopicResponse(),
        f"{MESSAGE} was already in {TOPIC}",
    ),
    (
        "out of its topic",
        f"messages topic {DIALOG} {MESSAGE} none",
        pb.SetMessageTopicRequest(**OWN),
        pb.SetMessageTopicResponse(changed=True),
        f"{MESSAGE} is now in no topic",
    ),
    (
        "out of no topic",
        f"messages topic {DIALOG} {MESSAGE} none",
        pb.SetMessageTopicRequest(**OWN),
        pb.SetMessageTopicResponse(),
        f"{MESSAGE} was in no topic",
    ),
    (
        "create a topic",
        f"topics create {DIALOG} --set subject=Food",
        pb.CreateTopicRequest(dialog_id=DIALOG, meta=meta(subject="Food")),
        pb.CreateTopicResponse(
            topic=pb.Topic(topic_id=TOPIC, dialog_id=DIALOG, meta=meta(subject="Food"))
        ),
        f"created {TOPIC} in {DIALOG}\n  meta.subject  Food",
    ),
    (
        "update a topic",
        f"topics update {DIALOG} {TOPIC} --set-json open=false",
        pb.UpdateTopicRequest(dialog_id=DIALOG, topic_id=TOPIC, meta=meta(open=False)),
        pb.UpdateTopicResponse(topic=pb.Topic(meta=meta(open=False))),
        f"changed {TOPIC}\n  meta.open  false",
    ),
    (
        "me",
        "me set --name Alice --remove mood",
        pb.UpdateMyMetaRequest(meta=meta(displayName="Alice"), remove_keys=["mood"]),
        pb.UpdateMyMetaResponse(
            user=pb.UserInfo(
                user_id="alice", display_name="Alice", meta=meta(displayName="Alice", age=7)
            )
        ),
        "changed Alice\n  meta.age          7\n  meta.displayName  Alice",
    ),
    (
        "read a pack",
        f"packs read {PACK}",
        pb.MarkPackReadRequest(pack_id=PACK),
        pb.MarkPackReadResponse(dialog_count=1),
        f"1 dialog of {PACK} marked as read",
    ),
]
KEYED = [case for case in CASES if hasattr(case[2], "idempotency_key")]


def named(cases: list[tuple[str, str, Any, Any, str]]) -> Any:
    ids = [case[0] for case in cases]
    return pytest.mark.parametrize(
        ("line", "request_", "answer", "text"), [case[1:] for case in cases], ids=ids
    )


@named(CASES)
async def test_a_change_is_asked_for_and_told(
    service: ScriptedService, run: Run, line: str, request_: Any, answer: Any, text: str
) -> None:
    service.answers[type(request_)] = [answer]
    keyed = hasattr(request_, "idempotency_key")
    result = await run(*line.split(), *["--idempotency-key", "k1"] * keyed)
    assert (result.code, result.err) == (0, "")
    assert result.out == f"{text}\n"
    (asked,) = service.requests
    if keyed:
        assert asked.idempotency_key == "k1"
        asked.idempotency_key = ""
    assert asked == request_


@named(KEYED)
async def test_a_replayed_change_is_told_as_one(
    service: ScriptedService, run: Run, line: str, request_: Any, answer: Any, text: str
) -> None:
    service.answers[type(request_)] = [answer]
    service.trailers["idempotency-replayed"] = "true"
    result = await run(*line.split())
    first, *rest = text.splitlines()
    told = f"{first} (by an earlier call with this idempotency key)"
    assert result.out.splitlines() == [told, *rest]
    assert len(service.requests[0].idempotency_key) == 36


@pytest.mark.parametrize(
    ("line", "request_", "answer"),
    [
        ("dialogs create bob", pb.CreateDialogRequest, pb.CreateDialogResponse),
        (f"topics create {DIALOG}", pb.CreateTopicRequest, pb.CreateTopicResponse),
        (f"send {DIALOG} x", pb.SendMessageRequest, pb.SendMessageResponse),
    ],
)
async def test_what_is_missing_for_good_is_a_warning(
    service: ScriptedService, run: Run, line: str, request_: Any, answer: Any
) -> None:
    service.answers[request_] = [answer(missing_parts=[pb.MissingPart.CREATED_UPDATE])]
    result = await run(*line.split())
    assert result.code == 0
    assert result.err.startswith("warning: the platform was cut off while it wrote this")
    assert "the update of a new message" in result.err
