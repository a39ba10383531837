"""What a handler gets and gives: a checked call and an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from chat3_embedded.errors import not_a_member, not_found
from chat3_embedded.jsonvalues import JsonObject, sanitise
from chat3_embedded.steps import Steps
from chat3_embedded.validation import validate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat3_embedded.feed import UpdateFeed
    from chat3_embedded.generations import Capability
    from chat3_embedded.paging import Page
    from chat3_embedded.prototype import ObjectPrototype
    from chat3_embedded.settings import Settings
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import ApiKey, Dialog, Member, Message
    from chat3_embedded.validation import Check


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body; None is no body."""

    status: int
    body: JsonObject | None


@dataclass(frozen=True, slots=True)
class Call:
    """One request that passed guard, authentication, permission and URL checks."""

    store: Store
    feed: UpdateFeed
    settings: Settings
    key: ApiKey
    tenant_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    prototype: ObjectPrototype

    def checked_body(self, check: Check) -> Any:
        """Return the body, checked and converted."""
        return validate(check, self.body)

    def dialog(self) -> Dialog:
        """Return the dialog that the URL names, or raise 404."""
        dialog = self.store.dialogs.get(self.tenant_id, self.path["dialogId"])
        if dialog is None:
            raise not_found("Dialog not found")
        return dialog

    def member(self) -> Member:
        """Return the membership of the URL's user in the URL's dialog, or raise 403.

        An unknown dialog is a 403 too: it has no members.
        """
        where = (self.tenant_id, self.path["dialogId"], self.path["userId"])
        member = self.store.members.get(*where)
        if member is None:
            raise not_a_member()
        return member

    def message(self, text: str = "Message not found") -> Message:
        """Return the message that the URL names, of whatever dialog, or raise 404."""
        message = self.store.messages.get(self.tenant_id, self.path["messageId"])
        if message is None:
            raise not_found(text)
        return message

    def message_of_dialog(self) -> Message:
        """Return the message that the URL names if it is of the URL's dialog, or raise 404."""
        message = self.message()
        if message.dialog_id != self.path["dialogId"]:
            raise not_found("Message not found")
        return message


# A handler answers, or yields after each step of a write before it answers.
Handler: TypeAlias = Callable[[Call], Answer | Steps[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint.

    `permission` None means that none is checked, as for `/api/users`; `since` that older
    versions of the platform do not have it.
    """

    method: str
    path: str
    handler: Handler
    permission: str | None
    tenant: bool = True
    since: Capability | None = None


def ok(data: Any, message: str | None = None, status: int = 200) -> Answer:
    """Answer with sanitised data."""
    return raw(sanitise(data), message, status)


def raw(data: Any, message: str | None = None, status: int = 200) -> Answer:
    """Answer with data as it is: numbers for times, database ids and all."""
    body: JsonObject = {"data": data}
    if message is not None:
        body["message"] = message
    return Answer(status, body)


def said(message: str) -> Answer:
    """Answer with nothing but a message."""
    return Answer(200, {"message": message})


def listed(rows: Sequence[JsonObject], page: Page, total: int) -> Answer:
    """Answer with one page of sanitised rows."""
    body = {"data": sanitise(list(rows)), "pagination": page.describe(total)}
    return Answer(200, body)
