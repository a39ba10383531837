"""The calls of `UserService`, as coroutines.

Generated from the contract by `make generate`: not to be edited.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from chat3_api.chat3.user import v1 as user
from chat3_client.calls import Calls, Procedure, fresh_key
from chat3_client.pages import PAGE_SIZE, Pages
from chat3_client.values import struct, texts


_GET_USER_DIALOGS: Final = Procedure(
    "chat3.user.v1.UserService/GetUserDialogs",
    user.UserServiceStub,
    user.UserServiceStub.get_user_dialogs,
)
_GET_DIALOG: Final = Procedure(
    "chat3.user.v1.UserService/GetDialog", user.UserServiceStub, user.UserServiceStub.get_dialog
)
_CREATE_DIALOG: Final = Procedure(
    "chat3.user.v1.UserService/CreateDialog",
    user.UserServiceStub,
    user.UserServiceStub.create_dialog,
)
_GET_OR_CREATE_DIRECT_DIALOG: Final = Procedure(
    "chat3.user.v1.UserService/GetOrCreateDirectDialog",
    user.UserServiceStub,
    user.UserServiceStub.get_or_create_direct_dialog,
)
_UPDATE_DIALOG_META: Final = Procedure(
    "chat3.user.v1.UserService/UpdateDialogMeta",
    user.UserServiceStub,
    user.UserServiceStub.update_dialog_meta,
)
_LEAVE_DIALOG: Final = Procedure(
    "chat3.user.v1.UserService/LeaveDialog", user.UserServiceStub, user.UserServiceStub.leave_dialog
)
_MARK_DIALOG_READ: Final = Procedure(
    "chat3.user.v1.UserService/MarkDialogRead",
    user.UserServiceStub,
    user.UserServiceStub.mark_dialog_read,
)
_SEND_TYPING_INDICATOR: Final = Procedure(
    "chat3.user.v1.UserService/SendTypingIndicator",
    user.UserServiceStub,
    user.UserServiceStub.send_typing_indicator,
)
_LIST_DIALOG_MEMBERS: Final = Procedure(
    "chat3.user.v1.UserService/ListDialogMembers",
    user.UserServiceStub,
    user.UserServiceStub.list_dialog_members,
)
_ADD_DIALOG_MEMBERS: Final = Procedure(
    "chat3.user.v1.UserService/AddDialogMembers",
    user.UserServiceStub,
    user.UserServiceStub.add_dialog_members,
)
_REMOVE_DIALOG_MEMBER: Final = Procedure(
    "chat3.user.v1.UserService/RemoveDialogMember",
    user.UserServiceStub,
    user.UserServiceStub.remove_dialog_member,
)
_GET_DIALOG_MESSAGES: Final = Procedure(
    "chat3.user.v1.UserService/GetDialogMessages",
    user.UserServiceStub,
    user.UserServiceStub.get_dialog_messages,
)
_GET_MESSAGE: Final = Procedure(
    "chat3.user.v1.UserService/GetMessage", user.UserServiceStub, user.UserServiceStub.get_message
)
_SEND_MESSAGE: Final = Procedure(
    "chat3.user.v1.UserService/SendMessage", user.UserServiceStub, user.UserServiceStub.send_message
)
_EDIT_MESSAGE: Final = Procedure(
    "chat3.user.v1.UserService/EditMessage", user.UserServiceStub, user.UserServiceStub.edit_message
)
_DELETE_MESSAGE: Final = Procedure(
    "chat3.user.v1.UserService/DeleteMessage",
    user.UserServiceStub,
    user.UserServiceStub.delete_message,
)
_RESTORE_MESSAGE: Final = Procedure(
    "chat3.user.v1.UserService/RestoreMessage",
    user.UserServiceStub,
    user.UserServiceStub.restore_message,
)
_LIST_MESSAGE_VERSIONS: Final = Procedure(
    "chat3.user.v1.UserService/ListMessageVersions",
    user.UserServiceStub,
    user.UserServiceStub.list_message_versions,
)
_LIST_MESSAGE_STATUSES: Final = Procedure(
    "chat3.user.v1.UserService/ListMessageStatuses",
    user.UserServiceStub,
    user.UserServiceStub.list_message_statuses,
)
_SET_MESSAGE_STATUS: Final = Procedure(
    "chat3.user.v1.UserService/SetMessageStatus",
    user.UserServiceStub,
    user.UserServiceStub.set_message_status,
)
_SET_MESSAGE_REACTION: Final = Procedure(
    "chat3.user.v1.UserService/SetMessageReaction",
    user.UserServiceStub,
    user.UserServiceStub.set_message_reaction,
)
_LIST_TOPICS: Final = Procedure(
    "chat3.user.v1.UserService/ListTopics", user.UserServiceStub, user.UserServiceStub.list_topics
)
_CREATE_TOPIC: Final = Procedure(
    "chat3.user.v1.UserService/CreateTopic", user.UserServiceStub, user.UserServiceStub.create_topic
)
_UPDATE_TOPIC: Final = Procedure(
    "chat3.user.v1.UserService/UpdateTopic", user.UserServiceStub, user.UserServiceStub.update_topic
)
_SET_MESSAGE_TOPIC: Final = Procedure(
    "chat3.user.v1.UserService/SetMessageTopic",
    user.UserServiceStub,
    user.UserServiceStub.set_message_topic,
)
_GET_USER: Final = Procedure(
    "chat3.user.v1.UserService/GetUser", user.UserServiceStub, user.UserServiceStub.get_user
)
_GET_MYSELF: Final = Procedure(
    "chat3.user.v1.UserService/GetMyself", user.UserServiceStub, user.UserServiceStub.get_myself
)
_UPDATE_MY_META: Final = Procedure(
    "chat3.user.v1.UserService/UpdateMyMeta",
    user.UserServiceStub,
    user.UserServiceStub.update_my_meta,
)
_LIST_PACKS: Final = Procedure(
    "chat3.user.v1.UserService/ListPacks", user.UserServiceStub, user.UserServiceStub.list_packs
)
_GET_PACK: Final = Procedure(
    "chat3.user.v1.UserService/GetPack", user.UserServiceStub, user.UserServiceStub.get_pack
)
_LIST_PACK_MESSAGES: Final = Procedure(
    "chat3.user.v1.UserService/ListPackMessages",
    user.UserServiceStub,
    user.UserServiceStub.list_pack_messages,
)
_MARK_PACK_READ: Final = Procedure(
    "chat3.user.v1.UserService/MarkPackRead",
    user.UserServiceStub,
    user.UserServiceStub.mark_pack_read,
)
_LIST_UPDATES: Final = Procedure(
    "chat3.user.v1.UserService/ListUpdates", user.UserServiceStub, user.UserServiceStub.list_updates
)


class UserMethods:
    """Every unary call."""

    _calls: Calls

    async def get_user_dialogs(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        page: int = 0,
        filter: str = "",
        sort: str = "",
        include_last_message: bool = False,
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> user.GetUserDialogsResponse:
        """GetUserDialogs lists the dialogs the calling user is a member of, newest interaction first.

        Needs the `read` permission. For an unknown user the list is empty. It does not contain dialogs
        in which the platform has the user under an id in another letter case. The list can change
        while a client reads it: a dialog with a new message moves to the top, so a dialog can appear
        on two pages or, when others leave the list, on none. To get a complete list, subscribe first
        (see `SubscribeUpdates`), then read all pages and ignore duplicates.
        """
        request = user.GetUserDialogsRequest(
            page_size=page_size,
            page_token=page_token,
            page=page,
            filter=filter,
            sort=sort,
            include_last_message=include_last_message,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_GET_USER_DIALOGS, request, timeout)

    def dialogs(
        self,
        *,
        filter: str = "",
        sort: str = "",
        include_last_message: bool = False,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Pages[user.Dialog, user.GetUserDialogsResponse]:
        """GetUserDialogs lists the dialogs the calling user is a member of, newest interaction first.

        Needs the `read` permission. For an unknown user the list is empty. It does not contain dialogs
        in which the platform has the user under an id in another letter case. The list can change
        while a client reads it: a dialog with a new message moves to the top, so a dialog can appear
        on two pages or, when others leave the list, on none. To get a complete list, subscribe first
        (see `SubscribeUpdates`), then read all pages and ignore duplicates.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = user.GetUserDialogsRequest(
            filter=filter, sort=sort, include_last_message=include_last_message, page_size=page_size
        )
        return Pages(self._calls, _GET_USER_DIALOGS, request, lambda page: page.dialogs, timeout)

    async def get_dialog(
        self, dialog_id: str, *, include_last_message: bool = False, timeout: float | None = None
    ) -> user.GetDialogResponse:
        """GetDialog returns one dialog, as the calling user sees it.

        Needs the `read` permission and membership.
        """
        request = user.GetDialogRequest(
            dialog_id=dialog_id, include_last_message=include_last_message
        )
        return await self._calls.unary(_GET_DIALOG, request, timeout)

    async def create_dialog(
        self,
        *,
        member_ids: Iterable[str] = (),
        meta: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.CreateDialogResponse:
        """CreateDialog creates a dialog with the calling user and others as its members.

        Needs the permissions `read` and `write`. With an idempotency key a retry never creates a
        second dialog; it completes a dialog that the platform wrote only in part, see
        `CreateDialogResponse.missing_parts`. Every member gets an update of the kind
        `UPDATE_KIND_DIALOG_CREATED`, or `UPDATE_KIND_DIALOG_CHANGED` if the creation was interrupted.
        """
        request = user.CreateDialogRequest(
            member_ids=texts(member_ids),
            meta=struct(meta),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_CREATE_DIALOG, request, timeout)

    async def get_or_create_direct_dialog(
        self, user_id: str, *, timeout: float | None = None
    ) -> user.GetOrCreateDirectDialogResponse:
        """GetOrCreateDirectDialog returns the one direct dialog between the calling user and another
        user, and creates it if it does not exist.

        Needs the `read` permission, and `write` if the dialog has to be created or completed. Both
        users get the same dialog, even when they call at the same moment. A user who has left the
        dialog is added to it again. The method needs no idempotency key, because the two user ids
        identify the dialog. If the service cannot find out whether an earlier call created the dialog,
        the call fails with `ERROR_REASON_IDEMPOTENCY_OUTCOME_UNKNOWN`, and the client can safely retry
        it.

        A service on several machines needs a shared store (`REDIS_URL`). Without one, two machines can
        each create a dialog at the same moment, although the platform refuses most of the second
        requests. All later calls then return the older dialog. The members of the newer one are
        removed, unless it already has a message.
        """
        request = user.GetOrCreateDirectDialogRequest(user_id=user_id)
        return await self._calls.unary(_GET_OR_CREATE_DIRECT_DIALOG, request, timeout)

    async def update_dialog_meta(
        self,
        dialog_id: str,
        *,
        meta: Mapping[str, Any] | None = None,
        remove_keys: Iterable[str] = (),
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.UpdateDialogMetaResponse:
        """UpdateDialogMeta sets and removes keys of a dialog's custom data.

        Needs the permissions `read` and `write`, and membership. Removing keys needs the `delete`
        permission. Changes of different keys do not overwrite each other; when two calls change the
        same key, the later one wins.
        """
        request = user.UpdateDialogMetaRequest(
            dialog_id=dialog_id,
            meta=struct(meta),
            remove_keys=texts(remove_keys),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_UPDATE_DIALOG_META, request, timeout)

    async def leave_dialog(
        self, dialog_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> user.LeaveDialogResponse:
        """LeaveDialog removes the calling user from a dialog.

        Needs the permissions `read` and `write`, and membership. The last member cannot leave: the
        call fails with `ERROR_REASON_LAST_MEMBER`.
        """
        request = user.LeaveDialogRequest(
            dialog_id=dialog_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_LEAVE_DIALOG, request, timeout)

    async def mark_dialog_read(
        self, dialog_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> user.MarkDialogReadResponse:
        """MarkDialogRead marks all messages of a dialog as read by the calling user.

        Needs the permissions `read` and `write`, and membership. The unread count becomes 0
        immediately. The statuses of the messages follow within seconds, with one update for the whole
        dialog.
        """
        request = user.MarkDialogReadRequest(
            dialog_id=dialog_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_MARK_DIALOG_READ, request, timeout)

    async def send_typing_indicator(
        self, dialog_id: str, *, timeout: float | None = None
    ) -> user.SendTypingIndicatorResponse:
        """SendTypingIndicator shows the other members of a dialog that the calling user is typing. Repeat
        the call every few seconds while the user is typing; the indicator expires by itself.

        Needs the `write` permission and membership. Calls that repeat within a second get the same
        response, and the members see one indicator.
        """
        request = user.SendTypingIndicatorRequest(dialog_id=dialog_id)
        return await self._calls.unary(_SEND_TYPING_INDICATOR, request, timeout)

    async def list_dialog_members(
        self,
        dialog_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> user.ListDialogMembersResponse:
        """ListDialogMembers lists the members of a dialog.

        Needs the `read` permission and membership.
        """
        request = user.ListDialogMembersRequest(
            dialog_id=dialog_id,
            page_size=page_size,
            page_token=page_token,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_DIALOG_MEMBERS, request, timeout)

    def dialog_members(
        self, dialog_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> Pages[user.DialogMember, user.ListDialogMembersResponse]:
        """ListDialogMembers lists the members of a dialog.

        Needs the `read` permission and membership.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = user.ListDialogMembersRequest(dialog_id=dialog_id, page_size=page_size)
        return Pages(self._calls, _LIST_DIALOG_MEMBERS, request, lambda page: page.members, timeout)

    async def add_dialog_members(
        self,
        dialog_id: str,
        user_ids: Iterable[str],
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.AddDialogMembersResponse:
        """AddDialogMembers adds users to a dialog. Any member may do this.

        Needs the permissions `read` and `write`, and membership. The service looks up all users before
        it adds the first one. If one does not exist, the call fails with
        `ERROR_REASON_USER_NOT_FOUND`.
        """
        request = user.AddDialogMembersRequest(
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
    ) -> user.RemoveDialogMemberResponse:
        """RemoveDialogMember removes another user from a dialog. Any member may do this.

        Needs the permissions `read` and `write`, and membership. The last member cannot be removed:
        the call fails with `ERROR_REASON_LAST_MEMBER`.
        """
        request = user.RemoveDialogMemberRequest(
            dialog_id=dialog_id, user_id=user_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_REMOVE_DIALOG_MEMBER, request, timeout)

    async def get_dialog_messages(
        self,
        dialog_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        page: int = 0,
        around_message_id: str | None = None,
        filter: str = "",
        sort: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> user.GetDialogMessagesResponse:
        """GetDialogMessages lists the messages of one dialog, newest first.

        Needs the `read` permission and membership.
        """
        request = user.GetDialogMessagesRequest(
            dialog_id=dialog_id,
            page_size=page_size,
            page_token=page_token,
            page=page,
            around_message_id=around_message_id,
            filter=filter,
            sort=sort,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_GET_DIALOG_MESSAGES, request, timeout)

    def history(
        self,
        dialog_id: str,
        *,
        around_message_id: str | None = None,
        filter: str = "",
        sort: str = "",
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Pages[user.Message, user.GetDialogMessagesResponse]:
        """GetDialogMessages lists the messages of one dialog, newest first.

        Needs the `read` permission and membership.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = user.GetDialogMessagesRequest(
            dialog_id=dialog_id,
            around_message_id=around_message_id,
            filter=filter,
            sort=sort,
            page_size=page_size,
        )
        return Pages(
            self._calls, _GET_DIALOG_MESSAGES, request, lambda page: page.messages, timeout
        )

    async def get_message(
        self, dialog_id: str, message_id: str, *, timeout: float | None = None
    ) -> user.GetMessageResponse:
        """GetMessage returns one message, as the calling user sees it.

        Needs the `read` permission and membership.
        """
        request = user.GetMessageRequest(dialog_id=dialog_id, message_id=message_id)
        return await self._calls.unary(_GET_MESSAGE, request, timeout)

    async def send_message(
        self,
        dialog_id: str,
        content: str,
        *,
        type: str = "",
        meta: Mapping[str, Any] | None = None,
        quoted_message_id: str | None = None,
        topic_id: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.SendMessageResponse:
        """SendMessage writes a message into a dialog in the calling user's name.

        Needs the permissions `read` and `write`, and membership. With an idempotency key a retry never
        writes twice. A message can lack parts if the platform was interrupted while it wrote: see
        `SendMessageResponse.missing_parts`.
        """
        request = user.SendMessageRequest(
            dialog_id=dialog_id,
            content=content,
            type=type,
            meta=struct(meta),
            quoted_message_id=quoted_message_id,
            topic_id=topic_id,
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_SEND_MESSAGE, request, timeout)

    async def edit_message(
        self,
        dialog_id: str,
        message_id: str,
        content: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.EditMessageResponse:
        """EditMessage replaces the text of a message that the calling user has sent.

        Needs the permissions `read` and `write`, and membership. The call fails with
        `ERROR_REASON_NOT_THE_SENDER` for another user's message and with
        `ERROR_REASON_MESSAGE_DELETED` for a deleted one. The platform keeps the earlier text as a
        version.
        """
        request = user.EditMessageRequest(
            dialog_id=dialog_id,
            message_id=message_id,
            content=content,
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_EDIT_MESSAGE, request, timeout)

    async def delete_message(
        self,
        dialog_id: str,
        message_id: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.DeleteMessageResponse:
        """DeleteMessage deletes a message that the calling user has sent. The message stays in its dialog
        without its content, and can be restored.

        Needs the permissions `read` and `write`, and membership. The call fails with
        `ERROR_REASON_NOT_THE_SENDER` for another user's message. Platforms before 0.0.81 cannot delete
        messages: the call fails with `ERROR_REASON_PLATFORM_TOO_OLD`.
        """
        request = user.DeleteMessageRequest(
            dialog_id=dialog_id, message_id=message_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_DELETE_MESSAGE, request, timeout)

    async def restore_message(
        self,
        dialog_id: str,
        message_id: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.RestoreMessageResponse:
        """RestoreMessage restores a deleted message that the calling user has sent, no matter who deleted
        it.

        Needs the permissions `read` and `write`, and membership. The call fails with
        `ERROR_REASON_NOT_THE_SENDER` for another user's message. Platforms before 0.0.81 cannot
        restore messages: the call fails with `ERROR_REASON_PLATFORM_TOO_OLD`.
        """
        request = user.RestoreMessageRequest(
            dialog_id=dialog_id, message_id=message_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_RESTORE_MESSAGE, request, timeout)

    async def list_message_versions(
        self, dialog_id: str, message_id: str, *, timeout: float | None = None
    ) -> user.ListMessageVersionsResponse:
        """ListMessageVersions lists the earlier texts of a message.

        Needs the `read` permission and membership. Platforms before 0.0.82 keep no versions: the call
        fails with `ERROR_REASON_PLATFORM_TOO_OLD`.
        """
        request = user.ListMessageVersionsRequest(dialog_id=dialog_id, message_id=message_id)
        return await self._calls.unary(_LIST_MESSAGE_VERSIONS, request, timeout)

    async def list_message_statuses(
        self,
        dialog_id: str,
        message_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> user.ListMessageStatusesResponse:
        """ListMessageStatuses lists the status history of a message: which member set which status, and
        when.

        Needs the `read` permission and membership.
        """
        request = user.ListMessageStatusesRequest(
            dialog_id=dialog_id,
            message_id=message_id,
            page_size=page_size,
            page_token=page_token,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_MESSAGE_STATUSES, request, timeout)

    def message_statuses(
        self,
        dialog_id: str,
        message_id: str,
        *,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> Pages[user.MessageStatusRecord, user.ListMessageStatusesResponse]:
        """ListMessageStatuses lists the status history of a message: which member set which status, and
        when.

        Needs the `read` permission and membership.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = user.ListMessageStatusesRequest(
            dialog_id=dialog_id, message_id=message_id, page_size=page_size
        )
        return Pages(
            self._calls, _LIST_MESSAGE_STATUSES, request, lambda page: page.statuses, timeout
        )

    async def set_message_status(
        self,
        dialog_id: str,
        message_id: str,
        status: user.MessageStatus,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.SetMessageStatusResponse:
        """SetMessageStatus records that the calling user has received or read a message, or marks it as
        unread again.

        Needs the permissions `read` and `write`, and membership. Any status can follow any other: the
        last one applies. Every call adds an entry to the message's history and publishes an update,
        and newer platforms lower the unread count with every `read`. Therefore use an idempotency key:
        before the service repeats a call with a key, it looks for the call in the history.
        """
        request = user.SetMessageStatusRequest(
            dialog_id=dialog_id,
            message_id=message_id,
            status=status,
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_SET_MESSAGE_STATUS, request, timeout)

    async def set_message_reaction(
        self,
        dialog_id: str,
        message_id: str,
        reaction: str,
        action: user.ReactionAction,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.SetMessageReactionResponse:
        """SetMessageReaction adds the calling user's reaction to a message, or removes it.

        Needs the permissions `read` and `write`, and membership. It is not an error to add a reaction
        that is already there or to remove one that is not: the call changes nothing, and the response
        has `changed` false. A user can add several different reactions to one message.
        """
        request = user.SetMessageReactionRequest(
            dialog_id=dialog_id,
            message_id=message_id,
            reaction=reaction,
            action=action,
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_SET_MESSAGE_REACTION, request, timeout)

    async def list_topics(
        self,
        dialog_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> user.ListTopicsResponse:
        """ListTopics lists the topics of a dialog.

        Needs the `read` permission and membership.
        """
        request = user.ListTopicsRequest(
            dialog_id=dialog_id,
            page_size=page_size,
            page_token=page_token,
            include_total_size=include_total_size,
        )
        return await self._calls.unary(_LIST_TOPICS, request, timeout)

    def topics(
        self, dialog_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> Pages[user.Topic, user.ListTopicsResponse]:
        """ListTopics lists the topics of a dialog.

        Needs the `read` permission and membership.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = user.ListTopicsRequest(dialog_id=dialog_id, page_size=page_size)
        return Pages(self._calls, _LIST_TOPICS, request, lambda page: page.topics, timeout)

    async def create_topic(
        self,
        dialog_id: str,
        *,
        meta: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.CreateTopicResponse:
        """CreateTopic creates a topic in a dialog. Any member may do this.

        Needs the permissions `read` and `write`, and membership. With an idempotency key a retry never
        creates a second topic; it completes a topic that the platform wrote only in part.
        """
        request = user.CreateTopicRequest(
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
    ) -> user.UpdateTopicResponse:
        """UpdateTopic sets and removes keys of a topic's custom data. Any member may do this.

        Needs the permissions `read` and `write`, and membership. Removing keys needs the `delete`
        permission.
        """
        request = user.UpdateTopicRequest(
            dialog_id=dialog_id,
            topic_id=topic_id,
            meta=struct(meta),
            remove_keys=texts(remove_keys),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_UPDATE_TOPIC, request, timeout)

    async def set_message_topic(
        self,
        dialog_id: str,
        message_id: str,
        *,
        topic_id: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.SetMessageTopicResponse:
        """SetMessageTopic moves a message into a topic of its dialog, or out of its topic. Any member may
        do this.

        Needs the permissions `read` and `write`, and membership. If the message is in another topic,
        the platform first takes it out of that topic; members get an update for each step.
        """
        request = user.SetMessageTopicRequest(
            dialog_id=dialog_id,
            message_id=message_id,
            topic_id=topic_id,
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_SET_MESSAGE_TOPIC, request, timeout)

    async def get_user(self, user_id: str, *, timeout: float | None = None) -> user.GetUserResponse:
        """GetUser returns one user of the tenant, as others see them.

        Needs the `read` permission. If the platform knows the id only as the owner of custom data or
        of a membership, and not as a user, the call fails with `ERROR_REASON_USER_NOT_FOUND`.
        """
        request = user.GetUserRequest(user_id=user_id)
        return await self._calls.unary(_GET_USER, request, timeout)

    async def get_myself(self, *, timeout: float | None = None) -> user.GetMyselfResponse:
        """GetMyself returns the calling user, with the counters over all dialogs, and the kind of credential
        that the call was made with: an API key, or a user token and when it expires.

        Needs the `read` permission.
        """
        request = user.GetMyselfRequest()
        return await self._calls.unary(_GET_MYSELF, request, timeout)

    async def update_my_meta(
        self,
        *,
        meta: Mapping[str, Any] | None = None,
        remove_keys: Iterable[str] = (),
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> user.UpdateMyMetaResponse:
        """UpdateMyMeta sets and removes keys of the calling user's custom data, such as the display name.

        Needs the permissions `read` and `write`. Removing keys needs the `delete` permission.
        """
        request = user.UpdateMyMetaRequest(
            meta=struct(meta),
            remove_keys=texts(remove_keys),
            idempotency_key=fresh_key(idempotency_key),
        )
        return await self._calls.unary(_UPDATE_MY_META, request, timeout)

    async def list_packs(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        filter: str = "",
        sort: str = "",
        include_total_size: bool = False,
        timeout: float | None = None,
    ) -> user.ListPacksResponse:
        """ListPacks lists the packs that hold at least one dialog of the calling user.

        Needs the `read` permission.
        """
        request = user.ListPacksRequest(
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
    ) -> Pages[user.Pack, user.ListPacksResponse]:
        """ListPacks lists the packs that hold at least one dialog of the calling user.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = user.ListPacksRequest(filter=filter, sort=sort, page_size=page_size)
        return Pages(self._calls, _LIST_PACKS, request, lambda page: page.packs, timeout)

    async def get_pack(self, pack_id: str, *, timeout: float | None = None) -> user.GetPackResponse:
        """GetPack returns one pack, with its counters.

        Needs the `read` permission, and membership of one of the pack's dialogs; otherwise the call
        fails with `ERROR_REASON_PACK_NOT_FOUND`.
        """
        request = user.GetPackRequest(pack_id=pack_id)
        return await self._calls.unary(_GET_PACK, request, timeout)

    async def list_pack_messages(
        self,
        pack_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
    ) -> user.ListPackMessagesResponse:
        """ListPackMessages lists the messages of the dialogs of a pack, as far as the calling user is a
        member of them.

        Needs the `read` permission, and membership of one of the pack's dialogs.
        """
        request = user.ListPackMessagesRequest(
            pack_id=pack_id, page_size=page_size, page_token=page_token
        )
        return await self._calls.unary(_LIST_PACK_MESSAGES, request, timeout)

    def pack_messages(
        self, pack_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> Pages[user.Message, user.ListPackMessagesResponse]:
        """ListPackMessages lists the messages of the dialogs of a pack, as far as the calling user is a
        member of them.

        Needs the `read` permission, and membership of one of the pack's dialogs.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        request = user.ListPackMessagesRequest(pack_id=pack_id, page_size=page_size)
        return Pages(self._calls, _LIST_PACK_MESSAGES, request, lambda page: page.messages, timeout)

    async def mark_pack_read(
        self, pack_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> user.MarkPackReadResponse:
        """MarkPackRead marks all messages of the calling user's dialogs in a pack as read.

        Needs the permissions `read` and `write`, and membership of one of the pack's dialogs.
        """
        request = user.MarkPackReadRequest(
            pack_id=pack_id, idempotency_key=fresh_key(idempotency_key)
        )
        return await self._calls.unary(_MARK_PACK_READ, request, timeout)

    async def list_updates(
        self,
        *,
        resume_token: str = "",
        page_size: int = 0,
        update_kinds: Iterable[user.UpdateKind] = (),
        dialog_ids: Iterable[str] = (),
        timeout: float | None = None,
    ) -> user.ListUpdatesResponse:
        """ListUpdates returns the updates that the calling user has missed since a resume token. It is
        meant for clients that are awake only for a moment, such as a phone that got a push
        notification.

        Needs the `read` permission and an existing user. The updates arrive in the order of the
        stream, without duplicates and with the same gaps; stream and call accept each other's tokens.
        Every update that was published before the call is in its response, or in the next ones if
        `has_more` is true. A call waits for these updates, but not for later ones. While the service
        has no connection to its broker, calls fail with `ERROR_REASON_UPDATES_UNAVAILABLE`. To get a
        complete picture without a stream, call without a token, store the token of the response, and
        read the dialogs. From then on, call with the stored token until `has_more` is false. Apply the
        updates of each response, reload what its gap names, and only then store its token.
        """
        request = user.ListUpdatesRequest(
            resume_token=resume_token,
            page_size=page_size,
            update_kinds=list(update_kinds),
            dialog_ids=texts(dialog_ids),
        )
        return await self._calls.unary(_LIST_UPDATES, request, timeout)
