"""UserService: each method takes a valid request, does one thing, and answers in the contract."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

import grpclib.const

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import CallChain, current_call
from chat3_user.domain.access import Access
from chat3_user.domain.attempts import Request
from chat3_user.domain.deleted import DeletedMessages
from chat3_user.domain.past_marks import PastMarks
from chat3_user.domain.sent_messages import Search, Sent, SentMessages
from chat3_user.domain.writes import Writes
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier, Mutation, Once
from chat3_user.idempotency.run import REPLAYED
from chat3_user.mapping import entities
from chat3_user.mapping.basics import STATUS_NAMES
from chat3_user.mapping.bodies import message_body
from chat3_user.mapping.hidden import hidden
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import in_doubt, understood
from chat3_user.tenant_api.paths import (
    DIALOG_MESSAGES,
    MESSAGES,
    SET_STATUS,
    USER_DIALOGS,
    USER_MESSAGE,
    USER_MESSAGES,
)
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.settings import StreamSettings
from chat3_user.updates.fanout.stream import responses
from chat3_user.updates.fanout.subscription import Filter
from chat3_user.validation import (
    Identity,
    parse_dialog_filter,
    parse_dialog_sort,
    parse_message_filter,
    parse_message_sort,
)
from chat3_user.wire import Encoded, decode, encode

_DEFAULT_LIMIT: Final = 10
_DEFAULT_HEARTBEAT: Final = timedelta(seconds=30)


class UserService(pb.UserServiceBase):
    """The seven calls. Identity, validation and failures are the call chain's."""

    def __init__(
        self,
        chain: CallChain,
        api: TenantApi,
        access: Access,
        writes: Writes,
        deleted: DeletedMessages,
        sent: SentMessages,
        past_marks: PastMarks,
        once: Once,
        hub: Hub,
        streams: StreamSettings,
    ) -> None:
        self._chain = chain
        self._api = api
        self._access = access
        self._writes = writes
        self._deleted = deleted
        self._sent = sent
        self._past_marks = past_marks
        self._once = once
        self._hub = hub
        self._streams = streams

    def __mapping__(self) -> dict[str, grpclib.const.Handler]:
        """Return the handlers of the generated base, within the call chain."""
        mapping: Mapping[str, grpclib.const.Handler] = super().__mapping__()
        return self._chain.wrap(mapping, self)

    async def get_user_dialogs(
        self, message: pb.GetUserDialogsRequest
    ) -> pb.GetUserDialogsResponse:
        """List the calling user's dialogs."""
        page = await self._api.user_dialogs(
            current_call().identity,
            page=message.page or 1,
            limit=message.page_size or _DEFAULT_LIMIT,
            filter_=parse_dialog_filter(message.filter),
            sort=parse_dialog_sort(message.sort),
            include_last_message=message.include_last_message,
        )
        with understood(f"GET {USER_DIALOGS}"):
            return pb.GetUserDialogsResponse(
                dialogs=[
                    entities.dialog(item, with_last_message=message.include_last_message)
                    for item in page.data
                ],
            )

    async def get_dialog_messages(
        self, message: pb.GetDialogMessagesRequest
    ) -> pb.GetDialogMessagesResponse:
        """List a dialog's messages."""
        identity = current_call().identity
        try:
            page = await self._api.dialog_messages(
                identity,
                message.dialog_id,
                page=message.page or 1,
                limit=message.page_size or _DEFAULT_LIMIT,
                filter_=parse_message_filter(message.filter),
                sort=parse_message_sort(message.sort),
            )
        except CallError as error:
            raise await self._access.named(error, identity, message.dialog_id) from error
        shown = await self._deleted.marked(identity, page.data)
        with understood(f"GET {USER_MESSAGES}"):
            return pb.GetDialogMessagesResponse(
                messages=[entities.message(item, identity.user_id) for item in shown],
            )

    async def send_message(self, message: pb.SendMessageRequest) -> pb.SendMessageResponse:
        """Write a message."""
        call = current_call()
        identity = call.identity
        body = message_body(message)
        request = Request(identity, message.dialog_id, body)
        search = Search(self._sent, request)

        def response(route: str, shown: m.Message, sent: Sent) -> pb.SendMessageResponse:
            with understood(route):
                return pb.SendMessageResponse(
                    message=entities.message(shown, identity.user_id),
                    missing_parts=list(sent.missing),
                )

        async def write(key: str | None) -> pb.SendMessageResponse:
            written = await self._writes.send_message(identity, message.dialog_id, body, key)
            sent = self._sent.judged(request, written)
            if key is None:
                shown = await self._deleted.marked_or_unquoted(identity, written)
            else:
                try:
                    shown = await self._deleted.written(identity, written)
                except CallError as error:
                    # The next look finds the message, and shows it with its quote.
                    raise in_doubt(error) from error
            return response(f"POST {DIALOG_MESSAGES}", shown, sent)

        async def find(earlier: Earlier) -> pb.SendMessageResponse | None:
            try:
                sent = await search.find(earlier)
            except CallError as error:
                raise await self._access.named(error, identity, message.dialog_id) from error
            if sent is None:
                return None
            shown = await self._deleted.written(identity, sent.message)
            return response(f"GET {USER_MESSAGES}", shown, sent)

        async def prove() -> None:
            await self._writes.prove_sender(identity, message.dialog_id, message.quoted_message_id)

        mutation = Mutation(pb.SendMessageResponse, write, find, prove, self._may_write(identity))
        answer = await self._once.run(call, message, mutation)
        return await self._as_of_now(identity, answer) if REPLAYED in call.trailing else answer

    async def _as_of_now(
        self, identity: Identity, answer: pb.SendMessageResponse
    ) -> pb.SendMessageResponse:
        """Return an earlier answer without what has been deleted since."""
        answer = decode(pb.SendMessageResponse, encode(answer))
        message = answer.message
        if message is not None:
            ids = {message.message_id}
            if message.quoted_message is not None:
                ids.add(message.quoted_message.message_id)
            deletions = await self._deleted.among(identity, ids)
            with understood(f"GET {MESSAGES}"):
                answer.message = hidden(message, deletions)
        return answer

    async def set_message_status(
        self, message: pb.SetMessageStatusRequest
    ) -> pb.SetMessageStatusResponse:
        """Record a status."""
        call = current_call()
        where = (call.identity, message.dialog_id, message.message_id)

        name = STATUS_NAMES[message.status]

        def response(route: str, record: m.StatusRecord) -> pb.SetMessageStatusResponse:
            with understood(route):
                return pb.SetMessageStatusResponse(
                    record=entities.status_record(record, message.dialog_id)
                )

        async def write(_: str | None) -> pb.SetMessageStatusResponse:
            record = await self._writes.set_status(*where, name)
            return response(f"POST {SET_STATUS}", record)

        async def find(earlier: Earlier) -> pb.SetMessageStatusResponse | None:
            record = await self._past_marks.status(*where, name, earlier)
            return None if record is None else response(f"GET {USER_MESSAGE}/statuses", record)

        async def prove() -> None:
            await self._access.prove_message(*where)

        mutation = Mutation(
            pb.SetMessageStatusResponse, write, find, prove, self._may_write(call.identity)
        )
        return await self._once.run(call, message, mutation)

    async def set_message_reaction(
        self, message: pb.SetMessageReactionRequest
    ) -> pb.SetMessageReactionResponse:
        """Give a reaction or take it back."""
        call = current_call()
        where = (call.identity, message.dialog_id, message.message_id)
        given = message.action == pb.ReactionAction.SET
        change = self._writes.set_reaction if given else self._writes.unset_reaction

        async def write(_: str | None) -> pb.SetMessageReactionResponse:
            return pb.SetMessageReactionResponse(changed=await change(*where, message.reaction))

        async def find(earlier: Earlier) -> pb.SetMessageReactionResponse | None:
            changed = await self._past_marks.reaction(*where, message.reaction, earlier)
            return None if changed is None else pb.SetMessageReactionResponse(changed=changed)

        async def prove() -> None:
            await self._access.prove_message(*where)

        mutation = Mutation(
            pb.SetMessageReactionResponse,
            write,
            # What is not there may have been taken back, or never have been given.
            find if given else None,
            prove,
            self._may_write(call.identity),
        )
        return await self._once.run(call, message, mutation)

    async def send_typing_indicator(
        self, message: pb.SendTypingIndicatorRequest
    ) -> pb.SendTypingIndicatorResponse:
        """Signal typing."""
        shown_ms = await self._writes.typing(current_call().identity, message.dialog_id)
        return pb.SendTypingIndicatorResponse(expires_in=timedelta(milliseconds=shown_ms))

    def _may_write(self, identity: Identity) -> Callable[[], Awaitable[None]]:
        return lambda: self._access.prove_writer(identity)

    async def subscribe_updates(  # type: ignore[override]  # batches, encoded once for all streams
        self, message: pb.SubscribeUpdatesRequest
    ) -> AsyncIterator[list[Encoded]]:
        """Stream the calling user's updates."""
        call = current_call()
        identity = call.identity
        token = self._hub.read_token(message.resume_token, identity.tenant_id, identity.user_id)
        await self._access.prove_reader(identity)
        wanted = Filter(frozenset(message.update_types), frozenset(message.dialog_ids))
        connection_id = secrets.token_hex(8)
        with self._hub.subscription(
            identity.tenant_id, identity.user_id, connection_id, wanted, call.send_now
        ) as (feed, subscription):
            call.interrupted = subscription.ended
            call.slow = lambda: subscription.end(reasons.slow_consumer())
            stream = responses(
                self._hub,
                feed,
                subscription,
                token,
                message.heartbeat_interval or _DEFAULT_HEARTBEAT,
                self._streams,
                lambda: self._access.prove_reader(identity),
            )
            async for batch in stream:
                yield batch
