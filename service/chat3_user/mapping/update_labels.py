"""The platform's names for an update, read and encoded once for each set of names.

A platform has few kinds of events, and lists the same sections and fields with each of them. Their
text is the key of a bounded cache; what is too long to be worth keeping is read each time.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import FieldMask
from chat3_user.mapping import update_models as m
from chat3_user.wire import builder

_KEPT: Final = 1024
_LONGEST: Final = 2048

# What these give is bytes, which are put together here.
_build_source: Any = builder(pb.UpdateSource)
_build_ids: Any = builder(pb.UpdateSource, only=("entity_id", "event_entity_id"))
_build_mask = builder(FieldMask)
_decode_names = msgspec.json.Decoder(list[str] | None).decode

PATHS: Final[Mapping[str, Mapping[str, str]]] = {
    "message": {
        "message.content": "content",
        "message.meta": "meta",
        "message.topicId": "topic_id",
        "message.topic": "topic",
        "message.edited": "edited",
        "message.editedAt": "edit_time",
        "message.editedBy": "edited_by",
        "message.deleted": "deleted",
        "message.deletedAt": "delete_time",
        "message.deletedBy": "deleted_by",
    },
    "status": {"message.status": "status_counts"},
    "reaction": {"message.reaction": "reactions"},
    "dialog": {"dialog.meta": "meta"},
    "member": {
        "member.meta": "meta",
        "member.state.unreadCount": "unread_count",
        "member.state.lastSeenAt": "last_seen_time",
        "member.state.lastMessageAt": "last_message_time",
    },
    "topic": {"topic.meta": "meta"},
    "pack": {"pack.meta": "meta"},
    "user": {"user.type": "type", "user.meta": "meta"},
    "stats": {
        "user.stats.dialogCount": "dialog_count",
        "user.stats.unreadDialogsCount": "unread_dialog_count",
        "user.stats.totalUnreadCount": "total_unread_count",
        "user.stats.totalMessagesCount": "total_message_count",
        "user.stats.unreadBySenderType": "unread_by_sender_type",
        "user.stats.packs.messages.totalUnreadCount": "pack_unread_count",
        "user.stats.packs.messages.unreadBySenderType": "pack_unread_by_sender_type",
        "user.stats.statsVersion": "stats_version",
        "user.stats.lastUpdatedAt": "update_time",
        "user.stats.packs.messages.lastUpdatedAt": "pack_update_time",
    },
    "": {},
}
"""The contract's names of the platform's fields, by the thing they are fields of."""


class Labels(msgspec.Struct, frozen=True):
    """What an update is called.

    ``source`` is the encoded `UpdateSource` but for the ids, which are its last fields. ``fields``
    are the fields that changed; ``counters_only`` says that they are all counters of the user, and
    ``masks`` are what they are in the contract, by the thing they are fields of.
    """

    source: bytes
    fields: tuple[str, ...]
    counters_only: bool
    masks: Mapping[str, FieldMask | None]

    def source_of(self, entity_id: str, event_entity_id: str) -> pb.UpdateSource:
        """Return the source of an update that is about ``entity_id``, encoded."""
        ids = _build_ids(entity_id=entity_id, event_entity_id=event_entity_id)
        source: pb.UpdateSource = self.source + ids
        return source


def labels_of(published: m.PublishedUpdate) -> Labels:
    """Return what an update is called.

    Raises ``ValueError`` when its names are no names.
    """
    context = published.data.context
    sections, fields = bytes(context.included_sections), bytes(context.updated_fields)
    event, target = published.source_event_type, context.ui_target
    length = len(sections) + len(fields) + len(event) + len(target)
    read = _labels if length <= _LONGEST else _labels.__wrapped__
    return read(event, published.update_type, context.version, sections, fields, target)


@lru_cache(_KEPT)
def _labels(
    event: str, update_type: str, version: int, sections: bytes, fields: bytes, target: str
) -> Labels:
    try:
        included, changed = _decode_names(sections) or [], _decode_names(fields) or []
    except msgspec.DecodeError as error:
        raise ValueError(f"context: {error}") from error
    source = _build_source(
        event_type=event,
        update_type=update_type,
        version=version,
        included_sections=included,
        updated_fields=changed,
        ui_target=target,
    )
    masks = {thing: _mask(changed, paths) for thing, paths in PATHS.items()}
    counters_only = all(name.startswith("user.stats.") for name in changed)
    return Labels(source, tuple(changed), counters_only, masks)


def _mask(changed: list[str], paths: Mapping[str, str]) -> FieldMask | None:
    found = [path for name in changed if (path := paths.get(name)) is not None]
    return _build_mask(paths=found) if found else None
