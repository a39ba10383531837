"""The calls of `UserService`, for code without asyncio.

Generated from the contract by `make generate`: not to be edited.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from chat3_api.chat3.user import v1 as user
from chat3_client.loop_thread import LoopThread
from chat3_client.methods.user import UserMethods
from chat3_client.pages import PAGE_SIZE
from chat3_client.sync_pages import SyncPages


class SyncUserMethods:
    """Every unary call."""

    _asynchronous: UserMethods
    _loop: LoopThread

    def get_user_dialogs(
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
        return self._loop.run(
            self._asynchronous.get_user_dialogs(
                page_size=page_size,
                page_token=page_token,
                page=page,
                filter=filter,
                sort=sort,
                include_last_message=include_last_message,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def dialogs(
        self,
        *,
        filter: str = "",
        sort: str = "",
        include_last_message: bool = False,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> SyncPages[user.Dialog, user.GetUserDialogsResponse]:
        """GetUserDialogs lists the dialogs the calling user is a member of, newest interaction first.

        Needs the `read` permission. For an unknown user the list is empty. It does not contain dialogs
        in which the platform has the user under an id in another letter case. The list can change
        while a client reads it: a dialog with a new message moves to the top, so a dialog can appear
        on two pages or, when others leave the list, on none. To get a complete list, subscribe first
        (see `SubscribeUpdates`), then read all pages and ignore duplicates.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.dialogs(
                filter=filter,
                sort=sort,
                include_last_message=include_last_message,
                timeout=timeout,
                page_size=page_size,
            ),
        )

    def get_dialog(
        self, dialog_id: str, *, include_last_message: bool = False, timeout: float | None = None
    ) -> user.GetDialogResponse:
        """GetDialog returns one dialog, as the calling user sees it.

        Needs the `read` permission and membership.
        """
        return self._loop.run(
            self._asynchronous.get_dialog(
                dialog_id=dialog_id, include_last_message=include_last_message, timeout=timeout
            )
        )

    def create_dialog(
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
        return self._loop.run(
            self._asynchronous.create_dialog(
                member_ids=member_ids, meta=meta, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def get_or_create_direct_dialog(
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
        return self._loop.run(
            self._asynchronous.get_or_create_direct_dialog(user_id=user_id, timeout=timeout)
        )

    def update_dialog_meta(
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
        return self._loop.run(
            self._asynchronous.update_dialog_meta(
                dialog_id=dialog_id,
                meta=meta,
                remove_keys=remove_keys,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def leave_dialog(
        self, dialog_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> user.LeaveDialogResponse:
        """LeaveDialog removes the calling user from a dialog.

        Needs the permissions `read` and `write`, and membership. The last member cannot leave: the
        call fails with `ERROR_REASON_LAST_MEMBER`.
        """
        return self._loop.run(
            self._asynchronous.leave_dialog(
                dialog_id=dialog_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def mark_dialog_read(
        self, dialog_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> user.MarkDialogReadResponse:
        """MarkDialogRead marks all messages of a dialog as read by the calling user.

        Needs the permissions `read` and `write`, and membership. The unread count becomes 0
        immediately. The statuses of the messages follow within seconds, with one update for the whole
        dialog.
        """
        return self._loop.run(
            self._asynchronous.mark_dialog_read(
                dialog_id=dialog_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def send_typing_indicator(
        self, dialog_id: str, *, timeout: float | None = None
    ) -> user.SendTypingIndicatorResponse:
        """SendTypingIndicator shows the other members of a dialog that the calling user is typing. Repeat
        the call every few seconds while the user is typing; the indicator expires by itself.

        Needs the `write` permission and membership. Calls that repeat within a second get the same
        response, and the members see one indicator.
        """
        return self._loop.run(
            self._asynchronous.send_typing_indicator(dialog_id=dialog_id, timeout=timeout)
        )

    def list_dialog_members(
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
    ) -> SyncPages[user.DialogMember, user.ListDialogMembersResponse]:
        """ListDialogMembers lists the members of a dialog.

        Needs the `read` permission and membership.

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
    ) -> user.AddDialogMembersResponse:
        """AddDialogMembers adds users to a dialog. Any member may do this.

        Needs the permissions `read` and `write`, and membership. The service looks up all users before
        it adds the first one. If one does not exist, the call fails with
        `ERROR_REASON_USER_NOT_FOUND`.
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
    ) -> user.RemoveDialogMemberResponse:
        """RemoveDialogMember removes another user from a dialog. Any member may do this.

        Needs the permissions `read` and `write`, and membership. The last member cannot be removed:
        the call fails with `ERROR_REASON_LAST_MEMBER`.
        """
        return self._loop.run(
            self._asynchronous.remove_dialog_member(
                dialog_id=dialog_id,
                user_id=user_id,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def get_dialog_messages(
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
        return self._loop.run(
            self._asynchronous.get_dialog_messages(
                dialog_id=dialog_id,
                page_size=page_size,
                page_token=page_token,
                page=page,
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
    ) -> SyncPages[user.Message, user.GetDialogMessagesResponse]:
        """GetDialogMessages lists the messages of one dialog, newest first.

        Needs the `read` permission and membership.

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

    def get_message(
        self, dialog_id: str, message_id: str, *, timeout: float | None = None
    ) -> user.GetMessageResponse:
        """GetMessage returns one message, as the calling user sees it.

        Needs the `read` permission and membership.
        """
        return self._loop.run(
            self._asynchronous.get_message(
                dialog_id=dialog_id, message_id=message_id, timeout=timeout
            )
        )

    def send_message(
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
        return self._loop.run(
            self._asynchronous.send_message(
                dialog_id=dialog_id,
                content=content,
                type=type,
                meta=meta,
                quoted_message_id=quoted_message_id,
                topic_id=topic_id,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def edit_message(
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
        return self._loop.run(
            self._asynchronous.edit_message(
                dialog_id=dialog_id,
                message_id=message_id,
                content=content,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def delete_message(
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
        return self._loop.run(
            self._asynchronous.delete_message(
                dialog_id=dialog_id,
                message_id=message_id,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def restore_message(
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
        return self._loop.run(
            self._asynchronous.restore_message(
                dialog_id=dialog_id,
                message_id=message_id,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def list_message_versions(
        self, dialog_id: str, message_id: str, *, timeout: float | None = None
    ) -> user.ListMessageVersionsResponse:
        """ListMessageVersions lists the earlier texts of a message.

        Needs the `read` permission and membership. Platforms before 0.0.82 keep no versions: the call
        fails with `ERROR_REASON_PLATFORM_TOO_OLD`.
        """
        return self._loop.run(
            self._asynchronous.list_message_versions(
                dialog_id=dialog_id, message_id=message_id, timeout=timeout
            )
        )

    def list_message_statuses(
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
        return self._loop.run(
            self._asynchronous.list_message_statuses(
                dialog_id=dialog_id,
                message_id=message_id,
                page_size=page_size,
                page_token=page_token,
                include_total_size=include_total_size,
                timeout=timeout,
            )
        )

    def message_statuses(
        self,
        dialog_id: str,
        message_id: str,
        *,
        page_size: int = PAGE_SIZE,
        timeout: float | None = None,
    ) -> SyncPages[user.MessageStatusRecord, user.ListMessageStatusesResponse]:
        """ListMessageStatuses lists the status history of a message: which member set which status, and
        when.

        Needs the `read` permission and membership.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.message_statuses(
                dialog_id=dialog_id, message_id=message_id, timeout=timeout, page_size=page_size
            ),
        )

    def set_message_status(
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
        return self._loop.run(
            self._asynchronous.set_message_status(
                dialog_id=dialog_id,
                message_id=message_id,
                status=status,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def set_message_reaction(
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
        return self._loop.run(
            self._asynchronous.set_message_reaction(
                dialog_id=dialog_id,
                message_id=message_id,
                reaction=reaction,
                action=action,
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
    ) -> user.ListTopicsResponse:
        """ListTopics lists the topics of a dialog.

        Needs the `read` permission and membership.
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
    ) -> SyncPages[user.Topic, user.ListTopicsResponse]:
        """ListTopics lists the topics of a dialog.

        Needs the `read` permission and membership.

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
    ) -> user.CreateTopicResponse:
        """CreateTopic creates a topic in a dialog. Any member may do this.

        Needs the permissions `read` and `write`, and membership. With an idempotency key a retry never
        creates a second topic; it completes a topic that the platform wrote only in part.
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
    ) -> user.UpdateTopicResponse:
        """UpdateTopic sets and removes keys of a topic's custom data. Any member may do this.

        Needs the permissions `read` and `write`, and membership. Removing keys needs the `delete`
        permission.
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

    def set_message_topic(
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
        return self._loop.run(
            self._asynchronous.set_message_topic(
                dialog_id=dialog_id,
                message_id=message_id,
                topic_id=topic_id,
                idempotency_key=idempotency_key,
                timeout=timeout,
            )
        )

    def get_user(self, user_id: str, *, timeout: float | None = None) -> user.GetUserResponse:
        """GetUser returns one user of the tenant, as others see them.

        Needs the `read` permission. If the platform knows the id only as the owner of custom data or
        of a membership, and not as a user, the call fails with `ERROR_REASON_USER_NOT_FOUND`.
        """
        return self._loop.run(self._asynchronous.get_user(user_id=user_id, timeout=timeout))

    def get_myself(self, *, timeout: float | None = None) -> user.GetMyselfResponse:
        """GetMyself returns the calling user, with the counters over all dialogs, and the kind of credential
        that the call was made with: an API key, or a user token and when it expires.

        Needs the `read` permission.
        """
        return self._loop.run(self._asynchronous.get_myself(timeout=timeout))

    def update_my_meta(
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
        return self._loop.run(
            self._asynchronous.update_my_meta(
                meta=meta, remove_keys=remove_keys, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def list_packs(
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
    ) -> SyncPages[user.Pack, user.ListPacksResponse]:
        """ListPacks lists the packs that hold at least one dialog of the calling user.

        Needs the `read` permission.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.packs(
                filter=filter, sort=sort, timeout=timeout, page_size=page_size
            ),
        )

    def get_pack(self, pack_id: str, *, timeout: float | None = None) -> user.GetPackResponse:
        """GetPack returns one pack, with its counters.

        Needs the `read` permission, and membership of one of the pack's dialogs; otherwise the call
        fails with `ERROR_REASON_PACK_NOT_FOUND`.
        """
        return self._loop.run(self._asynchronous.get_pack(pack_id=pack_id, timeout=timeout))

    def list_pack_messages(
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
        return self._loop.run(
            self._asynchronous.list_pack_messages(
                pack_id=pack_id, page_size=page_size, page_token=page_token, timeout=timeout
            )
        )

    def pack_messages(
        self, pack_id: str, *, page_size: int = PAGE_SIZE, timeout: float | None = None
    ) -> SyncPages[user.Message, user.ListPackMessagesResponse]:
        """ListPackMessages lists the messages of the dialogs of a pack, as far as the calling user is a
        member of them.

        Needs the `read` permission, and membership of one of the pack's dialogs.

        Goes through all pages, ``page_size`` items each, as they are needed.
        """
        return SyncPages(
            self._loop,
            self._asynchronous.pack_messages(pack_id=pack_id, timeout=timeout, page_size=page_size),
        )

    def mark_pack_read(
        self, pack_id: str, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> user.MarkPackReadResponse:
        """MarkPackRead marks all messages of the calling user's dialogs in a pack as read.

        Needs the permissions `read` and `write`, and membership of one of the pack's dialogs.
        """
        return self._loop.run(
            self._asynchronous.mark_pack_read(
                pack_id=pack_id, idempotency_key=idempotency_key, timeout=timeout
            )
        )

    def list_updates(
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
        return self._loop.run(
            self._asynchronous.list_updates(
                resume_token=resume_token,
                page_size=page_size,
                update_kinds=update_kinds,
                dialog_ids=dialog_ids,
                timeout=timeout,
            )
        )
