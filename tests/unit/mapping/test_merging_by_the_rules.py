"""Merge rules that the stateful test meets too rarely: a topic that goes, a text that must not."""

from chat3_api.chat3.user.v1 import Message, MessageUpdate, Update, UpdateContext
from support.merging import Picture, merge, put_messages

KNOWN = {"message_id": "m", "dialog_id": "d", "sender_id": "bob"}


def picture(**more: object) -> Picture:
    seen = Picture("alice")
    put_messages(seen, [Message(**{**KNOWN, **more})])  # type: ignore[arg-type]
    return seen


def changed(field: str, **more: object) -> Update:
    message = Message(**{**KNOWN, **more})  # type: ignore[arg-type]
    return Update(
        source_event_type="message.changed",
        context=UpdateContext(updated_fields=[field]),
        message=MessageUpdate(message=message),
    )


def test_a_topic_goes_only_by_an_update_that_names_it() -> None:
    seen = picture(topic_id="t")
    merge(seen, changed("message.meta"))
    assert seen.messages["m"].topic_id == "t"
    merge(seen, changed("message.topicId"))
    assert seen.messages["m"].topic_id is None


def test_a_message_known_to_be_deleted_stays_empty() -> None:
    seen = picture(deleted=True)
    merge(seen, changed("message.meta", content="what it said"))
    assert seen.messages["m"].content == ""
    assert seen.messages["m"].deleted is True
