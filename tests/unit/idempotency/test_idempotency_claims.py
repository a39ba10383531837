"""A thing that was found belongs to one key, for all workers; each test runs over both stores."""

import asyncio

from chat3_user.idempotency import Claims, Store
from chat3_user.validation import Identity

ALICE = Identity("key", "tnt_one", "alice")
THING = "msg_aaaaaaaaaaaaaaaaaaaa"


async def test_a_thing_is_given_to_one_key_and_again_to_it(store: Store) -> None:
    claims = Claims(store)
    assert await claims.take(ALICE, THING, "one")
    assert not await claims.take(ALICE, THING, "two")
    assert await claims.take(ALICE, THING, "one")


async def test_of_many_keys_at_once_one_gets_it(store: Store) -> None:
    claims = [Claims(store), Claims(store)]
    taken = await asyncio.gather(
        *(claims[index % 2].take(ALICE, THING, str(index)) for index in range(50))
    )
    assert taken.count(True) == 1


async def test_things_and_tenants_are_apart(store: Store) -> None:
    claims = Claims(store)
    assert await claims.take(ALICE, THING, "one")
    assert await claims.take(ALICE, THING.replace("a", "b"), "two")
    assert await claims.take(Identity("key", "tnt_two", "alice"), THING, "two")
