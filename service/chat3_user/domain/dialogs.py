"""Dialogs and their members, as they stand at tenant-api; changes only what it says."""

from collections.abc import Iterable
from functools import partial
from http import HTTPStatus

from chat3_user.domain.guard import past_guard
from chat3_user.domain.settling import unix_time
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.query import WHOLE_PAGE, paged
from chat3_user.validation import Identity


class Dialogs:
    """What the domain asks and changes; nobody's membership is checked.

    Every method raises `CallError`.
    """

    def __init__(self, api: TenantApi) -> None:
        self._api = api

    async def known(self, identity: Identity, dialog_id: str) -> m.Dialog:
        """Return a dialog of the tenant, for a back end."""
        answer = await self._api.call(routes.DIALOG, identity, dialog_id=dialog_id)
        return answer.data

    async def own(
        self, identity: Identity, dialog_id: str, *, with_last_message: bool = False
    ) -> m.UserDialog | None:
        """Return a dialog as the caller sees it; None when the caller is no member."""
        query = paged(1, 1, f'(dialogId,eq,"{dialog_id}")')
        if with_last_message:
            query["includeLastMessage"] = "true"
        page = await self._api.call(routes.USER_DIALOGS, identity, query=query)
        return next((row for row in page.data if row.dialog_id == dialog_id), None)

    async def named(self, identity: Identity, key: str, name: str) -> list[m.Dialog]:
        """Return the dialogs whose meta has ``name`` (digits) under ``key``, oldest first."""
        query = paged(1, WHOLE_PAGE, f'(meta.{key},eq,"{name}")')
        page = await self._api.call(routes.DIALOGS, identity, query=query)
        rows = (row for row in page.data if row.meta.get(key) == name)
        return sorted(rows, key=lambda row: (dialog_created(row), row.dialog_id))

    async def oldest(self, identity: Identity, key: str, text: str) -> m.Dialog | None:
        """Return the oldest dialog whose meta has ``text`` under ``key``, None when none has.

        Both keep the rules of a filter: see `fields.META_TEXT`.
        """
        query = paged(1, WHOLE_PAGE, f'(meta.{key},eq,"{text}")', "(createdAt,asc)")
        page = await self._api.call(routes.DIALOGS, identity, query=query)
        return next((row for row in page.data if row.meta.get(key) == text), None)

    async def members(self, identity: Identity, dialog_id: str) -> list[m.Member]:
        """Return all members."""
        return await self._api.pages(routes.MEMBERS, identity, dialog_id=dialog_id).rows()

    async def member_ids(self, identity: Identity, dialog_id: str) -> set[str]:
        """Return all members' ids, as the platform holds them."""
        return {member.user_id for member in await self.members(identity, dialog_id)}

    async def is_used(self, identity: Identity, dialog_id: str) -> bool:
        """Tell whether somebody has written a message in the dialog; counters may be late."""
        query = paged(1, 1, f'(dialogId,eq,"{dialog_id}")')
        page = await self._api.call(routes.ALL_MESSAGES, identity, query=query)
        return bool(page.data)

    async def add(self, identity: Identity, dialog_id: str, user_ids: Iterable[str]) -> None:
        """Add users who exist, one after another; those who are members stay as they are."""
        for user_id in user_ids:
            await self.add_one(identity, dialog_id, user_id)

    async def add_one(self, identity: Identity, dialog_id: str, user_id: str) -> bool:
        """Add a user who exists; return whether the user was no member before."""
        status, _ = await past_guard(
            partial(
                self._api.answer,
                routes.ADD_MEMBER,
                identity,
                body={"userId": user_id},
                dialog_id=dialog_id,
            )
        )
        return status == HTTPStatus.CREATED

    async def remove(self, identity: Identity, dialog_id: str, user_ids: Iterable[str]) -> None:
        """Remove members, one after another; who is none is no failure."""
        for user_id in user_ids:
            await past_guard(
                partial(
                    self._api.call,
                    routes.REMOVE_MEMBER,
                    identity,
                    dialog_id=dialog_id,
                    user_id=user_id,
                )
            )

    async def delete(self, identity: Identity, dialog_id: str) -> None:
        """Delete a dialog with its memberships; needs the key's `delete` permission."""
        await past_guard(
            partial(self._api.call, routes.DELETE_DIALOG, identity, dialog_id=dialog_id)
        )

    async def set_meta(self, identity: Identity, dialog_id: str, key: str, value: object) -> None:
        """Set one key of a dialog's meta; every member gets an update of the dialog."""
        await past_guard(
            partial(
                self._api.call,
                routes.SET_DIALOG_META,
                identity,
                body={"value": value},
                dialog_id=dialog_id,
                key=key,
            )
        )


def dialog_created(dialog: m.Dialog) -> float:
    """Return when a dialog was created, in Unix seconds by the platform's clock."""
    return unix_time(routes.DIALOGS, dialog.created_at)


def seen_by(user_id: str, dialog: m.Dialog, member_count: int) -> m.UserDialog:
    """Return a dialog that was just created as one of its members sees it."""
    return m.UserDialog(
        dialog_id=dialog.dialog_id,
        context=m.DialogContext(user_id, joined_at=dialog.created_at),
        members_count=member_count,
        created_at=dialog.created_at,
        last_interaction_at=dialog.created_at,
        meta=dialog.meta,
        stats=dialog.stats,
    )
