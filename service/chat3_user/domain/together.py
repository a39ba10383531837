"""Reads at the same time: all end before one of them fails the call."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def both(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Return what both return; raise what the first of them raises that does."""
    one, other = await asyncio.gather(first, second, return_exceptions=True)
    if isinstance(one, BaseException):
        raise one
    if isinstance(other, BaseException):
        raise other
    return one, other


async def together(calls: Iterable[Coroutine[Any, Any, A]]) -> list[A]:
    """Return what all return; raise what the first of them raises that does."""
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    results: list[A] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        results.append(outcome)
    return results
