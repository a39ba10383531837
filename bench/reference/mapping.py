"""Models to protobuf messages, by what is quickest for upb: keywords, dicts and `Struct.update`."""

from types import ModuleType
from typing import Any, Final

from reference import models as m

_STATUSES: Final = {"unread": 1, "delivered": 2, "read": 3}
_MESSAGE_CREATED: Final = 1
STATUS_NAMES: Final = {number: name for name, number in _STATUSES.items()}


def time(value: m.Time | None) -> dict[str, int] | None:
    if value is None:
        return None
    seconds, micros = divmod(int(float(value) * 1000), 1_000_000)
    return {"seconds": seconds, "nanos": micros * 1000}


def next_page(page: m.Pagination) -> str:
    return str(page.page + 1) if page.page < page.pages else ""


def fill_user(target: Any, user: m.UserInfo) -> None:
    target.user_id = user.user_id
    if user.type is not None:
        target.type = user.type
    if user.created_at is not None:
        fill_time(target.create_time, user.created_at)
    if user.meta is not None:
        fill_struct(target.meta, user.meta)


def fill_time(target: Any, value: m.Time) -> None:
    target.seconds, micros = divmod(int(float(value) * 1000), 1_000_000)
    target.nanos = micros * 1000


def fill_struct(target: Any, data: m.Json) -> None:
    if data:
        target.update(data)
    else:
        target.SetInParent()


def dialogs(pb: ModuleType, page: m.Page[m.UserDialog]) -> Any:
    response = pb.GetUserDialogsResponse(next_page_token=next_page(page.pagination))
    for item in page.data:
        context, stats = item.context, item.stats
        dialog = response.dialogs.add(
            dialog_id=item.dialog_id,
            membership={
                "user_id": context.user_id,
                "unread_count": context.unread_count,
                "last_seen_time": time(context.last_seen_at),
                "last_message_time": time(context.last_message_at),
                "join_time": time(context.joined_at),
            },
            member_count=item.members_count,
            last_interaction_time=time(item.last_interaction_at),
            stats={
                "topic_count": stats.topic_count,
                "member_count": stats.member_count,
                "message_count": stats.message_count,
            },
        )
        if item.meta is not None:
            fill_struct(dialog.meta, item.meta)
        last = item.last_message
        if last is not None:
            target = dialog.last_message
            target.message_id = last.message_id
            target.content = last.content
            target.sender_id = last.sender_id
            target.type = last.type
            if last.created_at is not None:
                fill_time(target.create_time, last.created_at)
            if last.sender_info is not None:
                fill_user(target.sender, last.sender_info)
    return response


def messages(pb: ModuleType, page: m.Page[m.Message], user_id: str) -> Any:
    response = pb.GetDialogMessagesResponse(next_page_token=next_page(page.pagination))
    for item in page.data:
        fill_message(response.messages.add(), item, user_id)
    return response


def fill_message(target: Any, item: m.Message, user_id: str) -> None:
    target.message_id = item.message_id
    target.dialog_id = item.dialog_id
    target.sender_id = item.sender_id
    target.type = item.type
    target.content = item.content
    target.mine = item.sender_id == user_id
    if item.created_at is not None:
        fill_time(target.create_time, item.created_at)
    if item.meta is not None:
        fill_struct(target.meta, item.meta)
        edited = item.meta.get("editedAt")
        if edited is not None:
            fill_time(target.edit_time, edited)
    if item.topic_id is not None:
        target.topic_id = item.topic_id
        _fill_topic(target.topic, item.topic)
    if item.quoted_message is not None:
        _fill_quoted(target.quoted_message, item.quoted_message)
    if item.sender_info is not None:
        fill_user(target.sender, item.sender_info)
    for row in item.status_message_matrix:
        target.status_counts.add(
            status=_STATUSES.get(row.status, 0),
            status_name=row.status,
            user_type=row.user_type,
            count=row.count,
        )
    for reaction in item.reaction_set:
        target.reactions.add(reaction=reaction.reaction, count=reaction.count, mine=reaction.me)


def _fill_topic(target: Any, topic: m.Topic | None) -> None:
    if topic is not None:
        target.topic_id = topic.topic_id
        if topic.meta is not None:
            fill_struct(target.meta, topic.meta)


def _fill_quoted(target: Any, item: m.QuotedMessage) -> None:
    target.message_id = item.message_id
    target.dialog_id = item.dialog_id
    target.sender_id = item.sender_id
    target.type = item.type
    target.content = item.content
    if item.created_at is not None:
        fill_time(target.create_time, item.created_at)
    if item.meta is not None:
        fill_struct(target.meta, item.meta)
    if item.sender_info is not None:
        fill_user(target.sender, item.sender_info)


def sent(pb: ModuleType, item: m.Message, user_id: str) -> Any:
    response = pb.SendMessageResponse()
    fill_message(response.message, item, user_id)
    return response


def status_record(pb: ModuleType, record: m.StatusRecord) -> Any:
    return pb.SetMessageStatusResponse(
        record={
            "message_id": record.message_id,
            "dialog_id": record.dialog_id,
            "user_id": record.user_id,
            "user_type": record.user_type,
            "status": _STATUSES.get(record.status, 0),
            "status_name": record.status,
            "create_time": time(record.created_at),
        }
    )


def update(pb: ModuleType, published: m.Update) -> Any:
    """Return the response for a message that was created: the one kind that benchmarks publish."""
    response = pb.SubscribeUpdatesResponse()
    target = response.update
    context = published.data.context
    target.update_id = f"{published.event_id}:{published.update_type}:{published.entity_id}"
    target.event_id = published.event_id
    target.kind = _MESSAGE_CREATED
    target.user_id = published.user_id
    if context.dialog_id is not None:
        target.dialog_id = context.dialog_id
    if context.message_id is not None:
        target.message_id = context.message_id
    fill_time(target.create_time, published.created_at)
    _fill_source(target.source, published)
    section = published.data.dialog
    dialog = target.message_created.dialog
    dialog.dialog_id = section.dialog_id
    if section.created_at is not None:
        fill_time(dialog.create_time, section.created_at)
    if section.meta is not None:
        fill_struct(dialog.meta, section.meta)
        title = section.meta.get("title")
        if isinstance(title, str):
            dialog.title = title
    if section.stats is not None and section.stats.unread_count is not None:
        dialog.approximate_unread_count = section.stats.unread_count
    _fill_partial(target.message_created.message, published.data.message, published.user_id)
    return response


def _fill_partial(target: Any, item: m.Message, user_id: str) -> None:
    target.message_id = item.message_id
    target.dialog_id = item.dialog_id
    target.sender_id = item.sender_id
    target.type = item.type
    target.mine = item.sender_id == user_id
    target.content = item.content
    fill_struct(target.meta, item.meta or {})
    target.topic_id = item.topic_id or ""
    if item.topic is not None:
        target.topic.topic_id = item.topic.topic_id
        fill_struct(target.topic.meta, item.topic.meta or {})
    if item.sender_info is not None:
        fill_user(target.sender, item.sender_info)


def _fill_source(target: Any, published: m.Update) -> None:
    context = published.data.context
    target.event_type = published.source_event_type
    target.update_type = published.update_type
    target.version = context.version
    target.included_sections.extend(context.included_sections)
    target.updated_fields.extend(context.updated_fields)
    target.ui_target = context.ui_target
    target.entity_id = published.entity_id
    target.event_entity_id = context.entity_id
