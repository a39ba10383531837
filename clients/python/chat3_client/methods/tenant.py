"""The calls of `TenantService`, as coroutines.

Generated from the contract by `make generate`: not to be edited.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, Final

from chat3_api.chat3.tenant import v1 as tenant
from chat3_api.chat3.user import v1 as user
from chat3_client.calls import Calls, Procedure, fresh_key
from chat3_client.pages import PAGE_SIZE, Pages
from chat3_client.values import struct, texts


_CREATE_USER: Final = Procedure(
    "chat3.tenant.v1.TenantService/CreateUser",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.create_user,
)
_UPSERT_USER: Final = Procedure(
    "chat3.tenant.v1.TenantService/UpsertUser",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.upsert_user,
)
_GET_USER: Final = Procedure(
    "chat3.tenant.v1.TenantService/GetUser",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.get_user,
)
_LIST_USERS: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListUsers",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_users,
)
_UPDATE_USER: Final = Procedure(
    "chat3.tenant.v1.TenantService/UpdateUser",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.update_user,
)
_DELETE_USER: Final = Procedure(
    "chat3.tenant.v1.TenantService/DeleteUser",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.delete_user,
)
_CREATE_DIALOG: Final = Procedure(
    "chat3.tenant.v1.TenantService/CreateDialog",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.create_dialog,
)
_GET_DIALOG: Final = Procedure(
    "chat3.tenant.v1.TenantService/GetDialog",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.get_dialog,
)
_FIND_DIALOG_BY_META: Final = Procedure(
    "chat3.tenant.v1.TenantService/FindDialogByMeta",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.find_dialog_by_meta,
)
_LIST_DIALOGS: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListDialogs",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_dialogs,
)
_UPDATE_DIALOG_META: Final = Procedure(
    "chat3.tenant.v1.TenantService/UpdateDialogMeta",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.update_dialog_meta,
)
_DELETE_DIALOG: Final = Procedure(
    "chat3.tenant.v1.TenantService/DeleteDialog",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.delete_dialog,
)
_LIST_DIALOG_MEMBERS: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListDialogMembers",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_dialog_members,
)
_ADD_DIALOG_MEMBERS: Final = Procedure(
    "chat3.tenant.v1.TenantService/AddDialogMembers",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.add_dialog_members,
)
_REMOVE_DIALOG_MEMBER: Final = Procedure(
    "chat3.tenant.v1.TenantService/RemoveDialogMember",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.remove_dialog_member,
)
_MARK_MEMBER_READ: Final = Procedure(
    "chat3.tenant.v1.TenantService/MarkMemberRead",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.mark_member_read,
)
_LIST_TOPICS: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListTopics",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_topics,
)
_CREATE_TOPIC: Final = Procedure(
    "chat3.tenant.v1.TenantService/CreateTopic",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.create_topic,
)
_UPDATE_TOPIC: Final = Procedure(
    "chat3.tenant.v1.TenantService/UpdateTopic",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.update_topic,
)
_CREATE_PACK: Final = Procedure(
    "chat3.tenant.v1.TenantService/CreatePack",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.create_pack,
)
_GET_PACK: Final = Procedure(
    "chat3.tenant.v1.TenantService/GetPack",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.get_pack,
)
_LIST_PACKS: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListPacks",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_packs,
)
_UPDATE_PACK_META: Final = Procedure(
    "chat3.tenant.v1.TenantService/UpdatePackMeta",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.update_pack_meta,
)
_DELETE_PACK: Final = Procedure(
    "chat3.tenant.v1.TenantService/DeletePack",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.delete_pack,
)
_ADD_PACK_DIALOG: Final = Procedure(
    "chat3.tenant.v1.TenantService/AddPackDialog",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.add_pack_dialog,
)
_REMOVE_PACK_DIALOG: Final = Procedure(
    "chat3.tenant.v1.TenantService/RemovePackDialog",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.remove_pack_dialog,
)
_LIST_PACK_DIALOGS: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListPackDialogs",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_pack_dialogs,
)
_LIST_PACK_MESSAGES: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListPackMessages",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_pack_messages,
)
_LIST_PACK_MEMBERS: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListPackMembers",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_pack_members,
)
_GET_PACK_MEMBER: Final = Procedure(
    "chat3.tenant.v1.TenantService/GetPackMember",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.get_pack_member,
)
_ADD_PACK_MEMBER: Final = Procedure(
    "chat3.tenant.v1.TenantService/AddPackMember",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.add_pack_member,
)
_REMOVE_PACK_MEMBER: Final = Procedure(
    "chat3.tenant.v1.TenantService/RemovePackMember",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.remove_pack_member,
)
_MARK_PACK_MEMBER_READ: Final = Procedure(
    "chat3.tenant.v1.TenantService/MarkPackMemberRead",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.mark_pack_member_read,
)
_MARK_PACK_READ: Final = Procedure(
    "chat3.tenant.v1.TenantService/MarkPackRead",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.mark_pack_read,
)
_CREATE_META_INDEX: Final = Procedure(
    "chat3.tenant.v1.TenantService/CreateMetaIndex",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.create_meta_index,
)
_GET_META_INDEX: Final = Procedure(
    "chat3.tenant.v1.TenantService/GetMetaIndex",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.get_meta_index,
)
_LIST_META_INDEXES: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListMetaIndexes",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_meta_indexes,
)
_DELETE_META_INDEX: Final = Procedure(
    "chat3.tenant.v1.TenantService/DeleteMetaIndex",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.delete_meta_index,
)
_SEND_MESSAGE: Final = Procedure(
    "chat3.tenant.v1.TenantService/SendMessage",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.send_message,
)
_GET_MESSAGE: Final = Procedure(
    "chat3.tenant.v1.TenantService/GetMessage",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.get_message,
)
_LIST_MESSAGES: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListMessages",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_messages,
)
_SEARCH_MESSAGES: Final = Procedure(
    "chat3.tenant.v1.TenantService/SearchMessages",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.search_messages,
)
_EDIT_MESSAGE: Final = Procedure(
    "chat3.tenant.v1.TenantService/EditMessage",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.edit_message,
)
_DELETE_MESSAGE: Final = Procedure(
    "chat3.tenant.v1.TenantService/DeleteMessage",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.delete_message,
)
_RESTORE_MESSAGE: Final = Procedure(
    "chat3.tenant.v1.TenantService/RestoreMessage",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.restore_message,
)
_SET_MESSAGE_TOPIC: Final = Procedure(
    "chat3.tenant.v1.TenantService/SetMessageTopic",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.set_message_topic,
)
_LIST_MESSAGE_VERSIONS: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListMessageVersions",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_message_versions,
)
_LIST_MESSAGE_STATUSES: Final = Procedure(
    "chat3.tenant.v1.TenantService/ListMessageStatuses",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.list_message_statuses,
)
_SET_MESSAGE_STATUS: Final = Procedure(
    "chat3.tenant.v1.TenantService/SetMessageStatus",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.set_message_status,
)
_SET_MESSAGE_REACTION: Final = Procedure(
    "chat3.tenant.v1.TenantService/SetMessageReaction",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.set_message_reaction,
)
_CREATE_USER_TOKEN: Final = Procedure(
    "chat3.tenant.v1.TenantService/CreateUserToken",
    tenant.TenantServiceStub,
    tenant.TenantServiceStub.create_user_token,
)


class TenantMethods:
    """Every unary call."""

    _calls: Calls

    async def create_user(
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
        request = tenant.CreateUserRequest(
            user_id=user_id,
            type=type,
            meta=struct(meta),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_CREATE_USER, request, timeout)

    async def upsert_user(
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
        request = tenant.UpsertUserRequest(
            user_id=user_id,
            type=type,
            meta=struct(meta),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_UPSERT_USER, request, timeout)

    async def get_user(
        self, user_id: str, *, timeout: float | None = None
    ) -> tenant.GetUserResponse:
        """GetUser returns one user, with custom data and counters.

        Needs the `read` permission. If the platform knows the id only as the owner of custom data or
        of a membership, and not as a user, the call fails with `ERROR_REASON_USER_NOT_FOUND`.
        """
        request = tenant.GetUserRequest(user_id=user_id)
        return await self._calls.unary(_GET_USER, request, timeout)

    async def list_users(
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
        request = tenant.ListUsersRequest(
            page_size=page_size,
            page_token=page_token,
            filter=filter,
            sort=sort,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_USERS, request, timeout)

    def users(
        self,
        *,
        filter: str = "",
        sort: str = "",
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Pages[tenant.User, tenant.ListUsersResponse]:
        """ListUsers lists the tenant's users.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = tenant.ListUsersRequest(filter=filter, sort=sort, page_size=page_size)
        return Pages(self._calls, _LIST_USERS, request, lambda page: page.users, timeout)

    async def update_user(
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
        request = tenant.UpdateUserRequest(
            user_id=user_id,
            type=type,
            meta=struct(meta),
            remove_keys=texts(remove_keys),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_UPDATE_USER, request, timeout)

    async def delete_user(
        self, user_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> tenant.DeleteUserResponse:
        """DeleteUser deletes a user. The platform removes only the user: memberships, messages and custom
        data stay, and the id remains a member of its dialogs until it is removed from them.

        Needs the permissions `read` and `delete`.
        """
        request = tenant.DeleteUserRequest(
            user_id=user_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_DELETE_USER, request, timeout)

    async def create_dialog(
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
        request = tenant.CreateDialogRequest(
            member_ids=texts(member_ids),
            meta=struct(meta),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_CREATE_DIALOG, request, timeout)

    async def get_dialog(
        self, dialog_id: str, *, timeout: float | None = None
    ) -> tenant.GetDialogResponse:
        """GetDialog returns one dialog.

        Needs the `read` permission. All methods fail with `ERROR_REASON_DIALOG_NOT_FOUND` if the
        tenant has no such dialog.
        """
        request = tenant.GetDialogRequest(dialog_id=dialog_id)
        return await self._calls.unary(_GET_DIALOG, request, timeout)

    async def find_dialog_by_meta(
        self, meta_key: str, value: str, *, timeout: float | None = None
    ) -> tenant.FindDialogByMetaResponse:
        """FindDialogByMeta returns the oldest dialog whose custom data has a text under a key.

        Needs the `read` permission.
        """
        request = tenant.FindDialogByMetaRequest(meta_key=meta_key, value=value)
        return await self._calls.unary(_FIND_DIALOG_BY_META, request, timeout)

    async def list_dialogs(
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
        request = tenant.ListDialogsRequest(
            page_size=page_size,
            page_token=page_token,
            filter=filter,
            sort=sort,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_DIALOGS, request, timeout)

    def dialogs(
        self,
        *,
        filter: str = "",
        sort: str = "",
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Pages[tenant.Dialog, tenant.ListDialogsResponse]:
        """ListDialogs lists the tenant's dialogs.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = tenant.ListDialogsRequest(filter=filter, sort=sort, page_size=page_size)
        return Pages(self._calls, _LIST_DIALOGS, request, lambda page: page.dialogs, timeout)

    async def update_dialog_meta(
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
        request = tenant.UpdateDialogMetaRequest(
            dialog_id=dialog_id,
            meta=struct(meta),
            remove_keys=texts(remove_keys),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_UPDATE_DIALOG_META, request, timeout)

    async def delete_dialog(
        self, dialog_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> tenant.DeleteDialogResponse:
        """DeleteDialog deletes a dialog with its memberships. The platform keeps its messages and topics.
        No member gets an update.

        Needs the permissions `read` and `delete`. The call fails with `ERROR_REASON_DIALOG_NOT_FOUND`
        if the dialog is already deleted; a retry with the same idempotency key gets the first
        response.
        """
        request = tenant.DeleteDialogRequest(
            dialog_id=dialog_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_DELETE_DIALOG, request, timeout)

    async def list_dialog_members(
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
        request = tenant.ListDialogMembersRequest(
            dialog_id=dialog_id,
            page_size=page_size,
            page_token=page_token,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_DIALOG_MEMBERS, request, timeout)

    def dialog_members(
        self, dialog_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> Pages[user.DialogMember, tenant.ListDialogMembersResponse]:
        """ListDialogMembers lists the members of a dialog.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = tenant.ListDialogMembersRequest(dialog_id=dialog_id, page_size=page_size)
        return Pages(self._calls, _LIST_DIALOG_MEMBERS, request, lambda page: page.members, timeout)

    async def add_dialog_members(
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
        request = tenant.AddDialogMembersRequest(
            dialog_id=dialog_id,
            user_ids=texts(user_ids),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_ADD_DIALOG_MEMBERS, request, timeout)

    async def remove_dialog_member(
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
        request = tenant.RemoveDialogMemberRequest(
            dialog_id=dialog_id, user_id=user_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_REMOVE_DIALOG_MEMBER, request, timeout)

    async def mark_member_read(
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
        request = tenant.MarkMemberReadRequest(
            dialog_id=dialog_id, user_id=user_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_MARK_MEMBER_READ, request, timeout)

    async def list_topics(
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
        request = tenant.ListTopicsRequest(
            dialog_id=dialog_id,
            page_size=page_size,
            page_token=page_token,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_TOPICS, request, timeout)

    def topics(
        self, dialog_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> Pages[user.Topic, tenant.ListTopicsResponse]:
        """ListTopics lists the topics of a dialog.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = tenant.ListTopicsRequest(dialog_id=dialog_id, page_size=page_size)
        return Pages(self._calls, _LIST_TOPICS, request, lambda page: page.topics, timeout)

    async def create_topic(
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
        request = tenant.CreateTopicRequest(
            dialog_id=dialog_id, meta=struct(meta), idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_CREATE_TOPIC, request, timeout)

    async def update_topic(
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
        request = tenant.UpdateTopicRequest(
            dialog_id=dialog_id,
            topic_id=topic_id,
            meta=struct(meta),
            remove_keys=texts(remove_keys),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_UPDATE_TOPIC, request, timeout)

    async def create_pack(
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
        request = tenant.CreatePackRequest(
            meta=struct(meta), idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_CREATE_PACK, request, timeout)

    async def get_pack(
        self, pack_id: str, *, timeout: float | None = None
    ) -> tenant.GetPackResponse:
        """GetPack returns one pack, with counters.

        Needs the `read` permission. All methods fail with `ERROR_REASON_PACK_NOT_FOUND` if the tenant
        has no such pack.
        """
        request = tenant.GetPackRequest(pack_id=pack_id)
        return await self._calls.unary(_GET_PACK, request, timeout)

    async def list_packs(
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
        request = tenant.ListPacksRequest(
            page_size=page_size,
            page_token=page_token,
            filter=filter,
            sort=sort,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_PACKS, request, timeout)

    def packs(
        self,
        *,
        filter: str = "",
        sort: str = "",
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Pages[tenant.Pack, tenant.ListPacksResponse]:
        """ListPacks lists the tenant's packs, with counters.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = tenant.ListPacksRequest(filter=filter, sort=sort, page_size=page_size)
        return Pages(self._calls, _LIST_PACKS, request, lambda page: page.packs, timeout)

    async def update_pack_meta(
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
        request = tenant.UpdatePackMetaRequest(
            pack_id=pack_id,
            meta=struct(meta),
            remove_keys=texts(remove_keys),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_UPDATE_PACK_META, request, timeout)

    async def delete_pack(
        self, pack_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> tenant.DeletePackResponse:
        """DeletePack deletes a pack; its dialogs stay.

        Needs the permissions `read` and `delete`. The call fails with `ERROR_REASON_PACK_NOT_FOUND` if
        the pack is already deleted; a retry with the same idempotency key gets the first response.
        """
        request = tenant.DeletePackRequest(
            pack_id=pack_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_DELETE_PACK, request, timeout)

    async def add_pack_dialog(
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
        request = tenant.AddPackDialogRequest(
            pack_id=pack_id, dialog_id=dialog_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_ADD_PACK_DIALOG, request, timeout)

    async def remove_pack_dialog(
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
        request = tenant.RemovePackDialogRequest(
            pack_id=pack_id, dialog_id=dialog_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_REMOVE_PACK_DIALOG, request, timeout)

    async def list_pack_dialogs(
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
        request = tenant.ListPackDialogsRequest(
            pack_id=pack_id,
            page_size=page_size,
            page_token=page_token,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_PACK_DIALOGS, request, timeout)

    def pack_dialogs(
        self, pack_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> Pages[tenant.PackDialog, tenant.ListPackDialogsResponse]:
        """ListPackDialogs lists the dialogs of a pack, the last added first.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = tenant.ListPackDialogsRequest(pack_id=pack_id, page_size=page_size)
        return Pages(self._calls, _LIST_PACK_DIALOGS, request, lambda page: page.dialogs, timeout)

    async def list_pack_messages(
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
        request = tenant.ListPackMessagesRequest(
            pack_id=pack_id, page_size=page_size, page_token=page_token
        )
        return await self._calls.unary(_LIST_PACK_MESSAGES, request, timeout)

    def pack_messages(
        self, pack_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> Pages[user.Message, tenant.ListPackMessagesResponse]:
        """ListPackMessages lists the messages of all dialogs of a pack, the newest first.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = tenant.ListPackMessagesRequest(pack_id=pack_id, page_size=page_size)
        return Pages(self._calls, _LIST_PACK_MESSAGES, request, lambda page: page.messages, timeout)

    async def list_pack_members(
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
        request = tenant.ListPackMembersRequest(
            pack_id=pack_id,
            page_size=page_size,
            page_token=page_token,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_PACK_MEMBERS, request, timeout)

    def pack_members(
        self, pack_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> Pages[str, tenant.ListPackMembersResponse]:
        """ListPackMembers lists the users who are a member of a dialog of a pack. The platform returns
        all of them at once, so every page of a large pack costs as much as the whole list.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = tenant.ListPackMembersRequest(pack_id=pack_id, page_size=page_size)
        return Pages(self._calls, _LIST_PACK_MEMBERS, request, lambda page: page.user_ids, timeout)

    async def get_pack_member(
        self, pack_id: str, user_id: str, *, timeout: float | None = None
    ) -> tenant.GetPackMemberResponse:
        """GetPackMember returns one user's unread counts in a pack.

        Needs the `read` permission. The call fails with `ERROR_REASON_PACK_NOT_FOUND` if the user is
        in no dialog of the pack.
        """
        request = tenant.GetPackMemberRequest(pack_id=pack_id, user_id=user_id)
        return await self._calls.unary(_GET_PACK_MEMBER, request, timeout)

    async def add_pack_member(
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
        request = tenant.AddPackMemberRequest(
            pack_id=pack_id, user_id=user_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_ADD_PACK_MEMBER, request, timeout)

    async def remove_pack_member(
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
        request = tenant.RemovePackMemberRequest(
            pack_id=pack_id, user_id=user_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_REMOVE_PACK_MEMBER, request, timeout)

    async def mark_pack_member_read(
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
        request = tenant.MarkPackMemberReadRequest(
            pack_id=pack_id, user_id=user_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_MARK_PACK_MEMBER_READ, request, timeout)

    async def mark_pack_read(
        self, pack_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> tenant.MarkPackReadResponse:
        """MarkPackRead marks all messages of a pack as read by every member of its dialogs. The platform
        takes long for a large pack: use a long deadline.

        Needs the permissions `read` and `write`.
        """
        request = tenant.MarkPackReadRequest(
            pack_id=pack_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_MARK_PACK_READ, request, timeout)

    async def create_meta_index(
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
        request = tenant.CreateMetaIndexRequest(
            kind=kind,
            mode=mode,
            keys=texts(keys),
            condition=condition,
            validate_only=validate_only,
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_CREATE_META_INDEX, request, timeout)

    async def get_meta_index(
        self, kind: tenant.MetaKind, index_id: str, *, timeout: float | None = None
    ) -> tenant.GetMetaIndexResponse:
        """GetMetaIndex returns one index.

        Needs the `read` permission. The call fails with `ERROR_REASON_META_INDEX_NOT_FOUND` if the
        tenant has no such index.
        """
        request = tenant.GetMetaIndexRequest(kind=kind, index_id=index_id)
        return await self._calls.unary(_GET_META_INDEX, request, timeout)

    async def list_meta_indexes(
        self, kind: tenant.MetaKind, *, timeout: float | None = None
    ) -> tenant.ListMetaIndexesResponse:
        """ListMetaIndexes lists the indexes of one kind of object.

        Needs the `read` permission.
        """
        request = tenant.ListMetaIndexesRequest(kind=kind)
        return await self._calls.unary(_LIST_META_INDEXES, request, timeout)

    async def delete_meta_index(
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
        request = tenant.DeleteMetaIndexRequest(
            kind=kind, index_id=index_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_DELETE_META_INDEX, request, timeout)

    async def send_message(
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
        request = tenant.SendMessageRequest(
            dialog_id=dialog_id,
            sender_id=sender_id,
            content=content,
            type=type,
            meta=struct(meta),
            quoted_message_id=quoted_message_id,
            topic_id=topic_id,
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_SEND_MESSAGE, request, timeout)

    async def get_message(
        self, message_id: str, *, timeout: float | None = None
    ) -> tenant.GetMessageResponse:
        """GetMessage returns one message of any dialog.

        Needs the `read` permission. All methods fail with `ERROR_REASON_MESSAGE_NOT_FOUND` if the
        tenant has no such message.
        """
        request = tenant.GetMessageRequest(message_id=message_id)
        return await self._calls.unary(_GET_MESSAGE, request, timeout)

    async def list_messages(
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
        request = tenant.ListMessagesRequest(
            dialog_id=dialog_id,
            page_size=page_size,
            page_token=page_token,
            around_message_id=around_message_id,
            filter=filter,
            sort=sort,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_MESSAGES, request, timeout)

    def history(
        self,
        dialog_id: str,
        *,
        around_message_id: str | None = None,
        filter: str = "",
        sort: str = "",
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Pages[user.Message, tenant.ListMessagesResponse]:
        """ListMessages lists the messages of a dialog.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = tenant.ListMessagesRequest(
            dialog_id=dialog_id,
            around_message_id=around_message_id,
            filter=filter,
            sort=sort,
            page_size=page_size,
        )
        return Pages(self._calls, _LIST_MESSAGES, request, lambda page: page.messages, timeout)

    async def search_messages(
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
        request = tenant.SearchMessagesRequest(
            page_size=page_size,
            page_token=page_token,
            filter=filter,
            sort=sort,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_SEARCH_MESSAGES, request, timeout)

    def found_messages(
        self,
        *,
        filter: str = "",
        sort: str = "",
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Pages[user.Message, tenant.SearchMessagesResponse]:
        """SearchMessages lists the messages that match a filter, in all dialogs of the tenant.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = tenant.SearchMessagesRequest(filter=filter, sort=sort, page_size=page_size)
        return Pages(self._calls, _SEARCH_MESSAGES, request, lambda page: page.messages, timeout)

    async def edit_message(
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
        request = tenant.EditMessageRequest(
            message_id=message_id,
            content=content,
            edited_by=edited_by,
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_EDIT_MESSAGE, request, timeout)

    async def delete_message(
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
        request = tenant.DeleteMessageRequest(
            message_id=message_id, deleted_by=deleted_by, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_DELETE_MESSAGE, request, timeout)

    async def restore_message(
        self, message_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> tenant.RestoreMessageResponse:
        """RestoreMessage restores any deleted message.

        Needs the permissions `read` and `write`, and version 0.0.81 of the platform: with an older
        one, the call fails with `ERROR_REASON_PLATFORM_TOO_OLD`.
        """
        request = tenant.RestoreMessageRequest(
            message_id=message_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_RESTORE_MESSAGE, request, timeout)

    async def set_message_topic(
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
        request = tenant.SetMessageTopicRequest(
            message_id=message_id, topic_id=topic_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_SET_MESSAGE_TOPIC, request, timeout)

    async def list_message_versions(
        self, message_id: str, *, timeout: float | None = None
    ) -> tenant.ListMessageVersionsResponse:
        """ListMessageVersions lists the earlier texts of any message.

        Needs the `read` permission, and version 0.0.82 of the platform: with an older one, the call
        fails with `ERROR_REASON_PLATFORM_TOO_OLD`.
        """
        request = tenant.ListMessageVersionsRequest(message_id=message_id)
        return await self._calls.unary(_LIST_MESSAGE_VERSIONS, request, timeout)

    async def list_message_statuses(
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
        request = tenant.ListMessageStatusesRequest(
            message_id=message_id,
            page_size=page_size,
            page_token=page_token,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_MESSAGE_STATUSES, request, timeout)

    def message_statuses(
        self, message_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> Pages[user.MessageStatusRecord, tenant.ListMessageStatusesResponse]:
        """ListMessageStatuses lists the status history of a message: which member set which status, and
        when.

        Needs the `read` permission. The platform returns the history only through a member: the call
        fails with `ERROR_REASON_NO_MEMBERS` if the dialog has none.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = tenant.ListMessageStatusesRequest(message_id=message_id, page_size=page_size)
        return Pages(
            self._calls, _LIST_MESSAGE_STATUSES, request, lambda page: page.statuses, timeout
        )

    async def set_message_status(
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
        request = tenant.SetMessageStatusRequest(
            message_id=message_id,
            user_id=user_id,
            status=status,
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_SET_MESSAGE_STATUS, request, timeout)

    async def set_message_reaction(
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
        request = tenant.SetMessageReactionRequest(
            message_id=message_id,
            user_id=user_id,
            reaction=reaction,
            action=action,
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_SET_MESSAGE_REACTION, request, timeout)

    async def create_user_token(
        self, user_id: str, *, ttl: datetime.timedelta | None = None, timeout: float | None = None
    ) -> tenant.CreateUserTokenResponse:
        """CreateUserToken creates a short-lived token. With it, an app calls `chat3.user.v1.UserService`
        as one user, without the API key.

        Needs the `read` permission. The token has the permissions of the API key of this call, for
        that user, until it expires or the key is revoked. The service keeps no record of tokens, so a
        single token cannot be revoked. The call fails with `ERROR_REASON_TOKENS_NOT_CONFIGURED` if the
        service has no token keys.
        """
        request = tenant.CreateUserTokenRequest(user_id=user_id, ttl=ttl)
        return await self._calls.unary(_CREATE_USER_TOKEN, request, timeout)
