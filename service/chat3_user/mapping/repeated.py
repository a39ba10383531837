"""Parts that come again with message after message, encoded once for each text they come as.

A page of a dialog has few senders and few status matrices, and all updates of a dialog say the same
of it. Their JSON is the key of a bounded cache; what is too long to be worth keeping is encoded
each time.
"""

from functools import lru_cache
from typing import Any, Final, cast

import msgspec

from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping import update_models
from chat3_user.mapping.basics import TITLE, open_meta, status, text_under, time, user_info
from chat3_user.mapping.unmapped import read_json
from chat3_user.tenant_api import models as m
from chat3_user.wire import builder

_KEPT: Final = 4096
_LONGEST: Final = 2048

# What these give is bytes, which are put together here.
_build_dialog: Any = builder(pb.PartialDialog)
_build_unread: Any = builder(pb.PartialDialog, only=("approximate_unread_count",))
_build_count = builder(pb.StatusCount)
_build_message = builder(pb.Message)
_build_status_changed = builder(pb.MessageStatusChanged)
_decode_user = msgspec.json.Decoder(m.UserInfo | None).decode
_decode_matrix = msgspec.json.Decoder(list[m.StatusCount] | None).decode
_decode_known_user = msgspec.json.Decoder(update_models.UserInfo | None).decode
_decode_known_matrix = msgspec.json.Decoder(list[update_models.StatusCount] | None).decode


def sender(raw: msgspec.Raw) -> pb.UserInfo | None:
    """Return the sender in ``raw``, encoded; nothing when it is absent.

    Raises ``ValueError`` or ``OverflowError`` for what is no user.
    """
    text = bytes(raw)
    return _sender(text) if len(text) <= _LONGEST else _sender.__wrapped__(text)


def status_counts(raw: msgspec.Raw) -> list[pb.StatusCount]:
    """Return the rows of the status matrix in ``raw``, encoded as the field they are of a message.

    Raises ``ValueError`` for what is no matrix.
    """
    text = bytes(raw)
    return _matrix(text) if len(text) <= _LONGEST else _matrix.__wrapped__(text)


def changed_status_counts(raw: msgspec.Raw) -> list[pb.StatusCount]:
    """Return the same, encoded as the field they are of a status that a member gave."""
    text = bytes(raw)
    return _changed_matrix(text) if len(text) <= _LONGEST else _changed_matrix.__wrapped__(text)


def dialog(section: update_models.DialogSection) -> pb.PartialDialog:
    """Return what an update carries of a dialog, encoded; in updates of counters no custom data.

    Raises ``ValueError`` or ``OverflowError`` for what the contract cannot hold.
    """
    meta = bytes(section.meta)
    encode = _dialog if len(meta) <= _LONGEST else _dialog.__wrapped__
    same = encode(section.dialog_id, section.created_at, meta)
    unread = section.stats.unread_count
    # The number stands last, so that it can be added.
    found: pb.PartialDialog = same if unread is None else same + _unread(unread)
    return found


def _unread(count: int) -> bytes:
    encoded: bytes = _build_unread(approximate_unread_count=count)
    return encoded


def are_known(sender: msgspec.Raw, matrix: msgspec.Raw) -> bool:
    """Return whether the models of updates know everything that stands in both."""
    one, other = bytes(sender), bytes(matrix)
    if len(one) + len(other) <= _LONGEST:
        return _are_known(one, other)
    return _are_known.__wrapped__(one, other)


@lru_cache(_KEPT)
def _are_known(sender: bytes, matrix: bytes) -> bool:
    try:
        _decode_known_user(sender)
        _decode_known_matrix(matrix)
    except msgspec.DecodeError:
        return False
    return True


@lru_cache(_KEPT)
def _sender(text: bytes) -> pb.UserInfo | None:
    try:
        return user_info(_decode_user(text))
    except msgspec.DecodeError as error:
        raise ValueError(f"senderInfo: {error}") from error


@lru_cache(_KEPT)
def _dialog(dialog_id: str, created_at: m.Time | None, text: bytes) -> Any:
    meta = read_json(text)
    if meta is None and created_at is not None:
        meta = {}
    if meta is not None and not isinstance(meta, dict):
        raise ValueError("dialog: its meta is no object")
    return _build_dialog(
        dialog_id=dialog_id,
        create_time=time(created_at),
        meta=open_meta(meta),
        title=text_under(TITLE, meta),
    )


@lru_cache(_KEPT)
def _matrix(text: bytes) -> list[pb.StatusCount]:
    return cast("list[pb.StatusCount]", _build_message(status_counts=_rows(text)))


@lru_cache(_KEPT)
def _changed_matrix(text: bytes) -> list[pb.StatusCount]:
    return cast("list[pb.StatusCount]", _build_status_changed(status_counts=_rows(text)))


def _rows(text: bytes) -> list[pb.StatusCount]:
    try:
        rows = _decode_matrix(text) or []
    except msgspec.DecodeError as error:
        raise ValueError(f"statusMessageMatrix: {error}") from error
    return [
        _build_count(
            status=status(row.status),
            status_name=row.status,
            user_type=row.user_type,
            count=row.count,
        )
        for row in rows
    ]
