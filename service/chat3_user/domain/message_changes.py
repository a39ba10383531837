"""Changes of messages, with the permission checks that the platform does not make."""

from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from chat3_user.domain.guard import past_guard
from chat3_user.domain.messages import Target
from chat3_user.domain.unshown import Missing
from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import (
    NoTopicToClearError,
    TopicTakenError,
    UnknownRouteError,
    in_doubt,
)
from chat3_user.validation.text import WHITE_SPACE

_DELETION_SINCE: Final = "0.0.81"
_MOVES: Final = 3
"""How often a message is moved again that somebody else moves at the same time."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A message as the caller sees it now.

    ``changed``: whether the call, or its earlier attempt, changed it. ``missing``: what of that may
    be missing for good.
    """

    message: m.Message
    changed: bool
    missing: Missing = ()


class MessageChanges:
    """Edits, deletes, restores and moves messages; needs the key's `read` permission too."""

    def __init__(self, api: TenantApi) -> None:
        self._api = api

    async def edit(self, target: Target, content: str) -> Changed:
        """Replace the text of a message.

        Raises `CallError`.
        """
        before = await target.read()
        if before.deleted:
            raise reasons.message_deleted(target.message_id)
        if is_text_of(before, content):
            return Changed(before, changed=False)
        body = {"content": content} | ({"editedBy": target.by} if target.by else {})
        answer = await past_guard(
            lambda: self._api.call(
                routes.EDIT_MESSAGE, target.identity, body=body, message_id=target.message_id
            )
        )
        after = answer.data
        now = replace(
            before,
            content=after.content,
            meta=after.meta,
            edited=after.edited,
            edited_at=after.edited_at,
            edited_by=after.edited_by,
        )
        return Changed(now, changed=True)

    async def set_deleted(self, target: Target, *, deleted: bool) -> Changed:
        """Delete or restore a message.

        Raises `CallError`, also for a platform that cannot.
        """
        before = await target.read()
        body: dict[str, object] = {"deleted": deleted}
        if deleted and target.by:
            body["deletedBy"] = target.by
        try:
            answer = await past_guard(
                lambda: self._api.call(
                    routes.DELETE_MESSAGE, target.identity, body=body, message_id=target.message_id
                )
            )
        except UnknownRouteError as error:
            raise reasons.platform_too_old(_DELETION_SINCE) from error
        after = answer.data
        now = replace(
            before, deleted=deleted, deleted_at=after.deleted_at, deleted_by=after.deleted_by
        )
        return Changed(now, changed=before.deleted is not deleted)

    async def move(self, target: Target, topic_id: str | None) -> Changed:
        """Move a message into a topic of its dialog, or out of its topic.

        The platform wants a message out of its topic first. So a move has two steps, and what fails
        after the first one leaves the outcome open: whoever repeats the move completes it.

        Raises `CallError`.
        """
        begun = False
        try:
            for _ in range(_MOVES):
                before = await target.read()
                if before.topic_id == topic_id:
                    return Changed(before, begun)
                try:
                    if before.topic_id is not None:
                        await self._set_topic(target, None)
                        begun = True
                    if topic_id is not None:
                        await self._set_topic(target, topic_id)
                        begun = True
                except (NoTopicToClearError, TopicTakenError):
                    continue
                after = await target.read()
                return Changed(after, changed=True)
            raise reasons.upstream_unavailable()
        except CallError as error:
            if begun:
                raise in_doubt(error) from error
            raise

    async def prove_move(self, target: Target, topic_id: str | None) -> None:
        """Prove that the caller may move the message there, before it leaves where it is.

        Raises `CallError`.
        """
        message = await target.read()
        if topic_id is not None:
            await self._api.call(
                routes.TOPIC, target.identity, dialog_id=message.dialog_id, topic_id=topic_id
            )

    async def _set_topic(self, target: Target, topic_id: str | None) -> None:
        await past_guard(
            lambda: self._api.call(
                routes.SET_MESSAGE_TOPIC,
                target.identity,
                body={"topicId": topic_id},
                message_id=target.message_id,
            )
        )


def is_text_of(message: m.Message | m.MessageVersion, content: str) -> bool:
    """Tell whether a text is that of a message, as the platform keeps it."""
    return message.content.strip(WHITE_SPACE) == content.strip(WHITE_SPACE)
