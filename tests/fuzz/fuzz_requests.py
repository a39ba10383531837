"""Requests of every method: sound ones, and sound ones with one hostile field.

A method of the contract needs an entry in `GENERATORS`; the fuzzer fails by its name without one.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import fuzz_texts as texts
import fuzz_updates as updates

from betterproto2_compiled import encode
from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct

METHODS: Final[dict[str, type[Any]]] = {
    path.rpartition("/")[2]: handler.request_type
    for path, handler in pb.UserServiceBase().__mapping__().items()
}
"""The request of every method of the service, by the method's name."""

_TYPES: Final = (
    *("", "internal.text", "internal.image", "system.note", "user.a-b", "message.x.y"),
)


def _meta(rng: random.Random) -> Any:
    document: dict[str, Any] = {}
    for _ in range(rng.randrange(5)):
        document[rng.choice(("a", "url", "Key_9", "text", "x" * 100))] = rng.choice(
            ("x", "👍", 1, -2.5, True, ["a", None, 3], {"deep": {"er": [1, {"x": "y"}]}}, [])
        )
    document["url"] = "https://example.org/x.png"
    return Struct.from_dict(document)


def _key(rng: random.Random) -> str:
    # Few enough that a store of all of them stays small, and some are met again.
    return rng.choice(("", "", "", f"key-{rng.randrange(2000)}"))


def _get_user_dialogs(rng: random.Random) -> pb.GetUserDialogsRequest:
    return pb.GetUserDialogsRequest(
        page=rng.choice((0, 1, 2, 1_000_000)),
        limit=rng.choice((0, 1, 10, 100)),
        filter=texts.dialog_filter(rng),
        sort=texts.dialog_sort(rng),
        include_last_message=rng.random() < 0.5,
    )


def _get_dialog_messages(rng: random.Random) -> pb.GetDialogMessagesRequest:
    return pb.GetDialogMessagesRequest(
        dialog_id=texts.identifier(rng, "dlg_"),
        page=rng.choice((0, 1, 2, 1_000_000)),
        limit=rng.choice((0, 1, 10, 100)),
        filter=texts.message_filter(rng),
        sort=texts.message_sort(rng),
    )


def _send_message(rng: random.Random) -> pb.SendMessageRequest:
    kind = rng.choice(_TYPES)
    return pb.SendMessageRequest(
        dialog_id=texts.identifier(rng, "dlg_"),
        content=texts.words(rng),
        type=kind,
        meta=_meta(rng) if kind == "internal.image" or rng.random() < 0.7 else None,
        quoted_message_id=rng.choice((None, texts.identifier(rng, "msg_"))),
        topic_id=rng.choice((None, texts.identifier(rng, "topic_"))),
        idempotency_key=_key(rng),
    )


def _set_message_status(rng: random.Random) -> pb.SetMessageStatusRequest:
    return pb.SetMessageStatusRequest(
        dialog_id=texts.identifier(rng, "dlg_"),
        message_id=texts.identifier(rng, "msg_"),
        status=_member(rng, pb.MessageStatus),
        idempotency_key=_key(rng),
    )


def _set_message_reaction(rng: random.Random) -> pb.SetMessageReactionRequest:
    return pb.SetMessageReactionRequest(
        dialog_id=texts.identifier(rng, "dlg_"),
        message_id=texts.identifier(rng, "msg_"),
        reaction=rng.choice(("👍", "❤️", "x", "a" * 50, "🏳️‍🌈")),
        action=_member(rng, pb.ReactionAction),
        idempotency_key=_key(rng),
    )


def _send_typing_indicator(rng: random.Random) -> pb.SendTypingIndicatorRequest:
    return pb.SendTypingIndicatorRequest(dialog_id=texts.identifier(rng, "dlg_"))


def _subscribe_updates(rng: random.Random) -> pb.SubscribeUpdatesRequest:
    return pb.SubscribeUpdatesRequest(
        resume_token=rng.choice(("", "", texts.token(rng))),
        update_types=rng.sample(updates.KINDS, rng.randrange(4)),
        dialog_ids=[texts.identifier(rng, "dlg_") for _ in range(rng.randrange(3))],
        heartbeat_interval=rng.choice((None, timedelta(seconds=rng.randrange(5, 301)))),
    )


def _member(rng: random.Random, enum: type[Any]) -> Any:
    return rng.choice([member for member in enum if member])


GENERATORS: Final[dict[str, Callable[[random.Random], Any]]] = {
    "GetUserDialogs": _get_user_dialogs,
    "GetDialogMessages": _get_dialog_messages,
    "SendMessage": _send_message,
    "SetMessageStatus": _set_message_status,
    "SetMessageReaction": _set_message_reaction,
    "SendTypingIndicator": _send_typing_indicator,
    "SubscribeUpdates": _subscribe_updates,
}


def method(rng: random.Random) -> str:
    """Return the name of a method that has a generator."""
    return rng.choice(tuple(GENERATORS))


def sound(rng: random.Random, name: str) -> bytes:
    """Return a request that keeps every rule of its fields."""
    return encode(GENERATORS[name](rng))


def hostile(rng: random.Random, name: str) -> bytes:
    """Return a sound request of which one field is hostile in a way that protobuf can carry."""
    made = GENERATORS[name](rng)
    field = rng.choice(tuple(type(made).__dataclass_fields__))
    value = getattr(made, field)
    if isinstance(value, bool):
        changed: Any = not value
    elif isinstance(value, int):  # an enum is one too: any number may come for it
        changed = rng.choice((-1, 0, 101, 2**31 - 1, -(2**31)))
    elif isinstance(value, list):
        changed = value * rng.choice((0, 2, 60))
    elif isinstance(value, str) or (value is None and field.endswith("_id")):
        changed = texts.hostile(rng)
    else:
        changed = None
    setattr(made, field, changed)
    return encode(made)
