"""The scenario and a player's outcome as types; their JSON schemas are made from these."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]*$")]
"""What a step calls the dialog or message that it made."""

Ref = Annotated[str, Meta(pattern=r"^(\$[a-z][a-z0-9-]*|[^$].*)$")]
"""`$name` stands for the id bound to the name; anything else is taken as it is."""

Reason = Annotated[str, Meta(pattern="^ERROR_REASON_[A-Z_]+$")]


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """One step. ``fails`` is the reason with which the call must fail."""

    fails: Reason | UnsetType = UNSET


class Deed(Step, frozen=True, kw_only=True):
    """A step in which a user does something."""

    by: str


class Start(Deed, frozen=True, kw_only=True, tag="start"):
    """Make the user's client: it opens its stream, with the stored token if there is one."""


class Stop(Deed, frozen=True, kw_only=True, tag="stop"):
    """Close the user's client in good order; its stored token stays."""


class CreateDialog(Deed, frozen=True, kw_only=True, tag="create_dialog"):
    members: Sequence[str]
    meta: Mapping[str, Any] = {}
    bind: Name = msgspec.field(name="as")


class DirectDialog(Deed, frozen=True, kw_only=True, tag="direct_dialog"):
    user: str
    bind: Name = msgspec.field(name="as")


class InDialog(Deed, frozen=True, kw_only=True):
    dialog: Ref


class Send(InDialog, frozen=True, kw_only=True, tag="send"):
    """``key`` is the idempotency key; without one the library makes it."""

    text: str
    meta: Mapping[str, Any] = {}
    quote: Ref | UnsetType = UNSET
    key: str | UnsetType = UNSET
    bind: Name | UnsetType = msgspec.field(name="as", default=UNSET)


class Burst(InDialog, frozen=True, kw_only=True, tag="burst"):
    """Send all ``texts`` at the same time; the messages are bound to `<as>-1`, `<as>-2`, …"""

    texts: Sequence[str]
    bind: Name = msgspec.field(name="as")


class OnMessage(InDialog, frozen=True, kw_only=True):
    message: Ref


class Edit(OnMessage, frozen=True, kw_only=True, tag="edit"):
    text: str


class Delete(OnMessage, frozen=True, kw_only=True, tag="delete"):
    pass


class Restore(OnMessage, frozen=True, kw_only=True, tag="restore"):
    pass


class React(OnMessage, frozen=True, kw_only=True, tag="react"):
    reaction: str


class Unreact(OnMessage, frozen=True, kw_only=True, tag="unreact"):
    reaction: str


class SetStatus(OnMessage, frozen=True, kw_only=True, tag="set_status"):
    status: Annotated[str, Meta(pattern="^(read|delivered|unread)$")]


class MarkRead(InDialog, frozen=True, kw_only=True, tag="mark_read"):
    pass


class Typing(InDialog, frozen=True, kw_only=True, tag="typing"):
    pass


class AddMembers(InDialog, frozen=True, kw_only=True, tag="add_members"):
    users: Sequence[str]


class RemoveMember(InDialog, frozen=True, kw_only=True, tag="remove_member"):
    user: str


class Leave(InDialog, frozen=True, kw_only=True, tag="leave"):
    pass


class SetMeta(InDialog, frozen=True, kw_only=True, tag="set_meta"):
    """Set keys of a dialog's custom data; `title` is what `Dialog.title` shows."""

    meta: Mapping[str, Any] = {}


class ListDialogs(Deed, frozen=True, kw_only=True, tag="list_dialogs"):
    page_size: int


class History(InDialog, frozen=True, kw_only=True, tag="history"):
    page_size: int


class Members(InDialog, frozen=True, kw_only=True, tag="members"):
    pass


class Settle(InDialog, frozen=True, kw_only=True, tag="settle"):
    """Send ``text``, then wait until the stores of ``users`` have that message."""

    text: str
    users: Sequence[str]
    bind: Name = msgspec.field(name="as")


class Pause(Step, frozen=True, kw_only=True, tag="pause"):
    ms: int


AnyStep = (
    Start
    | Stop
    | CreateDialog
    | DirectDialog
    | Send
    | Burst
    | Edit
    | Delete
    | Restore
    | React
    | Unreact
    | SetStatus
    | MarkRead
    | Typing
    | AddMembers
    | RemoveMember
    | Leave
    | SetMeta
    | ListDialogs
    | History
    | Members
    | Settle
    | Pause
)


class Compared(Struct, frozen=True, forbid_unknown_fields=True):
    """What is compared beyond the rest, by name."""

    statuses_of: Sequence[Name]
    """Messages whose status counts every member knows at the end."""


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """``users`` exist before the first step; a player has a client for each that is started."""

    users: Sequence[str]
    compared: Compared
    steps: Sequence[AnyStep]


class ReactionShown(Struct, frozen=True, forbid_unknown_fields=True):
    count: int
    mine: bool


class MessageShown(Struct, frozen=True, forbid_unknown_fields=True):
    """A message as a client shows it. ``quotes`` names the quoted message."""

    sender: str
    text: str
    meta: Mapping[str, Any]
    edited: bool
    deleted: bool
    reactions: Mapping[str, ReactionShown]
    statuses: Mapping[str, int]
    quotes: str | None = None


class DialogShown(Struct, frozen=True, forbid_unknown_fields=True):
    """A dialog in a user's local store. ``last`` names the last message."""

    title: str | None
    meta: Mapping[str, Any]
    members: int
    unread: int
    last: str | None
    messages: Mapping[str, MessageShown]


class Failed(Struct, frozen=True, forbid_unknown_fields=True):
    """``fields`` are those that break a rule, sorted."""

    failed: str
    fields: Sequence[str] = ()


class UpdateSeen(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """``about`` names the message, or the member of a `MEMBER_…`, or is empty.

    A gap stands among the updates, with the kind `GAP`.
    """

    kind: str
    dialog: str
    about: str


class Stream(Struct, frozen=True, forbid_unknown_fields=True):
    """What a user's client was handed by its streams, over all its starts.

    ``starts``: the resume outcome of the first connection after each start. ``duplicates``: how
    many updates were handed over with an id that was handed over before.
    """

    starts: Sequence[str]
    updates: Sequence[UpdateSeen]
    duplicates: int
    gaps: Sequence[str]
    reconnects: int = 0


class Outcome(Struct, frozen=True, forbid_unknown_fields=True):
    """What a player writes; ``results`` has an entry for each step."""

    player: str
    names: Mapping[str, str]
    results: Sequence[Mapping[str, Any]]
    pictures: Mapping[str, Mapping[str, DialogShown]]
    streams: Mapping[str, Stream]
    errors: Sequence[str]


SCHEMAS: Final = {"scenario.schema.json": Scenario, "outcome.schema.json": Outcome}
