"""The calls of `TenantService`, for code without asyncio.

Generated from the contract by `make generate`: not to be edited.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chat3_api.chat3.tenant import v1 as tenant
from chat3_api.chat3.user import v1 as user
from chat3_client.loop_thread import LoopThread
from chat3_client.methods.tenant import TenantMethods
from chat3_client.pages import PAGE_SIZE


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

        Needs the permissions `read` and `write`. A user that exists gives `ERROR_REASON_USER_EXISTS`.
        With an idempotency key a retry completes what an attempt that was cut off left half-written.
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
        """UpsertUser creates a user, or brings a known one to the requested state.

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
        """GetUser returns one user, with open data and counters.

        Needs the `read` permission. A user that exists only as the owner of open data or of a
        membership is not found: `ERROR_REASON_USER_NOT_FOUND`.
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
    ) -> Iterator[tenant.User]:
        """ListUsers lists the tenant's users.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return self._loop.iterate(
            self._asynchronous.users(filter=filter, sort=sort, timeout=timeout, page_size=page_size)
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
        """UpdateUser changes the type and the open data of a user.

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
        """DeleteUser deletes a user. The platform removes the user alone: memberships, messages and open
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

        Needs the permissions `read` and `write`. All members are looked up before anything is written.
        With an idempotency key a retry never creates a second dialog, and completes one that the
        platform left half-written. A platform that is cut off before it wrote any open data leaves an
        empty dialog behind, without members and open data, that no retry can recognise. Open data that
        the tenant's meta indexes refuse gives `ERROR_REASON_META_INDEX_CONFLICT`, which says what was
        left.
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

        Needs the `read` permission. A dialog that the tenant does not have gives
        `ERROR_REASON_DIALOG_NOT_FOUND`, in all methods.
        """
        return self._loop.run(self._asynchronous.get_dialog(dialog_id=dialog_id, timeout=timeout))

    def find_dialog_by_meta(
        self, meta_key: str, value: str, *, timeout: float | None = None
    ) -> tenant.FindDialogByMetaResponse:
        """FindDialogByMeta returns the oldest dialog whose open data has a text under a key.

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
    ) -> Iterator[tenant.Dialog]:
        """ListDialogs lists the tenant's dialogs.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return self._loop.iterate(
            self._asynchronous.dialogs(
                filter=filter, sort=sort, timeout=timeout, page_size=page_size
            )
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
        """UpdateDialogMeta sets and removes keys of a dialog's open data.

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
        """DeleteDialog deletes a dialog with its memberships. The platform keeps its messages and topics,
        and tells nobody: no member gets an update.

        Needs the permissions `read` and `delete`. A dialog that is deleted already gives
        `ERROR_REASON_DIALOG_NOT_FOUND`; a repetition with the same idempotency key gets the first answer.
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
    ) -> Iterator[user.DialogMember]:
        """ListDialogMembers lists the members of a dialog.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return self._loop.iterate(
            self._asynchronous.dialog_members(
                dialog_id=dialog_id, timeout=timeout, page_size=page_size
            )
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

        Needs the permissions `read` and `write`. All users are looked up before the first is added.
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
        """RemoveDialogMember ends a user's membership of a dialog. The last member can be removed too.

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
        `chat3.user.v1.UserService.MarkDialogRead` does. The platform sets no other number of unread
        messages.

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
    ) -> Iterator[user.Topic]:
        """ListTopics lists the topics of a dialog.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return self._loop.iterate(
            self._asynchronous.topics(dialog_id=dialog_id, timeout=timeout, page_size=page_size)
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

        Needs the permissions `read` and `write`. With an idempotency key a retry never creates a second
        topic, and completes one that the platform left half-written. Topics cannot be deleted: what a
        refusal by the tenant's meta indexes leaves is named by `ERROR_REASON_META_INDEX_CONFLICT`.
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
        """UpdateTopic sets and removes keys of a topic's open data.

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

        Needs the permissions `read` and `write`. With an idempotency key a retry never creates a second pack,
        and completes one that the platform left half-written. Open data that the tenant's meta indexes refuse
        gives `ERROR_REASON_META_INDEX_CONFLICT`.
        """
        return self._loop.run(
            self._asynchronous.create_pack(
                meta=meta, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def get_pack(self, pack_id: str, *, timeout: float | None = None) -> tenant.GetPackResponse:
        """GetPack returns one pack, with counters.

        Needs the `read` permission. A pack that the tenant does not have gives `ERROR_REASON_PACK_NOT_FOUND`,
        in all methods.
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
    ) -> Iterator[tenant.Pack]:
        """ListPacks lists the tenant's packs, with counters.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return self._loop.iterate(
            self._asynchronous.packs(filter=filter, sort=sort, timeout=timeout, page_size=page_size)
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
        """UpdatePackMeta sets and removes keys of a pack's open data.

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

        Needs the permissions `read` and `delete`. A pack that is deleted already gives
        `ERROR_REASON_PACK_NOT_FOUND`; a repetition with the same idempotency key gets the first answer.
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
        """RemovePackDialog takes a dialog out of a pack.

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
    ) -> Iterator[tenant.PackDialog]:
        """ListPackDialogs lists the dialogs of a pack, the last added first.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return self._loop.iterate(
            self._asynchronous.pack_dialogs(pack_id=pack_id, timeout=timeout, page_size=page_size)
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
    ) -> Iterator[user.Message]:
        """ListPackMessages lists the messages of all dialogs of a pack, the newest first.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return self._loop.iterate(
            self._asynchronous.pack_messages(pack_id=pack_id, timeout=timeout, page_size=page_size)
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
        """ListPackMembers lists the users who are a member of a dialog of a pack. The platform returns all of
        them at once: a large pack costs the same for every page.

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
    ) -> Iterator[str]:
        """ListPackMembers lists the users who are a member of a dialog of a pack. The platform returns all of
        them at once: a large pack costs the same for every page.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return self._loop.iterate(
            self._asynchronous.pack_members(pack_id=pack_id, timeout=timeout, page_size=page_size)
        )

    def get_pack_member(
        self, pack_id: str, user_id: str, *, timeout: float | None = None
    ) -> tenant.GetPackMemberResponse:
        """GetPackMember returns one user's unread counts in a pack.

        Needs the `read` permission. A user who is in no dialog of the pack gives
        `ERROR_REASON_PACK_NOT_FOUND`.
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

        Needs the permissions `read` and `write`. The user is looked up before anything is written.
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
        """RemovePackMember ends a user's membership of every dialog of a pack.

        Needs the permissions `read` and `write`. A user who is in no dialog of the pack gives
        `ERROR_REASON_PACK_NOT_FOUND`.
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

        Needs the permissions `read` and `write`. A user who is in no dialog of the pack gives
        `ERROR_REASON_PACK_NOT_FOUND`.
        """
        return self._loop.run(
            self._asynchronous.mark_pack_member_read(
                pack_id=pack_id, user_id=user_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def mark_pack_read(
        self, pack_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> tenant.MarkPackReadResponse:
        """MarkPackRead marks all messages of a pack as read by every member of its dialogs. On a large pack the
        platform takes long: give the call time.

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
        """CreateMetaIndex creates a demand on the open data of one kind of thing.

        Needs the permissions `read` and `write`. An index that contradicts open data or another index gives
        `ERROR_REASON_META_INDEX_REFUSED`. The same index again is no failure.
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

        Needs the `read` permission. An index that the tenant does not have gives
        `ERROR_REASON_META_INDEX_NOT_FOUND`.
        """
        return self._loop.run(
            self._asynchronous.get_meta_index(kind=kind, index_id=index_id, timeout=timeout)
        )

    def list_meta_indexes(
        self, kind: tenant.MetaKind, *, timeout: float | None = None
    ) -> tenant.ListMetaIndexesResponse:
        """ListMetaIndexes lists the indexes of one kind of thing.

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
        """DeleteMetaIndex deletes an index. The platform asks for `write`, not for `delete`.

        Needs the permissions `read` and `write`. An index that is deleted already gives
        `ERROR_REASON_META_INDEX_NOT_FOUND`; a repetition with the same idempotency key gets the first answer.
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

        Needs the permissions `read` and `write`. The sender must exist as a user and need not be a member
        of the dialog. With an idempotency key a retry never writes twice. Open data that the tenant's meta
        indexes refuse gives `ERROR_REASON_META_INDEX_CONFLICT`, which says what was left. The platform sets
        the creation time, so history cannot be imported with its times.
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

        Needs the `read` permission. A message that the tenant does not have gives
        `ERROR_REASON_MESSAGE_NOT_FOUND`, in all methods.
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
    ) -> Iterator[user.Message]:
        """ListMessages lists the messages of a dialog.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return self._loop.iterate(
            self._asynchronous.history(
                dialog_id=dialog_id,
                around_message_id=around_message_id,
                filter=filter,
                sort=sort,
                timeout=timeout,
                page_size=page_size,
            )
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
        """SearchMessages lists the messages of all dialogs that a filter selects.

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
    ) -> Iterator[user.Message]:
        """SearchMessages lists the messages of all dialogs that a filter selects.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return self._loop.iterate(
            self._asynchronous.found_messages(
                filter=filter, sort=sort, timeout=timeout, page_size=page_size
            )
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

        Needs the permissions `read` and `write`. A deleted message gives `ERROR_REASON_MESSAGE_DELETED`.
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
        """DeleteMessage deletes any message, in a moderator's name. The message stays in its dialog without
        what it said.

        Needs the permissions `read` and `write`, and version 0.0.81 of the platform: an older one gives
        `ERROR_REASON_PLATFORM_TOO_OLD`.
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
        """RestoreMessage takes back the deletion of any message.

        Needs the permissions `read` and `write`, and version 0.0.81 of the platform: an older one gives
        `ERROR_REASON_PLATFORM_TOO_OLD`.
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

        Needs the `read` permission, and version 0.0.82 of the platform: an older one gives
        `ERROR_REASON_PLATFORM_TOO_OLD`.
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
        """ListMessageStatuses lists which member gave a message which status, and when.

        Needs the `read` permission. The platform shows the history to members alone: a dialog without
        members gives `ERROR_REASON_NO_MEMBERS`.
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
    ) -> Iterator[user.MessageStatusRecord]:
        """ListMessageStatuses lists which member gave a message which status, and when.

        Needs the `read` permission. The platform shows the history to members alone: a dialog without
        members gives `ERROR_REASON_NO_MEMBERS`.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return self._loop.iterate(
            self._asynchronous.message_statuses(
                message_id=message_id, timeout=timeout, page_size=page_size
            )
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

        Needs the permissions `read` and `write`. A user who is no member of the message's dialog gives
        `ERROR_REASON_MEMBER_NOT_FOUND`.
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
        """SetMessageReaction gives a reaction to a message in a member's name, or takes it back.

        Needs the permissions `read` and `write`. A user who is no member of the message's dialog gives
        `ERROR_REASON_MEMBER_NOT_FOUND`.
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
        """CreateUserToken creates a short-lived token with which an app calls `chat3.user.v1.UserService` as
        one user, without the API key.

        Needs the `read` permission. The token can do what the API key of this call can do for that user,
        until it expires or the key is revoked. The service keeps no record of it: a token cannot be
        revoked alone. A service without keys for tokens gives `ERROR_REASON_TOKENS_NOT_CONFIGURED`.
        """
        return self._loop.run(
            self._asynchronous.create_user_token(user_id=user_id, ttl=ttl, timeout=timeout)
        )
