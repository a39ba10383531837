"""One message, as a caller sees it, and the texts that it had before."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.access import Access
from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import UnknownRouteError
from chat3_user.tenant_api.route import Route
from chat3_user.validation import Identity

_VERSIONS_SINCE = "0.0.82"


@dataclass(frozen=True, slots=True)
class Target:
    """The message that a call is about, and in whose name it is changed: empty for nobody's.

    ``read`` returns it as it is now, by ``route``, and raises `CallError` where the caller may not
    see or change it.
    """

    identity: Identity
    message_id: str
    by: str
    route: Route[m.Data[m.Message]]
    read: Callable[[], Awaitable[m.Message]]

    async def prove(self) -> None:
        """Prove that the caller may see or change it."""
        await self.read()


class Seen(NamedTuple):
    """A message that a user sees: who, as the platform spells the id, and where."""

    identity: Identity
    dialog_id: str
    message_id: str


class Messages:
    """Reads single messages; needs the key's `read` permission."""

    def __init__(self, api: TenantApi, access: Access) -> None:
        self._api = api
        self._access = access

    def of_member(self, identity: Identity, dialog_id: str, message_id: str) -> Target:
        """Return a message that members may change, for the calling user."""
        read = partial(self.seen, identity, dialog_id, message_id)
        return Target(identity, message_id, identity.user_id, routes.USER_MESSAGE, read)

    def of_sender(self, identity: Identity, dialog_id: str, message_id: str) -> Target:
        """Return a message that its sender may change, for the calling user."""
        read = partial(self.own, identity, dialog_id, message_id)
        return Target(identity, message_id, identity.user_id, routes.USER_MESSAGE, read)

    def of_tenant(self, identity: Identity, message_id: str, by: str = "") -> Target:
        """Return any message of the tenant, for a back end."""
        read = partial(self.known, identity, message_id)
        return Target(identity, message_id, by, routes.MESSAGE, read)

    async def known(self, identity: Identity, message_id: str) -> m.Message:
        """Return a message of the tenant as it is now, without a calling user.

        Raises `CallError`.
        """
        answer = await self._api.call(routes.MESSAGE, identity, message_id=message_id)
        return answer.data

    async def seen(self, identity: Identity, dialog_id: str, message_id: str) -> m.Message:
        """Return a message of a dialog that the caller is a member of, as it is now.

        Raises `CallError`.
        """
        try:
            answer = await self._api.call(
                routes.USER_MESSAGE, identity, dialog_id=dialog_id, message_id=message_id
            )
        except CallError as error:
            raise await self._access.named(error, identity, dialog_id) from error
        return answer.data

    async def own(self, identity: Identity, dialog_id: str, message_id: str) -> m.Message:
        """Return a message that the caller has sent; others' are refused.

        Raises `CallError`.
        """
        message = await self.seen(identity, dialog_id, message_id)
        if message.sender_id != identity.user_id:
            raise reasons.not_the_sender(message_id)
        return message

    async def as_member(self, identity: Identity, message_id: str, user_id: str) -> Seen:
        """Return a message of the tenant as a member of its dialog sees it, for a back end.

        Raises `CallError`, also when the user (the id in lower case) is no member.
        """
        dialog_id = (await self.known(identity, message_id)).dialog_id
        member = replace(identity, user_id=user_id)
        try:
            await self._access.prove_message(member, dialog_id, message_id)
        except CallError as error:
            if error.reason is ErrorReason.NOT_A_MEMBER:
                raise reasons.member_not_found(dialog_id, user_id) from error
            if error.reason is not ErrorReason.MEMBER_IN_OTHER_CASE:
                raise
            member = replace(identity, user_id=error.metadata["member_id"])
        return Seen(member, dialog_id, message_id)

    async def versions(self, identity: Identity, message: m.Message) -> list[m.MessageVersion]:
        """Return the texts that a message had, newest first; the caller must have seen it.

        Raises `CallError`, also for a platform that keeps none.
        """
        versions = await self.kept_versions(identity, message)
        if versions is None:
            raise reasons.platform_too_old(_VERSIONS_SINCE)
        return versions

    async def kept_versions(
        self, identity: Identity, message: m.Message
    ) -> list[m.MessageVersion] | None:
        """Return the same, None for a platform that keeps no versions.

        Raises `CallError`.
        """
        try:
            answer = await self._api.call(routes.VERSIONS, identity, message_id=message.message_id)
        except UnknownRouteError:
            return None
        return _replaced(answer.data, message.content)


def _replaced(versions: Sequence[m.MessageVersion], content: str) -> list[m.MessageVersion]:
    """Return those of the versions, newest first, that another text replaced.

    tenant-api keeps the text before it changes it. Cut off between the two, it leaves a version
    that equals the text after it, and a repeated edit adds another one.
    """
    found = []
    after = content
    for version in versions:
        if version.content != after:
            found.append(version)
        after = version.content
    return found
