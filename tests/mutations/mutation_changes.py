"""The changes of a seed: of messages, members, custom data and what is read, each of its own thing.

Some are a user's, some a back end's. Two kinds have rivals: two keys that change the same thing at
the same moment.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import betterproto2
from mutation_cases import ACTOR, BACK_END, MEMBERS, SERVICE, Case

from chat3_api.chat3.tenant import v1 as tenant_pb
from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded import OLDEST, Store
from chat3_embedded.store.records import Pack, PackLink, Topic
from support.gateway import TENANT

OLD_TEXT: Final = "as it was"
NEW_TYPE: Final = "bot"
"""The type that users come to have."""

_AGO: Final = 60.0


@dataclass
class Change(Case):
    """A change of something in its own ``dialog``; ``things`` are ids that its requests name."""

    kind: "Kind"
    message: str = ""
    topics: Sequence[str] = ()
    users: Sequence[str] = ()
    more: Sequence[str] = ()
    rivals: Sequence[str] = ()
    answers: list[Any] = field(default_factory=list)

    @property
    def method(self) -> str:
        return self.kind.service + self.kind.method

    @property
    def response(self) -> type[betterproto2.Message]:
        found: type[betterproto2.Message] = getattr(
            self.kind.contract, f"{self.kind.method}Response"
        )
        return found

    @property
    def request(self) -> betterproto2.Message:
        made: type[betterproto2.Message] = getattr(self.kind.contract, f"{self.kind.method}Request")
        return made(**self.kind.fields(self), idempotency_key=self.key)

    @property
    def things(self) -> Sequence[str]:
        return (self.dialog, self.message, *self.topics, *self.more)

    @property
    def meta(self) -> dict[str, Any]:
        """What custom data becomes."""
        return {f"place_{self.key.replace('-', '_')}": self.key, "n": 7.0, "title": self.key}

    def heard(self, answer: Any) -> None:
        self.answers.append(answer)


@dataclass(frozen=True)
class Kind:
    """A kind of change; ``prepared`` puts what it is about into the platform.

    One of a back end is asked of `TenantService`: the actor in its metadata is not read.
    """

    name: str
    method: str
    fields: Callable[[Change], dict[str, Any]]
    prepared: Callable[[Store, Change], object] = lambda *_: None
    since: str = OLDEST
    rivals: int = 1
    service: str = SERVICE
    contract: Any = pb

    def cases(self, store: Store, key: str) -> list[Case]:
        """Return a case, or the rivals, about a thing of their own, which has been there before."""
        with store.clock.starting_at((time.time() - _AGO) * 1000):
            dialog = store.add_dialog(TENANT, MEMBERS).dialog_id
            keys = [f"{key}-{index}" for index in range(self.rivals)]
            made = [Change(own, dialog, self, rivals=keys) for own in keys]
            self.prepared(store, made[0])
        for rival in made[1:]:
            rival.message, rival.users = made[0].message, made[0].users
        return [*made]


def _its_message(case: Change) -> dict[str, Any]:
    return {"dialog_id": case.dialog, "message_id": case.message}


def _its_dialog(case: Change) -> dict[str, Any]:
    return {"dialog_id": case.dialog}


def _its_meta(case: Change) -> dict[str, Any]:
    return {"meta": Struct.from_dict(case.meta), "remove_keys": ["old"]}


def _its_user(case: Change) -> dict[str, Any]:
    return {"user_id": case.users[0], "type": NEW_TYPE, "meta": Struct.from_dict(case.meta)}


def _with_message(store: Store, case: Change) -> None:
    case.message = store.add_message(TENANT, case.dialog, ACTOR, OLD_TEXT).message_id


def _with_deleted_message(store: Store, case: Change) -> None:
    _with_message(store, case)
    store.messages.set_deleted(TENANT, case.message, store.clock.now(), ACTOR)


def _with_topics(store: Store, case: Change) -> None:
    case.topics = [f"topic_{letter * 2}{case.dialog[-18:]}" for letter in "ab"]
    for topic in case.topics:
        store.dialogs.add_topic(Topic(TENANT, topic, case.dialog, store.clock.now()))
    store.meta.put(TENANT, "topic", case.topics[0], "old", 1)
    case.message = store.add_message(
        TENANT, case.dialog, ACTOR, OLD_TEXT, topic_id=case.topics[0]
    ).message_id


def _with_newcomers(store: Store, case: Change) -> None:
    case.users = [f"{name}-{case.key}" for name in ("dora", "eve", "fred")]
    for user in case.users:
        store.add_user(TENANT, user)


def _with_leaver(store: Store, case: Change) -> None:
    case.users = [f"gus-{case.key}"]
    store.add_user(TENANT, case.users[0])
    store.add_member(TENANT, case.dialog, case.users[0])


def _with_old_meta(store: Store, case: Change) -> None:
    store.meta.put(TENANT, "dialog", case.dialog, "old", 1)


def _with_user(store: Store, case: Change) -> None:
    case.users = [f"hugo-{case.key}"]
    store.add_user(TENANT, case.users[0], type="contact")


def _with_unread(store: Store, case: Change) -> None:
    case.message = store.add_message(TENANT, case.dialog, "bob", OLD_TEXT).message_id


def _with_pack(store: Store, case: Change) -> None:
    _with_unread(store, case)
    _with_bare_pack(store, case)


def _with_bare_pack(store: Store, case: Change) -> None:
    pack = f"pck_{case.dialog[-20:]}"
    other = store.add_dialog(TENANT, MEMBERS).dialog_id
    store.packs.add(Pack(TENANT, pack, store.clock.now()))
    for dialog in (case.dialog, other):
        store.packs.link(PackLink(TENANT, pack, dialog, store.clock.now()))
    store.meta.put(TENANT, "pack", pack, "old", 1)
    case.more = [pack, other]


def _with_pack_and_another_dialog(store: Store, case: Change) -> None:
    _with_bare_pack(store, case)
    case.more = [*case.more, store.add_dialog(TENANT, MEMBERS).dialog_id]


def _with_pack_and_newcomer(store: Store, case: Change) -> None:
    _with_bare_pack(store, case)
    case.users = [f"dora-{case.key}"]
    store.add_user(TENANT, case.users[0])


def _with_pack_and_leaver(store: Store, case: Change) -> None:
    _with_bare_pack(store, case)
    _with_leaver(store, case)
    store.add_member(TENANT, case.more[1], case.users[0])


def _its_pack(case: Change) -> dict[str, Any]:
    return {"pack_id": case.more[0]}


def _its_pack_and_user(case: Change) -> dict[str, Any]:
    return {**_its_pack(case), "user_id": case.users[0]}


EDIT: Final = Kind(
    "edit",
    "EditMessage",
    lambda case: {**_its_message(case), "content": case.key},
    _with_message,
)
RIVAL_EDITS: Final = Kind("rival edits", EDIT.method, EDIT.fields, _with_message, rivals=2)
DELETE: Final = Kind("delete", "DeleteMessage", _its_message, _with_message, "0.0.81")
RESTORE: Final = Kind("restore", "RestoreMessage", _its_message, _with_deleted_message, "0.0.81")
MOVE: Final = Kind(
    "move",
    "SetMessageTopic",
    lambda case: {**_its_message(case), "topic_id": case.topics[1]},
    _with_topics,
)
ADD: Final = Kind(
    "add",
    "AddDialogMembers",
    lambda case: {**_its_dialog(case), "user_ids": [*case.users, "bob"]},
    _with_newcomers,
)
RIVAL_ADDS: Final = Kind("rival adds", ADD.method, ADD.fields, _with_newcomers, rivals=2)
REMOVE: Final = Kind(
    "remove",
    "RemoveDialogMember",
    lambda case: {**_its_dialog(case), "user_id": case.users[0]},
    _with_leaver,
)
LEAVE: Final = Kind("leave", "LeaveDialog", _its_dialog)
DIALOG_META: Final = Kind(
    "dialog meta",
    "UpdateDialogMeta",
    lambda case: {**_its_dialog(case), **_its_meta(case)},
    _with_old_meta,
)
MY_META: Final = Kind(
    "my meta",
    "UpdateMyMeta",
    lambda case: {"meta": Struct.from_dict(dict([*case.meta.items()][:1]))},
)
TOPIC_META: Final = Kind(
    "topic meta",
    "UpdateTopic",
    lambda case: {**_its_dialog(case), "topic_id": case.topics[0], **_its_meta(case)},
    _with_topics,
)
READ: Final = Kind("read", "MarkDialogRead", _its_dialog, _with_unread)
READ_PACK: Final = Kind(
    "read pack", "MarkPackRead", lambda case: {"pack_id": case.more[0]}, _with_pack
)
READ_BY_ALL: Final = Kind(
    "read by all",
    "MarkPackRead",
    _its_pack,
    _with_pack,
    service=BACK_END,
    contract=tenant_pb,
)
PACK_META: Final = Kind(
    "pack meta",
    "UpdatePackMeta",
    lambda case: {**_its_pack(case), **_its_meta(case)},
    _with_bare_pack,
    service=BACK_END,
    contract=tenant_pb,
)
FILL_PACK: Final = Kind(
    "fill pack",
    "AddPackDialog",
    lambda case: {**_its_pack(case), "dialog_id": case.more[2]},
    _with_pack_and_another_dialog,
    service=BACK_END,
    contract=tenant_pb,
)
EMPTY_PACK: Final = Kind(
    "empty pack",
    "RemovePackDialog",
    lambda case: {**_its_pack(case), "dialog_id": case.more[1]},
    _with_bare_pack,
    service=BACK_END,
    contract=tenant_pb,
)
JOIN_PACK: Final = Kind(
    "join pack",
    "AddPackMember",
    _its_pack_and_user,
    _with_pack_and_newcomer,
    service=BACK_END,
    contract=tenant_pb,
)
LEAVE_PACK: Final = Kind(
    "leave pack",
    "RemovePackMember",
    _its_pack_and_user,
    _with_pack_and_leaver,
    service=BACK_END,
    contract=tenant_pb,
)
BACK_END_ADD: Final = Kind(
    "back end adds", ADD.method, ADD.fields, _with_newcomers, service=BACK_END, contract=tenant_pb
)
BACK_END_REMOVE: Final = Kind(
    "back end removes",
    REMOVE.method,
    REMOVE.fields,
    _with_leaver,
    service=BACK_END,
    contract=tenant_pb,
)
DELETE_DIALOG: Final = Kind(
    "delete dialog",
    "DeleteDialog",
    _its_dialog,
    _with_old_meta,
    service=BACK_END,
    contract=tenant_pb,
)
DELETE_USER: Final = Kind(
    "delete user",
    "DeleteUser",
    lambda case: {"user_id": case.users[0]},
    _with_user,
    service=BACK_END,
    contract=tenant_pb,
)
UPSERT_USER: Final = Kind(
    "upsert user", "UpsertUser", _its_user, _with_user, service=BACK_END, contract=tenant_pb
)
UPDATE_USER: Final = Kind(
    "update user", "UpdateUser", _its_user, _with_user, service=BACK_END, contract=tenant_pb
)
DIRECTORY_KINDS: Final = (
    *(BACK_END_ADD, BACK_END_REMOVE, DELETE_DIALOG, DELETE_USER, UPSERT_USER, UPDATE_USER),
)
"""What back ends do to members, dialogs and users."""

PACK_KINDS: Final = (READ_BY_ALL, PACK_META, FILL_PACK, EMPTY_PACK, JOIN_PACK, LEAVE_PACK)
USER_KINDS: Final = (
    *(EDIT, RIVAL_EDITS, DELETE, RESTORE, MOVE, ADD, RIVAL_ADDS, REMOVE, LEAVE),
    *(DIALOG_META, MY_META, TOPIC_META, READ, READ_PACK),
)


def kinds_of(version: str, kinds: Iterable[Kind]) -> list[Kind]:
    """Return the kinds that a version of the platform, the oldest or the newest, has."""
    return [kind for kind in kinds if version != OLDEST or kind.since == OLDEST]


def changes(store: Store, version: str, seed: int, count: int, kinds: Iterable[Kind]) -> list[Case]:
    """Return ``count`` changes, or pairs of rivals, of each kind."""
    return [
        case
        for index in range(count)
        for number, kind in enumerate(kinds_of(version, kinds))
        for case in kind.cases(store, f"{seed}-{kind.name.replace(' ', '-')}-{number}-{index}")
    ]
