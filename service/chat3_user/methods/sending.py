"""How a message is sent once for one key, in both services."""

import secrets
from typing import Any, Generic, TypeVar

import betterproto2

from chat3_user.domain.attempts import Request
from chat3_user.domain.refused_messages import refusal
from chat3_user.domain.sent_messages import Search, Sent
from chat3_user.errors import CallError
from chat3_user.idempotency import Earlier
from chat3_user.mapping import entities
from chat3_user.methods.dependencies import Dependencies
from chat3_user.telemetry import CallSpan
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import WriteEndedError, in_doubt, understood
from chat3_user.tenant_api.route import Route
from chat3_user.tenant_api.sending import send_message

ResponseT = TypeVar("ResponseT", bound=betterproto2.Message)


class Sending(Generic[ResponseT]):
    """The writes and looks of one call for one message; that its sender may must be proved."""

    def __init__(
        self,
        dependencies: Dependencies,
        request: Request,
        response: type[ResponseT],
        span: CallSpan,
    ) -> None:
        self._span = span
        self._dependencies = dependencies
        self._request = request
        self._search = Search(dependencies.sent, request)
        self._response = response

    async def write(self, key: str | None) -> ResponseT:
        """Write the message and return the response.

        Raises `CallError`.
        """
        request, deleted = self._request, self._dependencies.deleted
        written = await self._written(key or secrets.token_hex(16))
        self._span.wrote(written.message_id)
        sent = self._dependencies.sent.judged(request, written)
        if key is None:
            shown = await deleted.marked_or_unquoted(request.identity, written)
        else:
            try:
                shown = await deleted.written(request.identity, written)
            except CallError as error:
                # The next look finds the message, and shows it with its quote.
                raise in_doubt(error) from error
        return self._shown(routes.SEND_MESSAGE, shown, sent)

    async def _written(self, name: str) -> m.Message:
        api, request = self._dependencies.api, self._request
        where = (request.identity, request.sender_id, request.dialog_id)
        try:
            return await send_message(api, *where, request.body, name)
        except WriteEndedError as error:
            refused = await refusal(api, self._dependencies.sent.traces, request, name)
            if refused is None:
                # Where not even the key was written, an index that is new may leave it out.
                meta = request.body.get("meta", {})
                await self._dependencies.meta_rules.prove_sendable(request.identity, meta)
                raise
            raise refused from error

    async def find(self, earlier: Earlier) -> ResponseT | None:
        """Return the response for the message that an earlier attempt wrote, None for none.

        Raises `CallError` and `UnsettledError`.
        """
        sent = await self._search.find(earlier)
        if sent is None:
            return None
        self._span.wrote(sent.message.message_id)
        shown = await self._dependencies.deleted.written(self._request.identity, sent.message)
        return self._shown(routes.USER_MESSAGES, shown, sent)

    def _shown(self, route: Route[Any], shown: m.Message, sent: Sent) -> ResponseT:
        made: Any = self._response  # its fields are those of a message that was sent
        with understood(route):
            return made(  # type: ignore[no-any-return]
                message=entities.message(shown, self._request.identity.user_id),
                missing_parts=list(sent.missing),
            )
