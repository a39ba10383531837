"""Empties a message that was made before it, or what it quotes, was deleted."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chat3_api.chat3.user import v1 as pb
from chat3_user.tenant_api import models as m
from chat3_user.times import to_datetime


def hidden(message: pb.Message, deletions: Mapping[str, m.Deletion]) -> pb.Message:
    """Return the message without what deleted messages said; ``deletions`` by message id.

    Raises ``ValueError`` or ``OverflowError`` for a time of deletion that is none.
    """
    deletion = deletions.get(message.message_id)
    if deletion is not None:
        return replace(
            message,
            content="",
            meta=None,
            quoted_message=None,
            deleted=True,
            delete_time=_time(deletion),
            deleted_by=deletion.deleted_by,
        )
    quoted = message.quoted_message
    if quoted is None or (deletion := deletions.get(quoted.message_id)) is None:
        return message
    emptied = replace(
        quoted,
        content="",
        meta=None,
        deleted=True,
        delete_time=_time(deletion),
        deleted_by=deletion.deleted_by,
    )
    return replace(message, quoted_message=emptied)


def _time(deletion: m.Deletion) -> datetime | None:
    return None if deletion.deleted_at is None else to_datetime(deletion.deleted_at)
