"""Commands that show one thing, and lists of what belongs to one message."""

from datetime import UTC, datetime
from typing import Any

import pytest
from cli_scripted_service import ScriptedService
from cli_vocabulary import DIALOG, MESSAGE, Run

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct

NOON = datetime(2026, 11, 23, 11, 3, 4, tzinfo=UTC)
META = Struct.from_dict({"title": "General", "rank": 5})
LAST = pb.LastMessage(sender_id="bob", content="Hi", type="internal.text")
BOB = pb.UserInfo(
    user_id="bob", type="user", display_name="Bobby", meta=Struct.from_dict({"x": True})
)
PACK = "pck_aaaaaaaaaaaaaaaaaaaa"

CASES: list[tuple[str, Any, Any, list[str]]] = [
    (
        f"dialogs get {DIALOG} --last-message",
        pb.GetDialogRequest(dialog_id=DIALOG, include_last_message=True),
        pb.GetDialogResponse(
            dialog=pb.Dialog(
                dialog_id=DIALOG,
                title="General",
                member_count=12,
                membership=pb.DialogMembership(unread_count=3, join_time=NOON),
                stats=pb.DialogStats(topic_count=1, message_count=99),
                last_interaction_time=NOON,
                last_message=LAST,
                meta=META,
            )
        ),
        [
            "General",
            f"  dialog            {DIALOG}",
            "  members           12",
            "  unread            3",
            "  messages          99",
            "  topics            1",
            "  last interaction  2026-11-23 12:03",
            "  joined            2026-11-23 12:03",
            "  last message      bob: Hi",
            "  meta.rank         5",
            "  meta.title        General",
        ],
    ),
    (
        f"messages get {DIALOG} {MESSAGE}",
        pb.GetMessageRequest(dialog_id=DIALOG, message_id=MESSAGE),
        pb.GetMessageResponse(
            message=pb.Message(
                message_id=MESSAGE,
                dialog_id=DIALOG,
                sender_id="bob",
                sender=BOB,
                type="internal.text",
                content="one\n\n  two\x1b[2J",
                create_time=NOON,
                edit_time=NOON,
                edited=True,
                edited_by="carl",
                topic_id="topic_x",
                quoted_message=pb.QuotedMessage(sender_id="carl", content="a\nb"),
                reactions=[pb.Reaction(reaction="👍", count=2)],
                meta=Struct.from_dict({"important": True}),
            )
        ),
        [
            "Bobby (bob), 2026-11-23 12:03",
            f"  message         {MESSAGE}",
            f"  dialog          {DIALOG}",
            "  edited          2026-11-23 12:03 by carl",
            "  quotes          carl: a⏎b",
            "  marks           👍 2, topic_x",
            "  meta.important  true",
            "",
            "one",
            "",
            "  two\ufffd[2J",
        ],
    ),
    (
        f"messages get {DIALOG} {MESSAGE}",
        pb.GetMessageRequest(dialog_id=DIALOG, message_id=MESSAGE),
        pb.GetMessageResponse(
            message=pb.Message(
                message_id=MESSAGE,
                sender_id="bob",
                type="user.note",
                edited=True,
                deleted=True,
                delete_time=NOON,
                deleted_by="carl",
            )
        ),
        [
            "bob, -",
            f"  message  {MESSAGE}",
            "  type     user.note",
            "  edited   yes",
            "  deleted  2026-11-23 12:03",
            "",
            "(deleted by carl)",
        ],
    ),
    (
        "users bob",
        pb.GetUserRequest(user_id="bob"),
        pb.GetUserResponse(user=BOB),
        ["Bobby", "  user    bob", "  type    user", "  meta.x  true"],
    ),
    (
        "me",
        pb.GetMyselfRequest(),
        pb.GetMyselfResponse(
            user=pb.UserInfo(user_id="alice"),
            stats=pb.UserStats(
                dialog_count=5,
                unread_dialog_count=1,
                total_unread_count=3,
                total_message_count=8,
                unread_by_sender_type=[
                    pb.SenderTypeCount(sender_type="bot", unread_count=2),
                    pb.SenderTypeCount(sender_type="contact"),
                    pb.SenderTypeCount(sender_type="user", unread_count=1),
                ],
                update_time=NOON,
            ),
        ),
        [
            "alice",
            "  dialogs          5, 1 with unread messages",
            "  unread           3 (2 of bot, 1 of user)",
            "  unread in packs  0",
            "  messages sent    8",
            "  counted          2026-11-23 12:03",
            "  user             alice",
        ],
    ),
    (
        f"packs get {PACK}",
        pb.GetPackRequest(pack_id=PACK),
        pb.GetPackResponse(
            pack=pb.Pack(
                pack_id=PACK,
                meta=Struct.from_dict({"kind": "support"}),
                membership=pb.PackMembership(unread_count=2),
                stats=pb.PackStats(
                    dialog_count=2,
                    message_count=9,
                    unique_member_count=3,
                    member_count=4,
                    topic_count=1,
                ),
                last_activity_time=NOON,
            )
        ),
        [
            PACK,
            "  unread         2",
            "  dialogs        2",
            "  messages       9",
            "  members        3 in 4 places",
            "  topics         1",
            "  last activity  2026-11-23 12:03",
            "  meta.kind      support",
        ],
    ),
    (
        f"messages versions {DIALOG} {MESSAGE}",
        pb.ListMessageVersionsRequest(dialog_id=DIALOG, message_id=MESSAGE),
        pb.ListMessageVersionsResponse(
            versions=[
                pb.MessageVersion(version=12, content="a\nb", edited_by="bob", edit_time=NOON),
                pb.MessageVersion(version=1, content="a"),
            ]
        ),
        [
            "VERSION  EDITED            BY   TEXT BEFORE THE EDIT",
            "     12  2026-11-23 12:03  bob  a⏎b",
            "      1  -                 -    a",
            "2 earlier texts",
        ],
    ),
    (
        f"messages statuses {DIALOG} {MESSAGE}",
        pb.ListMessageStatusesRequest(dialog_id=DIALOG, message_id=MESSAGE),
        pb.ListMessageStatusesResponse(
            statuses=[
                pb.MessageStatusRecord(
                    user_id="bob", status=pb.MessageStatus.READ, create_time=NOON
                ),
                pb.MessageStatusRecord(user_id="eve", status_name="seen", user_type="bot"),
            ]
        ),
        [
            "USER  STATUS  TIME              TYPE",
            "bob   read    2026-11-23 12:03  -",
            "eve   seen    -                 bot",
            "2 changes",
        ],
    ),
    (
        f"members {DIALOG}",
        pb.ListDialogMembersRequest(dialog_id=DIALOG),
        pb.ListDialogMembersResponse(
            members=[
                pb.DialogMember(
                    user_id="bob", join_time=NOON, meta=Struct.from_dict({"role": "admin"})
                )
            ]
        ),
        ["USER  JOINED            META", "bob   2026-11-23 12:03  role=admin", "1 member"],
    ),
    (
        f"topics {DIALOG}",
        pb.ListTopicsRequest(dialog_id=DIALOG),
        pb.ListTopicsResponse(
            topics=[
                pb.Topic(
                    topic_id="topic_a", unread_count=2, meta=Struct.from_dict({"subject": "Food"})
                ),
                pb.Topic(topic_id="topic_b", create_time=NOON),
            ]
        ),
        [
            "META          UNREAD  CREATED           TOPIC",
            "subject=Food       2  -                 topic_a",
            "-                  -  2026-11-23 12:03  topic_b",
            "2 topics",
        ],
    ),
    (
        "packs",
        pb.ListPacksRequest(),
        pb.ListPacksResponse(packs=[pb.Pack(pack_id="pck_a", last_message=LAST)]),
        [
            "META  UNREAD  LAST  PACK   LAST MESSAGE",
            "-          0  -     pck_a  bob: Hi",
            "1 pack",
        ],
    ),
    (
        f"packs messages {PACK}",
        pb.ListPackMessagesRequest(pack_id=PACK),
        pb.ListPackMessagesResponse(
            messages=[pb.Message(message_id="msg_a", dialog_id="dlg_a", sender_id="b", content="x")]
        ),
        [
            "TIME  SENDER  DIALOG  MESSAGE  TEXT",
            "-     b       dlg_a   msg_a    x",
            "1 message",
        ],
    ),
]


@pytest.mark.parametrize(("line", "request_", "answer", "shown"), CASES)
async def test_what_is_known_is_shown(
    service: ScriptedService, run: Run, line: str, request_: Any, answer: Any, shown: list[str]
) -> None:
    service.answers[type(request_)] = [answer]
    result = await run(*line.split())
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == shown
    assert service.requests == [request_]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bobby", "Bobby (bob)"),
        ("Bob", "Bob"),
        ("alice", "alice (bob)"),
        ("", "bob"),
        (None, "bob"),
    ],
)
async def test_a_display_name_hides_no_id(
    service: ScriptedService, run: Run, name: str | None, shown: str
) -> None:
    message = pb.Message(sender_id="bob", sender=pb.UserInfo(user_id="bob", display_name=name))
    service.answers[pb.GetDialogMessagesRequest] = [
        pb.GetDialogMessagesResponse(messages=[message])
    ]
    lines = (await run("messages", DIALOG)).out.splitlines()
    assert f"  {shown}  " in lines[1]
