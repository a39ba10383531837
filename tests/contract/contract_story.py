"""The recorded requests as one story, replayed in order against a server of today."""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import msgspec
from contract_chapters import CHAPTERS
from contract_newer import of_generation
from contract_shape import correspondence, differences
from contract_target import NO_KEY, NO_NEW_TENANTS, NO_SECOND_TENANT, SECOND_TENANT, TENANT

from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract_target import Reply, Target

RECORDED = Path(__file__).parent / "recorded"

# These answers show the whole tenant, or leave a tenant behind.
NEED_OWN_TENANTS = frozenset(
    [
        "users_list",
        "users_list_filter",
        "users_filter_meta",
        "user_type_in_list",
        "dialogs_list",
        "messages_list",
        "tenant_create",
        "tenant_create_auto",
    ]
)
# This one shows all tenants.
SHOW_THE_WHOLE_SERVER = frozenset(["tenants_list"])
# What a database says of an operator; `contract_databases` lists it.
_OF_THE_DATABASE = frozenset(["sec_msgs_where"])
# The name of a key is the tester's own affair.
_NAMED_BY_THE_TESTER = frozenset(["createdBy"])
_PEOPLE = [
    "alice",
    "bob",
    "carol",
    "dave",
    "frank",
    "erin",
    "ghost_user",
    "ghost",
    "newbie",
    "nosuchuser",
    "nobody_here",
    "nobody",
    "zoe",
    "Zoe",
    "MixedCase",
    "formuser",
    "ALICE",
    "Bob",
    "dupuser2",
    "zed",
    "a b/ц@1:2",
]
_ROLES = {
    "chat3_rwd": "full",
    **{f"chat3_{role}": role for role in ("read", "write", "none", "inactive", "expired")},
}
# Counters are late on a real server.
_LATE = frozenset(
    [
        "unreadCount",
        "unreadDialogsCount",
        "totalUnreadCount",
        "totalMessagesCount",
        "countUnread",
        "statsVersion",
        "dialogCount",
        "messageCount",
        "topicCount",
        "memberCount",
    ]
)
# Recorded when the counters were an event or two behind.
_BEFORE_COUNTING = frozenset({*CHAPTERS["a user's dialogs"].split(), "user_get_with_meta"})


@dataclass
class Story:
    """Replays recordings; learns from each answer which id of today is which recorded one."""

    api: Target
    today: dict[str, str] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    # Recordings of which this version gives another answer, as it was read.
    rewritten: set[str] = field(default_factory=set)
    # Seconds that may still be spent on answers that are not as recorded, and perhaps late.
    patience: float = 0.0

    def __post_init__(self) -> None:
        self.patience = 5 * self.api.patience
        suffix = "x" + secrets.token_hex(3)
        for name in _PEOPLE:
            self.today[name] = name + (suffix.upper() if name.isupper() else suffix)
        self.today[TENANT] = self.api.tenant
        self.today[TENANT.upper()] = self.api.tenant.upper()
        if self.api.second_tenant:
            self.today[SECOND_TENANT] = self.api.second_tenant

    async def tell(self) -> None:
        steps = {
            "EIGHT_UNREAD": lambda: self._counted(8),
            "TEN_UNREAD": lambda: self._counted(10),
            "FIVE_DIALOGS": self._five_dialogs,
            "SECRETS": self._secrets,
            "UNMUTE": self._unmute,
        }
        for chapter in CHAPTERS.values():
            for name in chapter.split():
                step = steps.get(name)
                await (step() if step else self._replay(name))

    async def _replay(self, name: str) -> None:
        recording = load(name)
        request = recording["request"]
        headers = {key.lower(): value for key, value in request["headers"].items()}
        role = _ROLES.get(headers.get("x-api-key", ""), "full")
        if self.api.keys[role] is None:
            self.skipped[name] = NO_KEY.format(role.upper())
        elif SECOND_TENANT in str(request) and self.api.second_tenant is None:
            self.skipped[name] = NO_SECOND_TENANT
        elif name in NEED_OWN_TENANTS and not self.api.own_tenant:
            self.skipped[name] = NO_NEW_TENANTS
        else:
            await self._ask(name, recording, headers, role)

    async def _ask(self, name: str, recording: Any, headers: Any, role: str) -> None:
        request = recording["request"]
        if headers.get("x-api-key") in _ROLES:
            headers["x-api-key"] = self.api.key(role)
        headers = {key: self.translated(value) for key, value in headers.items()}
        path = self._translated_path(request["path"])
        body = self.translated(request["body"])
        arguments = () if body is None else (body,)
        response = of_generation(recording, self.api.generation)
        if response != recording["response"]:
            self.rewritten.add(name)
        waiting = Waiting(self, self.api.patience / 6 if request["method"] == "GET" else 0.0)
        while True:
            reply = await self.api.call(
                request["method"],
                path,
                *arguments,
                role=None,
                tenant=None,
                headers=headers,
                recorded=True,
            )
            found = _comparable(reply, recording)
            known = {**self.today, **dict(correspondence(response, found))}
            problems = list(self._differences(name, response, found, known))
            if reply.status != recording["status"]:
                problems.insert(0, f"status {recording['status']} recorded, found {reply.status}")
            if not problems or not await waiting.again():
                break
        self.today = known
        self.problems[name] = problems

    def _differences(
        self, name: str, response: Any, found: Any, known: dict[str, str]
    ) -> Iterator[str]:
        if name in _OF_THE_DATABASE and not self.api.is_double:
            return
        # The counters of older platforms are recorded, not those of a watermark.
        counted = not self.api.can(Capability.UNREAD_WATERMARK)
        exact = self.api.is_double and counted and name not in _BEFORE_COUNTING
        loose = frozenset() if exact else _LATE
        expected = self.translated(response, known)
        yield from differences(expected, found, loose=loose, any_text=_NAMED_BY_THE_TESTER)

    def translated(self, value: Any, today: dict[str, str] | None = None) -> Any:
        """Return a recorded value with the names and ids of today."""
        today = self.today if today is None else today
        if isinstance(value, dict):
            return {key: self.translated(item, today) for key, item in value.items()}
        if isinstance(value, list):
            return [self.translated(item, today) for item in value]
        if not isinstance(value, str):
            return _moment(value, today) if isinstance(value, int) else value
        if match := re.fullmatch(r"(.)\1+\.\.\.<(\d+) chars>", value):
            return match[1] * int(match[2])
        if value == "<110 kB JSON>":
            return msgspec.json.encode({"userId": "x" * 110_000}).decode()
        names = "|".join(sorted(map(re.escape, today), key=len, reverse=True))
        value = re.sub(rf"(?<![A-Za-z0-9])({names})(?![A-Za-z0-9])", lambda m: today[m[1]], value)
        # A time may stand in a filter without its fraction.
        return re.sub(r"\b17954\d{8}\b", lambda m: str(_moment(int(m[0]), today)), value)

    def _translated_path(self, path: str) -> str:
        """Translate the parts of a URL one by one, as they read before percent-encoding."""
        parts = re.split(r"([/?&=])", path)
        return "".join(
            part if part in "/?&=" else quote(self.translated(unquote(part)), safe="")
            for part in parts
        )

    async def _counted(self, unread: int) -> None:
        """Wait until the counters, late on a real server, say how much Alice has not read."""
        waiting = Waiting(self, self.api.patience)
        while True:
            reply = await self.api.call("GET", f"/api/users/{self.today['alice']}")
            found = reply.json["data"]["stats"]["totalUnreadCount"]
            if found == unread or not await waiting.again():
                # What comes next is not as recorded if this is not: that is where it shows.
                return

    async def _five_dialogs(self) -> None:
        titles = ("Alpha", "Beta, with comma", "Gamma (x)", "123", "true")
        for number, title in enumerate(titles):
            other = self.today["bob" if number % 2 else "carol"]
            meta = {"title": title, "n": number, "kind": "odd" if number % 2 else "even"}
            dialog = await self._dialog(self.api.tenant, [self.today["alice"], other], meta)
            for index in range(number):
                await self._message(self.api.tenant, dialog, other, f"m{number}-{index}")

    async def _secrets(self) -> None:
        """Make a dialog that Alice is not in, and one of another tenant."""
        people = [self.today["bob"], self.today["carol"]]
        secret = await self._dialog(self.api.tenant, people, {"title": "secret"})
        message = await self._message(self.api.tenant, secret, people[0], "top secret")
        self.today["dlg_ybo4b6ye7ywrqk7o4nb6"] = secret
        self.today["msg_n7y6sck4dyaszn4pt61l"] = message
        if self.api.second_tenant:
            tenant, alice = self.api.second_tenant, self.today["alice"]
            dialog = await self._dialog(tenant, [], {})
            await self._message(tenant, dialog, alice, "other tenant msg")
            self.today["dlg_y6pzu3e3un8jyfplo7dd"] = dialog

    async def _unmute(self) -> None:
        """Take back what meta_put_member said of Alice."""
        member = self.translated("dlg_ydilh8cuh0grd04mctjy:alice")
        await self.api.call("PUT", f"/api/meta/dialogMember/{member}/muted", {"value": False})

    async def _dialog(self, tenant: str, members: list[str], meta: dict[str, Any]) -> str:
        body = {"members": [{"userId": member} for member in members], "meta": meta}
        reply = await self.api.call("POST", "/api/dialogs", body, tenant=tenant)
        return str(reply.json["data"]["dialogId"])

    async def _message(self, tenant: str, dialog: str, sender: str, content: str) -> str:
        path, body = f"/api/dialogs/{dialog}/messages", {"senderId": sender, "content": content}
        reply = await self.api.call("POST", path, body, tenant=tenant)
        return str(reply.json["data"]["messageId"])


@dataclass
class Waiting:
    """Waits for what is late, a little longer each time, out of the story's patience."""

    story: Story
    left: float
    pause: float = 0.05

    async def again(self) -> bool:
        """Pause; False when no more patience is left."""
        pause = min(self.pause, self.left, self.story.patience)
        if pause <= 0:
            return False
        self.left -= pause
        self.story.patience -= pause
        self.pause *= 1.5
        await asyncio.sleep(pause)
        return True


def _moment(value: int, today: dict[str, str]) -> int:
    text = str(int(value)) + "."
    moments = (now for then, now in today.items() if then.startswith(text))
    found = next(moments, None)
    return value if found is None else int(float(found))


def load(name: str) -> Any:
    """Return a recording."""
    return msgspec.json.decode((RECORDED / f"{name}.json").read_bytes())


def _comparable(reply: Reply, recording: Any) -> Any:
    if "_nonjson" in recording["response"]:
        kind = recording["response"]["_contentType"]
        return {"_nonjson": reply.text, "_contentType": kind and reply.headers["Content-Type"]}
    return reply.json
