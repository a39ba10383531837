"""Finds changes of messages that an attempt of unknown outcome made, so that none is made twice.

tenant-api makes each change in steps, without a transaction. What a restart leaves between them,
and what is done about it (`docs/repaired-changes.md` has the same table for operators):

| change | cut after | what is done |
|---|---|---|
| edit | the version | edited; the second version of the same text is never shown |
| | the text; before 0.0.82 | `editedAt` is set, which announces the text; reported |
| | the text, `editedAt` | announced anew; reported |
| deletion, restoration | the row | reported |
| move | the row out of the old topic, its event | moved |
| | the row in the new topic | reported |
| each | the event | the same: it looks alike |

Announced anew means: a key of ours is set again in the message's meta, of which all members get an
update with the text. A deletion is not announced so: that update would carry the text.

What cannot be told:

| change | it was made when | it cannot be told when |
|---|---|---|
| edit | the text is ours, or was since the attempt began and was replaced | versions are not kept |
| deletion | the message is deleted | somebody has restored it since: it is deleted again |
| restoration | it is not deleted | somebody has deleted it since: it is restored again |
| move | the message is there | somebody has moved it since: it is moved again |
"""

import time
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Final

from msgspec.structs import replace

from chat3_user.domain.guard import past_guard
from chat3_user.domain.message_changes import Changed, is_text_of
from chat3_user.domain.messages import Messages, Target
from chat3_user.domain.past_attempts import began, may_be_since
from chat3_user.domain.repairs import put_message_meta
from chat3_user.domain.settling import unix_time
from chat3_user.domain.unshown import Missing, UnshownChanges, announced
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.models import EDITED_AT
from chat3_user.tenant_api.sending import SEND_KEY

_MILLISECONDS: Final = 1000


class PastChanges:
    """Looks at a message for what attempts did; every method raises `CallError`."""

    def __init__(self, api: TenantApi, messages: Messages, unshown: UnshownChanges) -> None:
        self._api = api
        self._messages = messages
        self._unshown = unshown

    async def edit(self, target: Target, content: str, earlier: Earlier) -> Changed | None:
        """Return the message when an earlier attempt has edited it, None when none can be seen to.

        The edit is announced anew, unless another one has replaced it.
        """
        message = await target.read()
        since = began(earlier)
        if since is None:
            return None
        if not is_text_of(message, content):
            versions = await self._messages.kept_versions(target.identity, message)
            replaced = _was_text(versions or (), content, since)
            return Changed(message, changed=True) if replaced else None
        key, value = SEND_KEY, (message.meta or {}).get(SEND_KEY, earlier.name)
        if not _edited_since(message, target, since):
            if await self._messages.kept_versions(target.identity, message) is not None:
                # There the text and its time are written as one: the text was so before.
                return Changed(message, changed=False)
            key, value = EDITED_AT, time.time() * _MILLISECONDS
            message = replace(message, meta={**(message.meta or {}), key: value})
        if not message.deleted:
            put = partial(
                put_message_meta, self._api, target.identity, target.message_id, key, value
            )
            await announced(partial(past_guard, put))
        return Changed(message, changed=True, missing=self._report("edit", target))

    async def deletion(self, target: Target, earlier: Earlier, *, deleted: bool) -> Changed | None:
        """Return the message when it is deleted, or not, as an earlier attempt wanted it.

        When a message was restored cannot be told: it counts as the attempt's doing.
        """
        message = await target.read()
        since = began(earlier)
        if since is None or message.deleted is not deleted:
            return None
        if message.deleted_at is not None and not may_be_since(
            since, unix_time(target.route, message.deleted_at)
        ):
            return Changed(message, changed=False)
        kind = "deletion" if deleted else "restoration"
        return Changed(message, changed=True, missing=self._report(kind, target))

    async def move(self, target: Target, topic_id: str | None, earlier: Earlier) -> Changed | None:
        """Return the message when it is where an earlier attempt wanted it."""
        message = await target.read()
        if began(earlier) is None or message.topic_id != topic_id:
            return None
        return Changed(message, changed=True, missing=self._report("move", target))

    def _report(self, kind: str, target: Target) -> Missing:
        return self._unshown.report(kind, id=target.message_id)


def _was_text(versions: Sequence[m.MessageVersion], content: str, since: float) -> bool:
    """Tell whether the text was set since the attempt began, and replaced.

    ``versions`` are newest first. A version is the text that an edit replaced: the edit that set
    the text made the version before it. An edit from shortly before the attempt may be its own by a
    clock that is behind; it is not when its text was replaced before the attempt, too.
    """
    for replaced, before in pairwise(versions):
        set_at = unix_time(routes.VERSIONS, before.created_at)
        if not may_be_since(since, set_at):
            return False
        if is_text_of(replaced, content):
            replaced_at = unix_time(routes.VERSIONS, replaced.created_at)
            if set_at >= since or replaced_at >= since:
                return True
    return False


def _edited_since(message: m.Message, target: Target, since: float) -> bool:
    at: Any = message.edited_at
    if at is None:
        at = (message.meta or {}).get(EDITED_AT)
    if not isinstance(at, str | int | float):
        return False
    return may_be_since(since, unix_time(target.route, at))
