"""Changes of messages: the platform checks nobody, so whoever may make one is proved here.

What the state says after an attempt of unknown outcome (`docs/idempotency.md` has the same table):

| change | it was made when | it cannot be told when |
|---|---|---|
| edit | the text is ours, or was since the attempt began and was replaced | versions are not kept |
| deletion | the message is deleted | somebody has restored it since: it is deleted again |
| restoration | it is not deleted | somebody has deleted it since: it is restored again |
| topic | the message is there | somebody has moved it since: it is moved again |
"""

from typing import Final

from msgspec.structs import replace

from chat3_user.domain.guard import past_guard
from chat3_user.domain.messages import Messages
from chat3_user.domain.past_attempts import is_long_ago, is_since
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import (
    NoTopicToClearError,
    TopicTakenError,
    UnknownRouteError,
)
from chat3_user.validation import Identity
from chat3_user.validation.text import WHITE_SPACE

_DELETION_SINCE: Final = "0.0.81"
_MOVES: Final = 3
"""How often a message is moved again that somebody else moves at the same time."""

Changed = tuple[m.Message, bool]
"""A message as the caller sees it now, and whether the call, or its earlier attempt, changed it."""


class MessageChanges:
    """Edits, deletes, restores and moves messages; needs the key's `read` permission too."""

    def __init__(self, api: TenantApi, messages: Messages) -> None:
        self._api = api
        self._messages = messages

    async def own(self, identity: Identity, dialog_id: str, message_id: str) -> m.Message:
        """Return a message that the caller has sent; others' are refused.

        Raises `CallError`.
        """
        message = await self._messages.seen(identity, dialog_id, message_id)
        if message.sender_id != identity.user_id:
            raise reasons.not_the_sender(message_id)
        return message

    async def edit(
        self, identity: Identity, dialog_id: str, message_id: str, content: str
    ) -> Changed:
        """Replace the text of a message of the caller.

        Raises `CallError`.
        """
        before = await self.own(identity, dialog_id, message_id)
        if before.deleted:
            raise reasons.message_deleted(message_id)
        if _is_text_of(before, content):
            return before, False
        answer = await past_guard(
            lambda: self._api.call(
                routes.EDIT_MESSAGE,
                identity,
                body={"content": content, "editedBy": identity.user_id},
                message_id=message_id,
            )
        )
        after = answer.data
        return replace(
            before,
            content=after.content,
            meta=after.meta,
            edited=after.edited,
            edited_at=after.edited_at,
            edited_by=after.edited_by,
        ), True

    async def find_edit(
        self, identity: Identity, dialog_id: str, message_id: str, content: str, earlier: Earlier
    ) -> Changed | None:
        """Return the message when an earlier attempt has edited it, None when none can be seen to.

        Raises `CallError`.
        """
        message = await self.own(identity, dialog_id, message_id)
        if is_long_ago(earlier):
            return None
        if _is_text_of(message, content):
            return message, _edited_since(message, earlier)
        for version in await self._versions(identity, message):
            if not is_since(earlier, routes.VERSIONS, version.created_at):
                break
            if version.content.strip(WHITE_SPACE) == content.strip(WHITE_SPACE):
                return message, True
        return None

    async def set_deleted(
        self, identity: Identity, dialog_id: str, message_id: str, *, deleted: bool
    ) -> Changed:
        """Delete or restore a message of the caller.

        Raises `CallError`, also for a platform that cannot.
        """
        before = await self.own(identity, dialog_id, message_id)
        body: dict[str, object] = {"deleted": deleted}
        if deleted:
            body["deletedBy"] = identity.user_id
        try:
            answer = await past_guard(
                lambda: self._api.call(
                    routes.DELETE_MESSAGE, identity, body=body, message_id=message_id
                )
            )
        except UnknownRouteError as error:
            raise reasons.platform_too_old(_DELETION_SINCE) from error
        after = answer.data
        return replace(
            before, deleted=deleted, deleted_at=after.deleted_at, deleted_by=after.deleted_by
        ), bool(before.deleted) is not deleted

    async def find_deleted(
        self,
        identity: Identity,
        dialog_id: str,
        message_id: str,
        earlier: Earlier,
        *,
        deleted: bool,
    ) -> Changed | None:
        """Return the message when it is deleted, or not, as an earlier attempt wanted it.

        When a message was restored cannot be told: it counts as the attempt's doing.

        Raises `CallError`.
        """
        message = await self.own(identity, dialog_id, message_id)
        if is_long_ago(earlier) or bool(message.deleted) is not deleted:
            return None
        if not deleted or message.deleted_at is None:
            return message, True
        return message, is_since(earlier, routes.USER_MESSAGE, message.deleted_at)

    async def move(
        self, identity: Identity, dialog_id: str, message_id: str, topic_id: str | None
    ) -> Changed:
        """Move a message into a topic of its dialog, or out of its topic.

        The platform wants a message out of its topic first. So a move has two steps, and whoever
        repeats it completes it.

        Raises `CallError`.
        """
        moved = False
        for _ in range(_MOVES):
            before = await self._messages.seen(identity, dialog_id, message_id)
            if before.topic_id == topic_id:
                return before, moved
            try:
                if before.topic_id is not None:
                    await self._set_topic(identity, message_id, None)
                    moved = True
                if topic_id is not None:
                    await self._set_topic(identity, message_id, topic_id)
                    moved = True
            except (NoTopicToClearError, TopicTakenError):
                continue
        return await self._messages.seen(identity, dialog_id, message_id), moved

    async def find_move(
        self,
        identity: Identity,
        dialog_id: str,
        message_id: str,
        topic_id: str | None,
        earlier: Earlier,
    ) -> Changed | None:
        """Return the message when it is where an earlier attempt wanted it.

        Raises `CallError`.
        """
        message = await self._messages.seen(identity, dialog_id, message_id)
        if is_long_ago(earlier) or message.topic_id != topic_id:
            return None
        return message, True

    async def prove_move(
        self, identity: Identity, dialog_id: str, message_id: str, topic_id: str | None
    ) -> None:
        """Prove that the caller may move the message there, before it leaves where it is.

        Raises `CallError`.
        """
        await self._messages.seen(identity, dialog_id, message_id)
        if topic_id is not None:
            await self._api.call(routes.TOPIC, identity, dialog_id=dialog_id, topic_id=topic_id)

    async def _set_topic(self, identity: Identity, message_id: str, topic_id: str | None) -> None:
        await past_guard(
            lambda: self._api.call(
                routes.SET_MESSAGE_TOPIC,
                identity,
                body={"topicId": topic_id},
                message_id=message_id,
            )
        )

    async def _versions(self, identity: Identity, message: m.Message) -> list[m.MessageVersion]:
        try:
            return await self._messages.versions(identity, message)
        except CallError as error:
            if isinstance(error.__cause__, UnknownRouteError):
                return []
            raise


def _is_text_of(message: m.Message, content: str) -> bool:
    return message.content.strip(WHITE_SPACE) == content.strip(WHITE_SPACE)


def _edited_since(message: m.Message, earlier: Earlier) -> bool:
    at = message.edited_at
    if at is None:
        at = (message.meta or {}).get("editedAt")
    return isinstance(at, str | int | float) and is_since(earlier, routes.USER_MESSAGE, at)
