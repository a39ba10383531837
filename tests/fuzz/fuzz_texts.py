"""Texts that have a grammar of their own: filters, sorts, tokens, identities; and hostile text."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import fuzz_tokens

from chat3_api.chat3.user.v1 import GetDialogMessagesRequest
from chat3_user.calls import Call
from chat3_user.paging import Cut, CutToken, Tokens, is_numbered, numbered_page, read_cut
from chat3_user.updates.broker import LogPosition
from chat3_user.updates.log.tokens import NO_FEED, Token, decode_token, scope_of
from chat3_user.validation import (
    parse_dialog_filter,
    parse_dialog_sort,
    parse_identity,
    parse_message_filter,
    parse_message_sort,
    parse_pack_filter,
    parse_pack_sort,
    parse_tenant_dialog_filter,
    parse_tenant_dialog_sort,
    parse_tenant_message_filter,
    parse_tenant_message_sort,
    parse_tenant_pack_filter,
    parse_tenant_pack_sort,
    parse_user_filter,
    parse_user_sort,
)

IDENTITY: Final = {"x-api-key": "demo-key", "x-tenant-id": "tnt_default", "x-user-id": "alice"}
USERS: Final = ("alice", "bob", "zoe", "ж", "a b")
"""Users that requests name; the first makes the calls."""
_CALL: Final = Call("GetDialogMessages", "fuzz", parse_identity(IDENTITY))
_LIST: Final = GetDialogMessagesRequest(dialog_id="dlg_" + "a" * 20)
INDEX: Final = "unique:order"
NEWCOMERS: Final = tuple(f"new-{number}" for number in range(60))
"""Users who are nobody until they are created; so many that calls at once seldom share one."""
_SCOPE: Final = scope_of(IDENTITY["x-tenant-id"], IDENTITY["x-user-id"])
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_USER_TERMS: Final = ("userId", "type", "createdAt")
_TENANT_PACK_TERMS: Final = ("pack_id", "create_time")
_TENANT_DIALOG_TERMS: Final = ("dialog_id", "member", "create_time")
_PACK_TERMS: Final = ("unread_count",)
_COMPARED: Final = ("gt", "gte", "lt", "lte")
_DIALOG_TERMS: Final = ("dialog_id", "member", "unread_count", "last_seen_time")
_MESSAGE_TERMS: Final = ("sender_id", "type", "createdAt", "content")
_TENANT_MESSAGE_TERMS: Final = ("dialog_id", *_MESSAGE_TERMS)
_HOSTILE: Final = (
    *("", "\0", "\r\nx: y", "../../x", "%2e%2e", "a.b", "*.#", "'", '"', "\\", "$where"),
    *("\u202e", "\ufeff", "\u2028", "e\u0301" * 300, "👍" * 5001, "a" * 20_000, " x "),
    *("null", "-1", "1e999", "{}", "[", "dlg_" + "A" * 20, "(a,eq,b)", "(meta.__proto__,gt,1)"),
)


def identifier(rng: random.Random, prefix: str) -> str:
    """Return an id of the platform: one of a few, so that calls meet each other."""
    return prefix + rng.choice(_LETTERS) * 20


def words(rng: random.Random) -> str:
    """Return what people write."""
    return rng.choice(("x", "👍", "hello", "a" * 300, "line\nline", "z" * 10_000, "\u202eabc"))


def hostile(rng: random.Random) -> str:
    """Return text that somebody may trip over."""
    return rng.choice(_HOSTILE)


def _meta_condition(rng: random.Random, place: int) -> str:
    match rng.randrange(5):
        case 0:
            rest = f"{rng.choice(_COMPARED)},{rng.choice((0, 1.5, -7, 2**53 - 1))}"
        case 1:
            rest = f"{rng.choice(('in', 'nin', 'all'))},[a,{rng.randrange(9)},true]"
        case 2:
            rest = "exists,true"
        case 3:
            pattern = rng.choice(("^x", "y.z?", '"[xy]"'))
            rest = f"regex,{pattern}"
        case _:
            value = rng.choice(("x", "true", "7", '"a b"', "ж"))
            rest = f"{rng.choice(('eq', 'ne'))},{value}"
    return f"(meta.key{place},{rest})"


def _condition(rng: random.Random, field: str) -> str:
    if field.endswith(("At", "_time")):
        value = rng.choice(("2026-01-31", "2026-01-31T12:00:00Z", "1795424735959.5"))
        return f"({field},{rng.choice(_COMPARED)},{value})"
    if field.endswith("_count"):
        return f"({field},{rng.choice((*_COMPARED, 'eq', 'ne'))},{rng.randrange(100)})"
    value = {"dialog_id": "dlg_" + "a" * 20, "type": "internal.text"}.get(field, "alice")
    return f"({field},eq,{value})"


def _filter(rng: random.Random, fields: tuple[str, ...]) -> str:
    meta = [_meta_condition(rng, place) for place in range(rng.randrange(1, 4))]
    match rng.randrange(6):
        case 0:
            return ""
        case 1:
            return _condition(rng, rng.choice(fields))
        case 2:
            return "&".join(
                _condition(rng, field) for field in rng.sample(fields, min(2, len(fields)))
            )
        case 3:
            return "|".join(meta)
        case 4:
            return f"({'|'.join(meta)})&{_meta_condition(rng, 9)}"
        case _:
            return meta[0]


def dialog_filter(rng: random.Random) -> str:
    """Return a filter of dialogs, nearly always a sound one."""
    return _filter(rng, _DIALOG_TERMS)


def message_filter(rng: random.Random) -> str:
    """Return a filter of messages, nearly always a sound one."""
    return _filter(rng, _MESSAGE_TERMS)


def dialog_sort(rng: random.Random) -> str:
    """Return a sort of dialogs."""
    return rng.choice(("", "(unread_count,desc)", " ( lastSeenAt , asc ) "))


def tenant_dialog_filter(rng: random.Random) -> str:
    """Return a filter of a tenant's dialogs, nearly always a sound one."""
    return _filter(rng, _TENANT_DIALOG_TERMS)


def tenant_dialog_sort(rng: random.Random) -> str:
    """Return a sort of a tenant's dialogs."""
    return rng.choice(("", "(create_time,desc)", " ( createdAt , asc ) "))


def tenant_message_filter(rng: random.Random) -> str:
    """Return a filter of a tenant's messages, nearly always a sound one."""
    return _filter(rng, _TENANT_MESSAGE_TERMS)


def tenant_message_sort(rng: random.Random) -> str:
    """Return a sort of a tenant's messages."""
    return rng.choice(("", "(create_time,desc)", "(createdAt, asc)"))


def tenant_pack_filter(rng: random.Random) -> str:
    """Return a filter of a tenant's packs, nearly always a sound one."""
    return _filter(rng, _TENANT_PACK_TERMS)


def tenant_pack_sort(rng: random.Random) -> str:
    """Return a sort of a tenant's packs."""
    return rng.choice(("", "(create_time,desc)", " ( createdAt , asc ) "))


def pack_filter(rng: random.Random) -> str:
    """Return a filter of packs, nearly always a sound one."""
    return _filter(rng, _PACK_TERMS)


def pack_sort(rng: random.Random) -> str:
    """Return a sort of packs."""
    return rng.choice(("", "(unread_count,desc)", "(create_time, asc)"))


def user_filter(rng: random.Random) -> str:
    """Return a filter of users, nearly always a sound one."""
    return _filter(rng, _USER_TERMS)


def user_sort(rng: random.Random) -> str:
    """Return a sort of users."""
    return rng.choice(("", "(user_id,desc)", "(create_time, asc)", "(type,asc)"))


def message_sort(rng: random.Random) -> str:
    """Return a sort of messages."""
    return rng.choice(("", "(create_time,desc)", "(createdAt,asc)", "(sender_id,asc)"))


def token(rng: random.Random) -> str:
    """Return a sound token of the fuzzer's user."""
    return Token(
        scope=_SCOPE,
        feed=rng.choice((NO_FEED, rng.randbytes(len(NO_FEED)))),
        sequence=rng.choice((0, 1, 2**63)),
        time_ms=int(time.time() * 1000) - rng.randrange(10**9),
        position=rng.choice((None, LogPosition(rng.randrange(2**40), rng.randrange(2**32)))),
        ids=[rng.randbytes(6) for _ in range(rng.randrange(17))],
        complete=rng.random() < 0.5,
    ).encode()


def page_token(rng: random.Random) -> str:
    """Return a sound page token of the fuzzer's list."""
    if rng.random() < 0.3:
        return numbered_page(_LIST, _CALL).next_token(rng.choice((11, 2**31 - 1)))
    time = rng.choice((0, -(10**15), 1795424735959_186035))
    cut = rng.choice((None, Cut(time, identifier(rng, "msg_"), above=rng.random() < 0.5)))
    return CutToken(rng.random() < 0.5, cut).write(Tokens(_LIST, _CALL))


def forged_page_token(rng: random.Random) -> str:
    """Return a page token of the fuzzer's list that nobody writes, though its digest is right."""
    payload = rng.randbytes(rng.choice((0, 1, 5, 31, 700)))
    return Tokens(_LIST, _CALL).write(rng.randrange(5), payload)


def _read_page_token(text: str) -> object:
    request = replace(_LIST, page_token=text)
    token = Tokens(request, _CALL).read()
    if token is None or is_numbered(token):
        return numbered_page(request, _CALL)
    return read_cut(*token)


def hostile_token(rng: random.Random) -> str:
    """Return a token of another place, or of none; it is short enough to be looked at."""
    return rng.choice(
        ("AQAA", "x" * 1024, "👍", token(rng), page_token(rng), forged_page_token(rng))
    )


def _user(rng: random.Random) -> str:
    return rng.choice(("alice", "bob%20b", "%D0%96", "A", "x" * 100))


Reader = Callable[[str], Any]
READERS: Final[dict[str, tuple[Callable[[random.Random], str], Reader]]] = {
    "filter of dialogs": (dialog_filter, parse_dialog_filter),
    "filter of messages": (message_filter, parse_message_filter),
    "sort of dialogs": (dialog_sort, parse_dialog_sort),
    "sort of messages": (message_sort, parse_message_sort),
    "filter of a tenant's dialogs": (tenant_dialog_filter, parse_tenant_dialog_filter),
    "sort of a tenant's dialogs": (tenant_dialog_sort, parse_tenant_dialog_sort),
    "filter of a tenant's messages": (tenant_message_filter, parse_tenant_message_filter),
    "sort of a tenant's messages": (tenant_message_sort, parse_tenant_message_sort),
    "filter of a tenant's packs": (tenant_pack_filter, parse_tenant_pack_filter),
    "sort of a tenant's packs": (tenant_pack_sort, parse_tenant_pack_sort),
    "filter of packs": (pack_filter, parse_pack_filter),
    "sort of packs": (pack_sort, parse_pack_sort),
    "filter of users": (user_filter, parse_user_filter),
    "sort of users": (user_sort, parse_user_sort),
    "resume token": (token, lambda text: decode_token(text, _SCOPE, int(time.time() * 1000))),
    "page token": (page_token, _read_page_token),
    "sealed token": (fuzz_tokens.sealed, fuzz_tokens.read_sealed),
    "signed token": (fuzz_tokens.signed, fuzz_tokens.read_signed),
    "user id": (_user, lambda text: parse_identity({**IDENTITY, "x-user-id": text})),
}
"""What makes a text of each grammar, and what reads it."""
