"""Values of request fields: by the rule that says most about them, else by name, else by type."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import singledispatch
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

import betterproto2
import fuzz_texts as texts

from chat3_api.chat3.tenant.v1 import MetaIndexCondition
from chat3_api.google.protobuf import Struct, Value
from chat3_user.validation.custom_data import CustomData, MessageData, MetaKey
from chat3_user.validation.meta_indexes import MOST_VALUES, Condition
from chat3_user.validation.rules import Between, Each, Items, Named, Rule, Rules, Seconds
from chat3_user.validation.text_rules import Expression, Id, MessageType
from chat3_user.validation.user_ids import UserId
from chat3_user.validation.user_types import FitsWithUser

_TYPES: Final = (
    *("", "internal.text", "internal.image", "system.note", "user.a-b", "message.x.y"),
)
_REACTIONS: Final = ("👍", "❤️", "x", "a" * 50, "🏳️‍🌈")
_USERS: Final = ("alice", "bob", "zoe", "ж", "a b", "Bob", "x,(y)&z")
_ITEMS_MAX: Final = 4
_NEW: Final = 0.6
"""How often a request that may create a user names one who is not there yet."""
_OF_ITS_DIALOG: Final = frozenset(("quoted_message_id", "around_message_id"))
"""Fields that name a message of the dialog beside them."""
_ITS_MEMBER: Final = frozenset(("user_id", "sender_id"))
"""Fields that name a member of it."""

Sampler = Callable[[random.Random], Any]

_BY_NAME: Final[dict[str, Sampler]] = {
    # Few enough that a store of all of them stays small, and some are met again.
    "idempotency_key": lambda rng: rng.choice(("", "", "", f"key-{rng.randrange(2000)}")),
    "page_token": lambda rng: rng.choice(("",) * 7 + (texts.hostile_token(rng),)),
    "resume_token": lambda rng: rng.choice(("", "", texts.token(rng))),
    "reaction": lambda rng: rng.choice(_REACTIONS),
    "user_id": lambda rng: rng.choice(texts.USERS),
    "index_id": lambda rng: rng.choice((texts.INDEX, texts.INDEX, "allowed:keys")),
}
"""Fields whose text has a meaning that no rule states; a list goes by its singular."""


def fields_of(
    rng: random.Random, message: type[betterproto2.Message], rules: Rules
) -> dict[str, Any]:
    """Return values for the fields of a message."""
    made: dict[str, Any] = {}
    groups: set[str] = set()
    for name, hint in get_type_hints(message).items():
        field = message.__dataclass_fields__.get(name)
        if field is None:
            continue
        group = field.metadata["betterproto"].group
        if group is not None and group in groups:
            continue
        own = rules.get(name, ())
        value = _user(rng, rules) if _is_user(own) else _value(rng, name, hint, own)
        if group is not None and value is not None:
            groups.add(group)
        made[name] = value
    for name in sorted(_OF_ITS_DIALOG & made.keys()):
        # As `fuzz_upstream` has it.
        if made[name] and rng.random() < 0.7:
            made[name] = made["dialog_id"].replace("dlg_", "msg_")
    if made.keys() & {"dialog_id", "message_id"}:
        for name in sorted(_ITS_MEMBER & made.keys()):
            made[name] = rng.choice(texts.USERS)
    return made


def _value(rng: random.Random, name: str, hint: Any, rules: Sequence[Rule]) -> Any:
    if get_origin(hint) is UnionType:
        (within,) = set(get_args(hint)) - {NoneType}
        needed = rules and rules[0].words == "required"
        return None if not needed and rng.random() < 0.3 else _value(rng, name, within, rules)
    if get_origin(hint) is list:
        (item,) = get_args(hint)
        most = min([_ITEMS_MAX, *(rule.high for rule in rules if isinstance(rule, Items))])
        each = [rule.rule for rule in rules if isinstance(rule, Each)]
        if any(isinstance(rule, UserId) for rule in each):
            return [rng.choice(_USERS) for _ in range(rng.randrange(most))]
        singular = name.removesuffix("s")
        return [_value(rng, singular, item, each) for _ in range(rng.randrange(most))]
    for rule in reversed(rules):
        make = sampler(rule)
        if make is not None:
            value = make(rng)
            return hint(value) if issubclass(hint, betterproto2.Enum) else value
    return _by_type(rng, name, hint)


def _is_user(rules: Sequence[Rule]) -> bool:
    return any(isinstance(rule, UserId) for rule in rules)


def _user(rng: random.Random, rules: Rules) -> str:
    """Return whom a request names: users who are there, unless it may create one.

    A newcomer is in no list of members, so only refusals would come of naming them elsewhere.
    Requests that say a type may create users, but for those that remove what is there.
    """
    typed = any(isinstance(rule, FitsWithUser) for own in rules.values() for rule in own)
    if typed and "remove_keys" not in rules and rng.random() < _NEW:
        return rng.choice(texts.NEWCOMERS)
    return rng.choice(_USERS)


def _by_type(rng: random.Random, name: str, hint: Any) -> Any:
    if hint is str:
        alike = [make for end, make in _BY_NAME.items() if name.endswith(end) or f"{end}s" == name]
        return alike[0](rng) if alike else texts.words(rng)
    if issubclass(hint, betterproto2.Enum):
        return rng.choice(list(hint))
    if hint is Struct:
        return meta(rng)
    if issubclass(hint, betterproto2.Message):
        return hint(**fields_of(rng, hint, {}))
    return _PLAIN[hint](rng)


_PLAIN: Final[dict[type, Sampler]] = {
    bool: lambda rng: rng.random() < 0.5,
    int: lambda rng: rng.choice((0, 1, 2, 100)),
    float: lambda rng: rng.choice((0.0, 1.5, -7.0)),
    bytes: lambda rng: rng.randbytes(rng.randrange(20)),
    timedelta: lambda rng: timedelta(seconds=rng.randrange(1000)),
    datetime: lambda rng: datetime.fromtimestamp(rng.randrange(2**31), UTC),
}


def meta(rng: random.Random) -> Struct:
    """Return custom data that the platform can keep, as media messages have it."""
    document: dict[str, Any] = {}
    for _ in range(rng.randrange(5)):
        document[rng.choice(("a", "url", "Key_9", "text", "x" * 100))] = rng.choice(
            ("x", "👍", 1, -2.5, True, ["a", None, 3], {"deep": {"er": [1, {"x": "y"}]}}, [])
        )
    document["url"] = "https://example.org/x.png"
    return Struct.from_dict(document)


def _condition(rng: random.Random) -> MetaIndexCondition | None:
    """Return for which custom data an index may hold, more often all."""
    if rng.random() < 0.5:
        return None
    operator, most = rng.choice([*MOST_VALUES.items()])
    values = (Value(string_value="support"), Value(number_value=7.0), Value(bool_value=True))
    count = rng.randint(min(most, 1), min(most, 3))
    return MetaIndexCondition(
        key=rng.choice(("kind", "Key_9")),
        operator=operator,
        values=[rng.choice(values) for _ in range(count)],
    )


@singledispatch
def sampler(_: Rule) -> Sampler | None:
    """Return what makes values that keep a rule; nothing for a rule that the others meet."""
    return None


@sampler.register
def _(rule: Between) -> Sampler:
    few = (rule.low, rule.low + 1, rule.low + 2, (rule.low + rule.high) // 9, rule.high)
    return lambda rng: min(rule.high, rng.choice(few))


@sampler.register
def _(rule: Seconds) -> Sampler:
    return lambda rng: timedelta(seconds=rng.randint(rule.low, rule.high))


@sampler.register
def _(rule: Named) -> Sampler:
    numbers = sorted(rule.numbers)
    return lambda rng: rng.choice(numbers)


@sampler.register
def _(rule: Id) -> Sampler:
    return lambda rng: texts.identifier(rng, rule.prefix)


@sampler.register
def _(_: FitsWithUser) -> Sampler:
    return lambda rng: rng.choice(("", "user", "bot", "x" * 50, "жук"))


@sampler.register
def _(_: MetaKey) -> Sampler:
    return lambda rng: rng.choice(("title", "b", "Key_9", "7", "x" * 100))


@sampler.register
def _(_: Condition) -> Sampler:
    return _condition


@sampler.register
def _(_: MessageType) -> Sampler:
    return lambda rng: rng.choice(_TYPES)


@sampler.register(MessageData)
@sampler.register(CustomData)
def _(_: Rule) -> Sampler:
    return meta


@sampler.register
def _(rule: Expression) -> Sampler:
    readers = [make for make, read in texts.READERS.values() if read is rule.parse]
    assert readers, f"fuzz_texts.READERS has no texts for the {rule.kind} of {rule.parse.__name__}"
    return readers[0]
