"""The ids in a URL: their forms, and the 400 for each that is malformed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded.errors import bad_request
from chat3_embedded.ids import DIALOG_ID, MESSAGE_ID, PACK_ID, STATUS, TOPIC_ID

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    from chat3_embedded.errors import ApiError

# What the real server says of a dotted user id, in URLs and in bodies.
DOTTED_USER_ID = "userId не может содержать точку"


def check_url_ids(parameters: Mapping[str, str]) -> None:
    """Raise 400 for the first malformed id, in the order of the URL."""
    for name, value in parameters.items():
        check = _CHECKS.get(name)
        problem = check(value) if check else None
        if problem:
            raise problem


def _user_id(value: str) -> ApiError | None:
    return bad_request(DOTTED_USER_ID, field="userId") if "." in value else None


def _entity_id(
    field: str, kind: str, prefix: str, form: re.Pattern[str]
) -> Callable[[str], ApiError | None]:
    def check(value: str) -> ApiError | None:
        if form.fullmatch(value):
            return None
        return bad_request(
            f"Invalid {kind} ID format. Expected format:"
            f" {prefix}_[20 lowercase alphanumeric characters]",
            field=field,
            received=value,
            example=f"{prefix}_abcdefghij1234567890",
        )

    return check


def _status(value: str) -> ApiError | None:
    if STATUS.fullmatch(value.lower()):
        return None
    return bad_request(
        "Invalid status format. Use lowercase letters, digits, underscore or hyphen,"
        " 1–64 characters (e.g. unread, delivered, read, error2)",  # noqa: RUF001 - as recorded
        field="status",
        received=value,
    )


def _action(value: str) -> ApiError | None:
    if value in {"set", "unset"}:
        return None
    message = 'Action must be either "set" or "unset"'
    return bad_request(message, field="action", received=value)


_CHECKS = {
    "userId": _user_id,
    "dialogId": _entity_id("dialogId", "dialog", "dlg", DIALOG_ID),
    "messageId": _entity_id("messageId", "message", "msg", MESSAGE_ID),
    "topicId": _entity_id("topicId", "topic", "topic", TOPIC_ID),
    "packId": _entity_id("packId", "pack", "pck", PACK_ID),
    "status": _status,
    "action": _action,
}
