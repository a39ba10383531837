"""The calls of `TenantService`, for code without asyncio.

Generated from the contract by `make generate`: not to be edited.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from chat3_api.chat3.tenant import v1 as tenant
from chat3_api.chat3.user import v1 as user
from chat3_client.loop_thread import LoopThread
from chat3_client.methods.tenant import TenantMethods
from chat3_client.pages import PAGE_SIZE
from chat3_client.sync_pages import SyncPages


class SyncTenantMethods:
    """Every unary call."""

    _asynchronous: TenantMethods
    _loop: LoopThread

    def create_user(
        self,
        user_id: str,
        *,
        type: str = "",
        meta: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.CreateUserResponse:
        """CreateUser creates a user.

        Needs the permissions `read` and `write`. The call fails with `ERROR_REASON_USER_EXISTS` if the
        user already exists. With an idempotency key a retry completes a user that an interrupted
        attempt wrote only in part.
        """
        return self._loop.run(
            self._asynchronous.create_user(
                user_id=user_id,
                type=type,
                meta=meta,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def upsert_user(
        self,
        user_id: str,
        *,
        type: str = "",
        meta: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.UpsertUserResponse:
        """UpsertUser creates a user, or changes an existing one to the requested state.

        Needs the permissions `read` and `write`.
        """
        return self._loop.run(
            self._asynchronous.upsert_user(
                user_id=user_id,
                type=type,
                meta=meta,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def get_user(self, user_id: str, *, timeout: float | None = None) -> tenant.GetUserResponse:
        """GetUser returns one user, with custom data and counters.

        Needs the `read` permission. If the platform knows the id only as the owner of custom data or
        of a membership, and not as a user, the call fails with `ERROR_REASON_USER_NOT_FOUND`.
        """
        return self._loop.run(self._asynchronous.get_user(user_id=user_id, timeout=timeout))

    def list_users(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        filter: str = "",
        sort: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> tenant.ListUsersResponse:
        """ListUsers lists the tenant's users.

        Needs the `read` permission.
        """
        return self._loop.run(
            self._asynchronous.list_users(
                page_size=page_size,
                page_token=page_token,
                filter=filter,
                sort=sort,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def users(
        self,
        *,
        filter: str = "",
        sort: str = "",
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> SyncPages[tenant.User, tenant.ListUsersResponse]:
        """ListUsers lists the tenant's users.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.users(
                filter=filter, sort=sort, timeout=timeout, page_size=page_size
            ),
        )

    def update_user(
        self,
        user_id: str,
        *,
        type: str = "",
        meta: Mapping[str, Any] | None = None,
        remove_keys: Iterable[str] = (),
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.UpdateUserResponse:
        """UpdateUser changes the type and the custom data of a user.

        Needs the permissions `read` and `write`. Removing keys needs the `delete` permission.
        """
        return self._loop.run(
            self._asynchronous.update_user(
                user_id=user_id,
                type=type,
                meta=meta,
                remove_keys=remove_keys,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def delete_user(
        self, user_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> tenant.DeleteUserResponse:
        """DeleteUser deletes a user. The platform removes only the user: memberships, messages and custom
        data stay, and the id remains a member of its dialogs until it is removed from them.

        Needs the permissions `read` and `delete`.
        """
        return self._loop.run(
            self._asynchronous.delete_user(
                user_id=user_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def create_dialog(
        self,
        *,
        member_ids: Iterable[str] = (),
        meta: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.CreateDialogResponse:
        """CreateDialog creates a dialog with the named members.

        Needs the permissions `read` and `write`. The service looks up all members before it writes
        anything. With an idempotency key a retry never creates a second dialog; it completes a dialog
        that the platform wrote only in part. If the platform is interrupted before it wrote any custom
        data, it leaves an empty dialog without members, which no retry can recognise. If the tenant's
        meta indexes refuse the custom data, the call fails with `ERROR_REASON_META_INDEX_CONFLICT`,
        which names what was left behind.
        """
        return self._loop.run(
            self._asynchronous.create_dialog(
                member_ids=member_ids, meta=meta, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def get_dialog(
        self, dialog_id: str, *, timeout: float | None = None
    ) -> tenant.GetDialogResponse:
        """GetDialog returns one dialog.

        Needs the `read` permission. All methods fail with `ERROR_REASON_DIALOG_NOT_FOUND` if the
        tenant has no such dialog.
        """
        return self._loop.run(self._asynchronous.get_dialog(dialog_id=dialog_id, timeout=timeout))

    def find_dialog_by_meta(
        self, meta_key: str, value: str, *, timeout: float | None = None
    ) -> tenant.FindDialogByMetaResponse:
        """FindDialogByMeta returns the oldest dialog whose custom data has a text under a key.

        Needs the `read` permission.
        """
        return self._loop.run(
            self._asynchronous.find_dialog_by_meta(meta_key=meta_key, value=value, timeout=timeout)
        )

    def list_dialogs(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        filter: str = "",
        sort: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> tenant.ListDialogsResponse:
        """ListDialogs lists the tenant's dialogs.

        Needs the `read` permission.
        """
        return self._loop.run(
            self._asynchronous.list_dialogs(
                page_size=page_size,
                page_token=page_token,
                filter=filter,
                sort=sort,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def dialogs(
        self,
        *,
        filter: str = "",
        sort: str = "",
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> SyncPages[tenant.Dialog, tenant.ListDialogsResponse]:
        """ListDialogs lists the tenant's dialogs.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.dialogs(
                filter=filter, sort=sort, timeout=timeout, page_size=page_size
            ),
        )

    def update_dialog_meta(
        self,
        dialog_id: str,
        *,
        meta: Mapping[str, Any] | None = None,
        remove_keys: Iterable[str] = (),
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.UpdateDialogMetaResponse:
        """UpdateDialogMeta sets and removes keys of a dialog's custom data.

        Needs the permissions `read` and `write`. Removing keys needs the `delete` permission.
        """
        return self._loop.run(
            self._asynchronous.update_dialog_meta(
                dialog_id=dialog_id,
                meta=meta,
                remove_keys=remove_keys,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def delete_dialog(
        self, dialog_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> tenant.DeleteDialogResponse:
        """DeleteDialog deletes a dialog with its memberships. The platform keeps its messages and topics.
        No member gets an update.

        Needs the permissions `read` and `delete`. The call fails with `ERROR_REASON_DIALOG_NOT_FOUND`
        if the dialog is already deleted; a retry with the same idempotency key gets the first
        response.
        """
        return self._loop.run(
            self._asynchronous.delete_dialog(
                dialog_id=dialog_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def list_dialog_members(
        self,
        dialog_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> tenant.ListDialogMembersResponse:
        """ListDialogMembers lists the members of a dialog.

        Needs the `read` permission.
        """
        return self._loop.run(
            self._asynchronous.list_dialog_members(
                dialog_id=dialog_id,
                page_size=page_size,
                page_token=page_token,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def dialog_members(
        self, dialog_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> SyncPages[user.DialogMember, tenant.ListDialogMembersResponse]:
        """ListDialogMembers lists the members of a dialog.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.dialog_members(
                dialog_id=dialog_id, timeout=timeout, page_size=page_size
            ),
        )

    def add_dialog_members(
        self,
        dialog_id: str,
        user_ids: Iterable[str],
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.AddDialogMembersResponse:
        """AddDialogMembers adds users to a dialog.

        Needs the permissions `read` and `write`. The service looks up all users before it adds the
        first one.
        """
        return self._loop.run(
            self._asynchronous.add_dialog_members(
                dialog_id=dialog_id,
                user_ids=user_ids,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def remove_dialog_member(
        self,
        dialog_id: str,
        user_id: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.RemoveDialogMemberResponse:
        """RemoveDialogMember removes a user from a dialog. The last member can be removed too.

        Needs the permissions `read` and `write`.
        """
        return self._loop.run(
            self._asynchronous.remove_dialog_member(
                dialog_id=dialog_id,
                user_id=user_id,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def mark_member_read(
        self,
        dialog_id: str,
        user_id: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.MarkMemberReadResponse:
        """MarkMemberRead marks all messages of a dialog as read by a member, as the member's own
        `chat3.user.v1.UserService.MarkDialogRead` does. The platform cannot set the number of unread
        messages to any other value.

        Needs the permissions `read` and `write`.
        """
        return self._loop.run(
            self._asynchronous.mark_member_read(
                dialog_id=dialog_id,
                user_id=user_id,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def list_topics(
        self,
        dialog_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> tenant.ListTopicsResponse:
        """ListTopics lists the topics of a dialog.

        Needs the `read` permission.
        """
        return self._loop.run(
            self._asynchronous.list_topics(
                dialog_id=dialog_id,
                page_size=page_size,
                page_token=page_token,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def topics(
        self, dialog_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> SyncPages[user.Topic, tenant.ListTopicsResponse]:
        """ListTopics lists the topics of a dialog.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.topics(dialog_id=dialog_id, timeout=timeout, page_size=page_size),
        )

    def create_topic(
        self,
        dialog_id: str,
        *,
        meta: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.CreateTopicResponse:
        """CreateTopic creates a topic in a dialog.

        Needs the permissions `read` and `write`. With an idempotency key a retry never creates a
        second topic; it completes a topic that the platform wrote only in part. Topics cannot be
        deleted: if the tenant's meta indexes refuse the custom data,
        `ERROR_REASON_META_INDEX_CONFLICT` names the topic that remains.
        """
        return self._loop.run(
            self._asynchronous.create_topic(
                dialog_id=dialog_id, meta=meta, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def update_topic(
        self,
        dialog_id: str,
        topic_id: str,
        *,
        meta: Mapping[str, Any] | None = None,
        remove_keys: Iterable[str] = (),
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.UpdateTopicResponse:
        """UpdateTopic sets and removes keys of a topic's custom data.

        Needs the permissions `read` and `write`. Removing keys needs the `delete` permission.
        """
        return self._loop.run(
            self._asynchronous.update_topic(
                dialog_id=dialog_id,
                topic_id=topic_id,
                meta=meta,
                remove_keys=remove_keys,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def create_pack(
        self,
        *,
        meta: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.CreatePackResponse:
        """CreatePack creates a pack, without dialogs.

        Needs the permissions `read` and `write`. With an idempotency key a retry never creates a
        second pack; it completes a pack that the platform wrote only in part. If the tenant's meta
        indexes refuse the custom data, the call fails with `ERROR_REASON_META_INDEX_CONFLICT`.
        """
        return self._loop.run(
            self._asynchronous.create_pack(
                meta=meta, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def get_pack(self, pack_id: str, *, timeout: float | None = None) -> tenant.GetPackResponse:
        """GetPack returns one pack, with counters.

        Needs the `read` permission. All methods fail with `ERROR_REASON_PACK_NOT_FOUND` if the tenant
        has no such pack.
        """
        return self._loop.run(self._asynchronous.get_pack(pack_id=pack_id, timeout=timeout))

    def list_packs(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        filter: str = "",
        sort: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> tenant.ListPacksResponse:
        """ListPacks lists the tenant's packs, with counters.

        Needs the `read` permission.
        """
        return self._loop.run(
            self._asynchronous.list_packs(
                page_size=page_size,
                page_token=page_token,
                filter=filter,
                sort=sort,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def packs(
        self,
        *,
        filter: str = "",
        sort: str = "",
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> SyncPages[tenant.Pack, tenant.ListPacksResponse]:
        """ListPacks lists the tenant's packs, with counters.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.packs(
                filter=filter, sort=sort, timeout=timeout, page_size=page_size
            ),
        )

    def update_pack_meta(
        self,
        pack_id: str,
        *,
        meta: Mapping[str, Any] | None = None,
        remove_keys: Iterable[str] = (),
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.UpdatePackMetaResponse:
        """UpdatePackMeta sets and removes keys of a pack's custom data.

        Needs the permissions `read` and `write`. Removing keys needs the `delete` permission.
        """
        return self._loop.run(
            self._asynchronous.update_pack_meta(
                pack_id=pack_id,
                meta=meta,
                remove_keys=remove_keys,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def delete_pack(
        self, pack_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> tenant.DeletePackResponse:
        """DeletePack deletes a pack; its dialogs stay.

        Needs the permissions `read` and `delete`. The call fails with `ERROR_REASON_PACK_NOT_FOUND` if
        the pack is already deleted; a retry with the same idempotency key gets the first response.
        """
        return self._loop.run(
            self._asynchronous.delete_pack(
                pack_id=pack_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def add_pack_dialog(
        self,
        pack_id: str,
        dialog_id: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.AddPackDialogResponse:
        """AddPackDialog adds a dialog to a pack.

        Needs the permissions `read` and `write`.
        """
        return self._loop.run(
            self._asynchronous.add_pack_dialog(
                pack_id=pack_id,
                dialog_id=dialog_id,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def remove_pack_dialog(
        self,
        pack_id: str,
        dialog_id: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.RemovePackDialogResponse:
        """RemovePackDialog removes a dialog from a pack.

        Needs the permissions `read` and `write`.
        """
        return self._loop.run(
            self._asynchronous.remove_pack_dialog(
                pack_id=pack_id,
                dialog_id=dialog_id,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def list_pack_dialogs(
        self,
        pack_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> tenant.ListPackDialogsResponse:
        """ListPackDialogs lists the dialogs of a pack, the last added first.

        Needs the `read` permission.
        """
        return self._loop.run(
            self._asynchronous.list_pack_dialogs(
                pack_id=pack_id,
                page_size=page_size,
                page_token=page_token,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def pack_dialogs(
        self, pack_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> SyncPages[tenant.PackDialog, tenant.ListPackDialogsResponse]:
        """ListPackDialogs lists the dialogs of a pack, the last added first.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.pack_dialogs(pack_id=pack_id, timeout=timeout, page_size=page_size),
        )

    def list_pack_messages(
        self,
        pack_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
    ) -> tenant.ListPackMessagesResponse:
        """ListPackMessages lists the messages of all dialogs of a pack, the newest first.

        Needs the `read` permission.
        """
        return self._loop.run(
            self._asynchronous.list_pack_messages(
                pack_id=pack_id, page_size=page_size, page_token=page_token, timeout=timeout
            )
        )

    def pack_messages(
        self, pack_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> SyncPages[user.Message, tenant.ListPackMessagesResponse]:
        """ListPackMessages lists the messages of all dialogs of a pack, the newest first.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.pack_messages(pack_id=pack_id, timeout=timeout, page_size=page_size),
        )

    def list_pack_members(
        self,
        pack_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> tenant.ListPackMembersResponse:
        """ListPackMembers lists the users who are a member of a dialog of a pack. The platform returns
        all of them at once, so every page of a large pack costs as much as the whole list.

        Needs the `read` permission.
        """
        return self._loop.run(
            self._asynchronous.list_pack_members(
                pack_id=pack_id,
                page_size=page_size,
                page_token=page_token,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def pack_members(
        self, pack_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> SyncPages[str, tenant.ListPackMembersResponse]:
        """ListPackMembers lists the users who are a member of a dialog of a pack. The platform returns
        all of them at once, so every page of a large pack costs as much as the whole list.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.pack_members(pack_id=pack_id, timeout=timeout, page_size=page_size),
        )

    def get_pack_member(
        self, pack_id: str, user_id: str, *, timeout: float | None = None
    ) -> tenant.GetPackMemberResponse:
        """GetPackMember returns one user's unread counts in a pack.

        Needs the `read` permission. The call fails with `ERROR_REASON_PACK_NOT_FOUND` if the user is
        in no dialog of the pack.
        """
        return self._loop.run(
            self._asynchronous.get_pack_member(pack_id=pack_id, user_id=user_id, timeout=timeout)
        )

    def add_pack_member(
        self,
        pack_id: str,
        user_id: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.AddPackMemberResponse:
        """AddPackMember makes a user a member of every dialog of a pack.

        Needs the permissions `read` and `write`. The service looks up the user before it writes
        anything.
        """
        return self._loop.run(
            self._asynchronous.add_pack_member(
                pack_id=pack_id, user_id=user_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def remove_pack_member(
        self,
        pack_id: str,
        user_id: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.RemovePackMemberResponse:
        """RemovePackMember removes a user from every dialog of a pack.

        Needs the permissions `read` and `write`. The call fails with `ERROR_REASON_PACK_NOT_FOUND` if
        the user is in no dialog of the pack.
        """
        return self._loop.run(
            self._asynchronous.remove_pack_member(
                pack_id=pack_id, user_id=user_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def mark_pack_member_read(
        self,
        pack_id: str,
        user_id: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.MarkPackMemberReadResponse:
        """MarkPackMemberRead marks all messages of a pack as read by a member, as the member's own
        `chat3.user.v1.UserService.MarkPackRead` does.

        Needs the permissions `read` and `write`. The call fails with `ERROR_REASON_PACK_NOT_FOUND` if
        the user is in no dialog of the pack.
        """
        return self._loop.run(
            self._asynchronous.mark_pack_member_read(
                pack_id=pack_id, user_id=user_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def mark_pack_read(
        self, pack_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> tenant.MarkPackReadResponse:
        """MarkPackRead marks all messages of a pack as read by every member of its dialogs. The platform
        takes long for a large pack: use a long deadline.

        Needs the permissions `read` and `write`.
        """
        return self._loop.run(
            self._asynchronous.mark_pack_read(
                pack_id=pack_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def create_meta_index(
        self,
        kind: tenant.MetaKind,
        mode: tenant.MetaIndexMode,
        keys: Iterable[str],
        *,
        condition: tenant.MetaIndexCondition | None = None,
        validate_only: bool = False,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.CreateMetaIndexResponse:
        """CreateMetaIndex creates an index: a constraint on the custom data of one kind of object.

        Needs the permissions `read` and `write`. The call fails with `ERROR_REASON_META_INDEX_REFUSED`
        if the index conflicts with existing custom data or with another index. Creating the same index
        again is not an error.
        """
        return self._loop.run(
            self._asynchronous.create_meta_index(
                kind=kind,
                mode=mode,
                keys=keys,
                condition=condition,
                validate_only=validate_only,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def get_meta_index(
        self, kind: tenant.MetaKind, index_id: str, *, timeout: float | None = None
    ) -> tenant.GetMetaIndexResponse:
        """GetMetaIndex returns one index.

        Needs the `read` permission. The call fails with `ERROR_REASON_META_INDEX_NOT_FOUND` if the
        tenant has no such index.
        """
        return self._loop.run(
            self._asynchronous.get_meta_index(kind=kind, index_id=index_id, timeout=timeout)
        )

    def list_meta_indexes(
        self, kind: tenant.MetaKind, *, timeout: float | None = None
    ) -> tenant.ListMetaIndexesResponse:
        """ListMetaIndexes lists the indexes of one kind of object.

        Needs the `read` permission.
        """
        return self._loop.run(self._asynchronous.list_meta_indexes(kind=kind, timeout=timeout))

    def delete_meta_index(
        self,
        kind: tenant.MetaKind,
        index_id: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.DeleteMetaIndexResponse:
        """DeleteMetaIndex deletes an index. The platform requires `write` for this, not `delete`.

        Needs the permissions `read` and `write`. The call fails with
        `ERROR_REASON_META_INDEX_NOT_FOUND` if the index is already deleted; a retry with the same
        idempotency key gets the first response.
        """
        return self._loop.run(
            self._asynchronous.delete_meta_index(
                kind=kind, index_id=index_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def send_message(
        self,
        dialog_id: str,
        sender_id: str,
        content: str,
        *,
        type: str = "",
        meta: Mapping[str, Any] | None = None,
        quoted_message_id: str | None = None,
        topic_id: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.SendMessageResponse:
        """SendMessage writes a message into a dialog in a user's name.

        Needs the permissions `read` and `write`. The sender must exist as a user and need not be a
        member of the dialog. With an idempotency key a retry never writes twice. If the tenant's meta
        indexes refuse the custom data, the call fails with `ERROR_REASON_META_INDEX_CONFLICT`, which
        names what was left behind. The platform sets the creation time, so history cannot be imported
        with its original times.
        """
        return self._loop.run(
            self._asynchronous.send_message(
                dialog_id=dialog_id,
                sender_id=sender_id,
                content=content,
                type=type,
                meta=meta,
                quoted_message_id=quoted_message_id,
                topic_id=topic_id,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def get_message(
        self, message_id: str, *, timeout: float | None = None
    ) -> tenant.GetMessageResponse:
        """GetMessage returns one message of any dialog.

        Needs the `read` permission. All methods fail with `ERROR_REASON_MESSAGE_NOT_FOUND` if the
        tenant has no such message.
        """
        return self._loop.run(
            self._asynchronous.get_message(message_id=message_id, timeout=timeout)
        )

    def list_messages(
        self,
        dialog_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        around_message_id: str | None = None,
        filter: str = "",
        sort: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> tenant.ListMessagesResponse:
        """ListMessages lists the messages of a dialog.

        Needs the `read` permission.
        """
        return self._loop.run(
            self._asynchronous.list_messages(
                dialog_id=dialog_id,
                page_size=page_size,
                page_token=page_token,
                around_message_id=around_message_id,
                filter=filter,
                sort=sort,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def history(
        self,
        dialog_id: str,
        *,
        around_message_id: str | None = None,
        filter: str = "",
        sort: str = "",
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> SyncPages[user.Message, tenant.ListMessagesResponse]:
        """ListMessages lists the messages of a dialog.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.history(
                dialog_id=dialog_id,
                around_message_id=around_message_id,
                filter=filter,
                sort=sort,
                timeout=timeout,
                page_size=page_size,
            ),
        )

    def search_messages(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        filter: str = "",
        sort: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> tenant.SearchMessagesResponse:
        """SearchMessages lists the messages that match a filter, in all dialogs of the tenant.

        Needs the `read` permission.
        """
        return self._loop.run(
            self._asynchronous.search_messages(
                page_size=page_size,
                page_token=page_token,
                filter=filter,
                sort=sort,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def found_messages(
        self,
        *,
        filter: str = "",
        sort: str = "",
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> SyncPages[user.Message, tenant.SearchMessagesResponse]:
        """SearchMessages lists the messages that match a filter, in all dialogs of the tenant.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.found_messages(
                filter=filter, sort=sort, timeout=timeout, page_size=page_size
            ),
        )

    def edit_message(
        self,
        message_id: str,
        content: str,
        *,
        edited_by: str = "",
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.EditMessageResponse:
        """EditMessage replaces the text of any message, in a moderator's name.

        Needs the permissions `read` and `write`. The call fails with `ERROR_REASON_MESSAGE_DELETED` if
        the message is deleted.
        """
        return self._loop.run(
            self._asynchronous.edit_message(
                message_id=message_id,
                content=content,
                edited_by=edited_by,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def delete_message(
        self,
        message_id: str,
        *,
        deleted_by: str = "",
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.DeleteMessageResponse:
        """DeleteMessage deletes any message, in a moderator's name. The message stays in its dialog
        without its content.

        Needs the permissions `read` and `write`, and version 0.0.81 of the platform: with an older
        one, the call fails with `ERROR_REASON_PLATFORM_TOO_OLD`.
        """
        return self._loop.run(
            self._asynchronous.delete_message(
                message_id=message_id,
                deleted_by=deleted_by,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def restore_message(
        self, message_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> tenant.RestoreMessageResponse:
        """RestoreMessage restores any deleted message.

        Needs the permissions `read` and `write`, and version 0.0.81 of the platform: with an older
        one, the call fails with `ERROR_REASON_PLATFORM_TOO_OLD`.
        """
        return self._loop.run(
            self._asynchronous.restore_message(
                message_id=message_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def set_message_topic(
        self,
        message_id: str,
        *,
        topic_id: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.SetMessageTopicResponse:
        """SetMessageTopic moves any message into a topic of its dialog, or out of its topic.

        Needs the permissions `read` and `write`.
        """
        return self._loop.run(
            self._asynchronous.set_message_topic(
                message_id=message_id,
                topic_id=topic_id,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def list_message_versions(
        self, message_id: str, *, timeout: float | None = None
    ) -> tenant.ListMessageVersionsResponse:
        """ListMessageVersions lists the earlier texts of any message.

        Needs the `read` permission, and version 0.0.82 of the platform: with an older one, the call
        fails with `ERROR_REASON_PLATFORM_TOO_OLD`.
        """
        return self._loop.run(
            self._asynchronous.list_message_versions(message_id=message_id, timeout=timeout)
        )

    def list_message_statuses(
        self,
        message_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> tenant.ListMessageStatusesResponse:
        """ListMessageStatuses lists the status history of a message: which member set which status, and
        when.

        Needs the `read` permission. The platform returns the history only through a member: the call
        fails with `ERROR_REASON_NO_MEMBERS` if the dialog has none.
        """
        return self._loop.run(
            self._asynchronous.list_message_statuses(
                message_id=message_id,
                page_size=page_size,
                page_token=page_token,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def message_statuses(
        self, message_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> SyncPages[user.MessageStatusRecord, tenant.ListMessageStatusesResponse]:
        """ListMessageStatuses lists the status history of a message: which member set which status, and
        when.

        Needs the `read` permission. The platform returns the history only through a member: the call
        fails with `ERROR_REASON_NO_MEMBERS` if the dialog has none.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.message_statuses(
                message_id=message_id, timeout=timeout, page_size=page_size
            ),
        )

    def set_message_status(
        self,
        message_id: str,
        user_id: str,
        status: user.MessageStatus,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.SetMessageStatusResponse:
        """SetMessageStatus records a status of a message in a member's name.

        Needs the permissions `read` and `write`. The call fails with `ERROR_REASON_MEMBER_NOT_FOUND`
        if the user is not a member of the message's dialog.
        """
        return self._loop.run(
            self._asynchronous.set_message_status(
                message_id=message_id,
                user_id=user_id,
                status=status,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def set_message_reaction(
        self,
        message_id: str,
        user_id: str,
        reaction: str,
        action: user.ReactionAction,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tenant.SetMessageReactionResponse:
        """SetMessageReaction adds or removes a reaction to a message in a member's name.

        Needs the permissions `read` and `write`. The call fails with `ERROR_REASON_MEMBER_NOT_FOUND`
        if the user is not a member of the message's dialog.
        """
        return self._loop.run(
            self._asynchronous.set_message_reaction(
                message_id=message_id,
                user_id=user_id,
                reaction=reaction,
                action=action,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def create_user_token(
        self, user_id: str, *, ttl: datetime.timedelta | None = None, timeout: float | None = None
    ) -> tenant.CreateUserTokenResponse:
        """CreateUserToken creates a short-lived token. With it, an app calls `chat3.user.v1.UserService`
        as one user, without the API key.

        Needs the `read` permission. The token has the permissions of the API key of this call, for
        that user, until it expires or the key is revoked. The service keeps no record of tokens, so a
        single token cannot be revoked. The call fails with `ERROR_REASON_TOKENS_NOT_CONFIGURED` if the
        service has no token keys.
        """
        return self._loop.run(
            self._asynchronous.create_user_token(user_id=user_id, ttl=ttl, timeout=timeout)
        )
