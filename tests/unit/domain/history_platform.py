"""One dialog of the platform's double, asked without HTTP; others write between any two reads."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

import msgspec

from chat3_embedded.prototype import ObjectPrototype
from chat3_embedded.routes.call import Call
from chat3_embedded.routes.user_messages import get_user_message, list_user_messages
from chat3_embedded.settings import Settings
from chat3_embedded.store import Store
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api.route import Route
from chat3_user.validation import Identity

ALICE = Identity("key", "tnt_one", "alice")
BASE = 1795424735959.186035
ULP = 2.0**-12
"""The distance of two neighbouring times of the platform, in milliseconds."""


@dataclass(frozen=True, order=True)
class Row:
    """A message as tests see it: ``time`` in Unix milliseconds, ``n`` its meta key of that name."""

    time: float
    message_id: str
    sender: str
    content: str
    n: int


class Platform:
    """The double's store, and a client of it that answers as the platform may at worst.

    Messages of one time come in another order each time. ``meanwhile`` is what others do: the next
    of them happens before each read. ``most`` bounds the rows of an answer.
    """

    def __init__(self, seed: int = 0) -> None:
        self.store = Store(":memory:").__enter__()
        self.store.add_tenant(ALICE.tenant_id)
        self.dialog = self.store.add_dialog(ALICE.tenant_id, meta={}).dialog_id
        for user in ("alice", "bob"):
            self.store.add_user(ALICE.tenant_id, user)
            self.store.add_member(ALICE.tenant_id, self.dialog, user)
        self.rows: list[Row] = []
        self.deleted: set[str] = set()
        self.meanwhile: list[Callable[[], object]] = []
        self.most = 2**31
        self.asked: list[dict[str, str]] = []
        self._random = random.Random(seed)
        self._last = 0

    @property
    def api(self) -> TenantApi:
        return cast("TenantApi", self)

    def close(self) -> None:
        self.store.__exit__(None, None, None)

    def write(self, time: float, *, sender: str = "alice", content: str = "x", n: int = 0) -> Row:
        """Write a message; its id says nothing about when it was written."""
        letters = "abcdefghijklmnopqrstuvwxy0123456789"
        return self._write(time, "".join(self._random.choices(letters, k=20)), sender, content, n)

    def write_last(self, time: float, *, sender: str = "alice", n: int = 0) -> Row:
        """Write a message whose id comes after all others."""
        self._last += 1
        return self._write(time, f"z{self._last:019d}", sender, "x", n)

    def _write(self, time: float, rest: str, sender: str, content: str, n: int) -> Row:
        self.store.add_message(
            ALICE.tenant_id,
            self.dialog,
            sender,
            content,
            meta={"n": n},
            message_id=f"msg_{rest}",
            created_at=time,
        )
        row = Row(time, f"msg_{rest}", sender, content, n)
        self.rows = sorted([*self.rows, row])
        return row

    def set_deleted(self, row: Row, *, deleted: bool) -> None:
        moment = BASE if deleted else None
        self.store.messages.set_deleted(ALICE.tenant_id, row.message_id, moment, None)
        (self.deleted.add if deleted else self.deleted.discard)(row.message_id)

    async def call(
        self,
        route: Route[Any],
        identity: Identity,
        *,
        query: dict[str, str] | None = None,
        **segments: str,
    ) -> Any:
        """Ask a route, as `TenantApi.call` does."""
        if self.meanwhile:
            self.meanwhile.pop(0)()
        query = query or {}
        self.asked.append(query)
        if route is routes.USER_MESSAGES:
            body = self._page(identity, query)
        else:
            path = {"messageId": segments["message_id"]}
            body = cast("Any", get_user_message(self._call(identity, path, {})).body)
        return route.decoder.decode(msgspec.json.encode(body))

    def _page(self, identity: Identity, query: dict[str, str]) -> Any:
        page, limit = int(query["page"]), min(int(query["limit"]), self.most)
        everything = {**query, "page": "1", "limit": "1000000"}
        body: Any = list_user_messages(self._call(identity, {}, everything)).body
        rows: list[Any] = []
        for _, same in groupby(body["data"], key=lambda row: row["createdAt"]):
            tied = list(same)
            self._random.shuffle(tied)
            rows += tied
        found = rows[(page - 1) * limit : page * limit]
        return {
            "data": found,
            "pagination": {**body["pagination"], "page": page, "limit": limit, "pages": 1},
        }

    def _call(self, identity: Identity, path: dict[str, str], query: dict[str, str]) -> Call:
        nothing: Any = None
        return Call(
            store=self.store,
            feed=nothing,
            settings=Settings(),
            key=nothing,
            tenant_id=identity.tenant_id,
            path={"userId": identity.user_id, "dialogId": self.dialog, **path},
            query=query,
            body=nothing,
            prototype=ObjectPrototype(),
        )
