"""The rows of the store as frozen records; times are Unix milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant; its meta stands in the meta table, as for every other entity."""

    tenant_id: str
    created_at: float


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that acts in any tenant, with the permissions `read`, `write`, `delete`."""

    key: str
    name: str
    permissions: frozenset[str]
    active: bool
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class User:
    """A user of a tenant."""

    tenant_id: str
    user_id: str
    type: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Dialog:
    """A dialog; `member_count` is the counter that counts duplicate members twice."""

    tenant_id: str
    dialog_id: str
    created_at: float
    member_count: int


@dataclass(frozen=True, slots=True)
class Member:
    """A user's place in a dialog.

    `user_id` is what the caller wrote; `user_key` is its lower-case form, under which counters
    and statuses are kept. For a member added as `Zoe` the two part, and unread stays 0.
    """

    tenant_id: str
    dialog_id: str
    user_id: str
    user_key: str
    created_at: float
    unread_count: int
    last_seen_at: float
    last_message_at: float


@dataclass(frozen=True, slots=True)
class Message:
    """A message; `quoted` is a snapshot taken when it was written.

    `deleted` and `edited` are None in what a platform wrote that knew neither.
    """

    tenant_id: str
    message_id: str
    dialog_id: str
    sender_id: str
    content: str
    type: str
    created_at: float
    topic_id: str | None
    quoted: dict[str, Any] | None
    deleted: bool | None = None
    deleted_at: float | None = None
    deleted_by: str | None = None
    edited: bool | None = None
    edited_at: float | None = None
    edited_by: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A message's text before its edit number `index`, which counts from 1."""

    tenant_id: str
    message_id: str
    index: int
    content: str
    edited_by: str | None
    created_at: float


@dataclass(frozen=True, slots=True)
class Status:
    """One line of a message's status history."""

    object_id: str
    tenant_id: str
    message_id: str
    user_id: str
    user_type: str | None
    status: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Reaction:
    """One user's reaction to a message; a user may have several different ones."""

    object_id: str
    tenant_id: str
    message_id: str
    user_id: str
    reaction: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a dialog."""

    tenant_id: str
    topic_id: str
    dialog_id: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Pack:
    """A set of dialogs, named by its meta."""

    tenant_id: str
    pack_id: str
    created_at: float


@dataclass(frozen=True, slots=True)
class PackLink:
    """A dialog's place in a pack."""

    tenant_id: str
    pack_id: str
    dialog_id: str
    added_at: float


@dataclass(frozen=True, slots=True)
class ReadTask:
    """All that a user has to read in a dialog up to a time, to be marked read."""

    tenant_id: str
    dialog_id: str
    user_id: str
    read_until: float


@dataclass(frozen=True, slots=True)
class MetaEntry:
    """One key of an entity's meta."""

    object_id: str
    tenant_id: str
    entity_type: str
    entity_id: str
    key: str
    value: Any
    data_type: str
    created_by: str | None
    created_at: float


@dataclass(frozen=True, slots=True)
class When:
    """Which entities a meta index is about: those whose key compares so with the value."""

    key: str
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class MetaIndex:
    """What a tenant demands of an entity type's meta; the mode is unique, required or allowed."""

    tenant_id: str
    entity_type: str
    index_id: str
    mode: str
    keys: tuple[str, ...]
    when: When | None
    created_by: str | None
    created_at: float


@dataclass(frozen=True, slots=True)
class UserStats:
    """A user's counters."""

    dialog_count: int = 0
    unread_dialogs: int = 0
    total_messages: int = 0
    total_unread: int = 0
    unread_by_type: tuple[tuple[str, int], ...] = ()
    unread_in_packs: tuple[tuple[str, int], ...] = ()
    version: int = 0
    updated_at: float | None = None


@dataclass(frozen=True, slots=True)
class OutgoingUpdate:
    """One update as it goes to one recipient."""

    routing_key: str
    body: bytes
    headers: Mapping[str, str]
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Counting:
    """What the counter-worker makes of one event, some time after it.

    `message_id` names a message to be counted as sent and unread; `read_by` the user for whom it
    is no longer unread instead; `deleted` that it was deleted or undeleted. `reset` sets the
    unread counts of the dialog to 0, whatever has arrived since; `recount` counts anew what the
    users have not read there, where unread is a watermark. Then the counters go to the
    `users`, and the unread counts of the dialog to its `members`; for a message that was sent or
    deleted, both follow from the dialog.
    """

    event_id: str
    event_type: str
    tenant_id: str
    dialog_id: str = ""
    message_id: str | None = None
    read_by: str | None = None
    users: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    bump: int = 0
    deleted: bool | None = None
    reset: bool = False
    recount: bool = False
