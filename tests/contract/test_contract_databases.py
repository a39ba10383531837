"""What depends on the database behind the server: named and listed, not failures.

MongoDB's answers are those of its documentation; only a server on MongoDB must give them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from contract_environment import MONGODB
from contract_summary import Seen
from contract_world import World

if TYPE_CHECKING:
    from contract_summary import Summary
    from contract_target import Reply, Target

TEXTS = ("b", "B", "a")
# What is asked, and what becomes of it on MongoDB.
CASES = {
    "filter (meta.a,in,x)": "400",
    "filter (meta.a,regex,[)": "400",
    'filter {"$where":"true"}': "200: b B a",
    'filter {"$expr":true}': "200: b B a",
    "sort (content,asc)": "200: B a b",
}


@pytest.mark.parametrize("case", CASES)
async def test_it_is_told_what_the_database_decides(
    api: Target, world: World, summary: Summary, case: str
) -> None:
    alice = await world.user("alice")
    dialog = await world.dialog(alice)
    for text in TEXTS:
        await world.message(dialog, alice, text, meta={"a": text})
    name, _, value = case.partition(" ")
    order = "" if name == "sort" else "&sort=(createdAt,asc)"
    query = f"?{name}={quote(value, safe='')}{order}"
    found = outcome(await api.call("GET", World.path(alice, dialog) + query))
    summary.seen.append(Seen(api.generation.version, case, CASES[case], found))
    if api.database == MONGODB:
        assert found == CASES[case]


def outcome(reply: Reply) -> str:
    """Word an answer in short: its status, and the texts of the messages if there are any."""
    assert reply.status in {200, 400, 500}
    if reply.status != 200:
        return str(reply.status)
    return "200: " + " ".join(message["content"] for message in reply.json["data"])
