"""What a method of the contract is made of: each method declares one of these, once.

Whatever has to know all methods (the call chain, rates, tests, the fuzzer) asks the registry.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import betterproto2

from chat3_user.calls import Asked, Call, Service, service_of
from chat3_user.idempotency import Mutation
from chat3_user.idempotency.mutation import Keyed as KeyedRequest
from chat3_user.idempotency.run import REPLAYED
from chat3_user.limits.rates import Kind
from chat3_user.methods.dependencies import Dependencies
from chat3_user.validation.rules import Rules
from chat3_user.wire import Encoded

RequestT = TypeVar("RequestT")
KeyedT = TypeVar("KeyedT", bound=KeyedRequest)
ResponseT = TypeVar("ResponseT", bound=betterproto2.Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared(Generic[RequestT, ResponseT]):
    """What every method declares.

    ``kind`` is the kind of its calls, by which rates are set. ``rules`` are those of the request's
    fields: what runs may rely on them. ``name`` is the method's name in the contract, ``label`` the
    one that no method of another service has.
    """

    request: type[RequestT]
    response: type[ResponseT]
    kind: Kind
    rules: Rules
    name: str = field(init=False)
    service: Service = field(init=False)
    label: str = field(init=False)

    def __post_init__(self) -> None:
        name, service = self.request.__name__.removesuffix("Request"), service_of(self.request)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "service", service)
        object.__setattr__(self, "label", service.prefix + name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(_Declared[RequestT, ResponseT]):
    """A method that may run as often as it is called: one that reads, or signals."""

    run: Callable[[Dependencies, Call, RequestT], Awaitable[ResponseT]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed(_Declared[KeyedT, ResponseT]):
    """A method whose requests bring an idempotency key: it writes once for one key.

    ``mutation`` says how it writes, finds again what an attempt of unknown outcome wrote, and
    proves that the caller may. ``replayed`` brings an answer that was given before up to date,
    where something in it must not be shown any more.
    """

    mutation: Callable[[Dependencies, Call, KeyedT], Mutation[ResponseT]]
    replayed: Callable[[Dependencies, Call, ResponseT], Awaitable[ResponseT]] | None = None

    async def run(self, dependencies: Dependencies, call: Call, request: KeyedT) -> ResponseT:
        """Run the mutation once for its key.

        Raises `CallError`.
        """
        mutation = self.mutation(dependencies, call, request)
        answer = await dependencies.once.run(call, request, mutation)
        if self.replayed is not None and REPLAYED in call.trailing:
            return await self.replayed(dependencies, call, answer)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Streaming(_Declared[RequestT, ResponseT]):
    """A method that answers with a stream: of batches, each response encoded already."""

    run: Callable[[Dependencies, Call, RequestT], AsyncGenerator[list[Encoded], None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bidi(_Declared[RequestT, ResponseT]):
    """A method that takes requests while it answers with a stream.

    A request that breaks the rules, or a rate, comes with its failure: the method says so, and goes
    on. The first response must not wait for a request.
    """

    run: Callable[[Dependencies, Call, AsyncIterator[Asked]], AsyncGenerator[list[Encoded], None]]


Method: TypeAlias = Unary[Any, Any] | Keyed[Any, Any] | Streaming[Any, Any] | Bidi[Any, Any]
