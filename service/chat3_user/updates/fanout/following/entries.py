"""Entries of the log on their way to the streams of a tenant, and which of them come again."""

from typing import Final

import msgspec

from chat3_api.chat3.user.v1 import GapReason, UpdateKind
from chat3_user.updates.broker import LogEntry, LogPosition
from chat3_user.updates.decoded import DecodedUpdate, Decoder
from chat3_user.updates.fanout.items import Item
from chat3_user.updates.fanout.responses import gap_item, update_item
from chat3_user.updates.log.tokens import NO_FEED, Token, scope_of

LOOK_BACK: Final = 1000
"""Entries of the log among which an update that is published again is recognised."""


class Followed(msgspec.Struct, frozen=True, gc=False):
    """An update, or a gap without an ``identity``, and its place in the log."""

    position: LogPosition
    item: Item
    identity: bytes = b""


class Before(msgspec.Struct, frozen=True, gc=False):
    """What is known of an update that stood in the log before a stream began."""

    offset: int
    identity: bytes
    kind: UpdateKind
    dialog_id: str


class Seen:
    """Tells, in the log's order, what stood among the `LOOK_BACK` entries before already.

    That is a matter of the log alone: wherever a stream begins, having looked back, it says the
    same.
    """

    __slots__ = ("_offsets",)

    def __init__(self) -> None:
        self._offsets: dict[bytes, int] = {}

    def is_new(self, identity: bytes, offset: int) -> bool:
        """Return whether the update at ``offset`` is the first of its kind."""
        before = self._offsets.pop(identity, None)
        self._offsets[identity] = offset
        for oldest, at in self._offsets.items():
            if offset - at < LOOK_BACK:
                break
            del self._offsets[oldest]
            break
        return before is None or offset - before >= LOOK_BACK


def tenant_scope(tenant_id: str) -> bytes:
    """Return the scope of tokens of a whole tenant; no user has an empty id."""
    return scope_of(tenant_id, "")


def tenant_token(tenant_id: str, position: LogPosition, time_ms: int) -> str:
    """Return the token of a stream that has had all of the tenant up to ``position``."""
    return Token(
        scope=tenant_scope(tenant_id),
        feed=NO_FEED,
        sequence=0,
        time_ms=time_ms,
        position=position,
        ids=(),
        complete=True,
    ).encode()


def identity_of(decoded: DecodedUpdate) -> bytes:
    """Return what an update of a tenant is recognised by: its id, and whom it is for."""
    return decoded.digest + decoded.user_id.encode()


def before_of(entry: LogEntry, decode: Decoder) -> Before | None:
    """Return what is to be known of an update; nothing when it can be delivered to nobody."""
    decoded = decode(entry.body)
    if decoded is None:
        return None
    return Before(entry.offset, identity_of(decoded), decoded.kind, decoded.dialog_id)


def followed_update(
    entry: LogEntry, decoded: DecodedUpdate, time_ms: int, *, missed: bool = False
) -> Followed:
    """Return an update; ``time_ms`` is that of its token, ``missed`` as `update_item` has it."""
    position = entry.position
    token = tenant_token(decoded.tenant_id, position, time_ms)
    return Followed(position, update_item(decoded, token, missed=missed), identity_of(decoded))


def followed_gap(
    tenant_id: str, position: LogPosition, reason: GapReason, from_ms: int
) -> Followed:
    """Return a gap that began at ``from_ms`` and ends now."""
    token = tenant_token(tenant_id, position, from_ms)
    return Followed(position, gap_item(token, reason, from_ms or None))
