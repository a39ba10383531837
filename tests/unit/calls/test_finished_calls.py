"""The record of a finished call: what it says, and that calls side by side do not mix."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, MutableSequence
from typing import Any, ClassVar

import pytest
from grpclib.exceptions import GRPCError
from multidict import MultiDict

from chat3_api.chat3.user import v1 as pb
from chat3_user.call_context import apart, current_call
from chat3_user.calls import Call, CallChain
from chat3_user.calls.proof import LASTING, Proof
from chat3_user.calls.service import Service
from chat3_user.calls.settings import DeadlineSettings
from chat3_user.errors import reasons
from chat3_user.finished_call import FinishedCall
from chat3_user.limits.admission import Admission
from chat3_user.limits.keys import KnownKeys
from chat3_user.limits.rates import MemoryRates, Rates
from chat3_user.limits.settings import PlaceSettings
from chat3_user.methods import METHODS
from chat3_user.transport import ClientGoneError, Peer, ServerCall
from chat3_user.transport.call import Message
from chat3_user.validation import Identity

METHOD = METHODS["GetUserDialogs"]
IDENTITY = {"x-api-key": "key", "x-tenant-id": "tnt_one", "x-user-id": "alice"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Received(ServerCall):
    """A call of one empty request; ``sent`` is its answer, ``failure`` how it failed."""

    protocol: ClassVar = "grpc"

    def __init__(self, **metadata: str) -> None:
        named = {name.replace("_", "-"): value for name, value in metadata.items()}
        self.path = f"/{METHOD.service.full_name}/{METHOD.name}"
        self.metadata = MultiDict({**IDENTITY, **named})
        self.deadline = math.inf
        self.peer = Peer("192.0.2.1", object())
        self.initial = {}
        self.sent = b""
        self.failure: GRPCError | None = None
        self.gone = False

    @property
    def bytes_in(self) -> int:
        return 5

    @property
    def bytes_out(self) -> int:
        return len(self.sent)

    @property
    def ended(self) -> bool:
        return self.gone

    async def receive(self) -> bytes | None:
        return b""

    async def answer(self, message: bytes, trailing: Mapping[str, str]) -> None:
        if self.gone:
            raise ClientGoneError
        self.sent = message

    def begin(self) -> None:
        raise AssertionError

    async def send(
        self,
        messages: MutableSequence[Message],
        interrupted: "asyncio.Future[None] | None" = None,
    ) -> bool:
        raise AssertionError

    def send_now(self, message: bytes) -> bool:
        raise AssertionError

    def finish(self, trailing: Mapping[str, str]) -> None:
        """The answer has ended the call."""

    def fail(self, failure: GRPCError, trailing: Mapping[str, str]) -> None:
        self.failure = failure


class Everybody:
    """Takes every caller that has a key for whom it names."""

    async def identified(
        self,
        service: Service,
        metadata: Mapping[str, str],
    ) -> tuple[Identity, Proof]:
        if metadata["x-api-key"] == "wrong":
            raise reasons.api_key_invalid()
        return Identity("key", metadata["x-tenant-id"], metadata["x-user-id"]), LASTING


Answer = Callable[[Call, Any], Awaitable[Any]]


async def _prove(_: Identity) -> None:
    """Find every key known."""


async def finished(answer: Answer, *calls: Received) -> list[FinishedCall]:
    """Return the records of calls that run side by side, in the order of the calls."""
    found: list[FinishedCall] = []
    admission = Admission(
        PlaceSettings(), Rates(MemoryRates(), users={}, keys={}), KnownKeys(), _prove
    )
    everybody: Any = Everybody()
    serve = CallChain([found.append], DeadlineSettings(), admission, everybody).unary(
        METHOD, answer
    )
    await asyncio.gather(*map(serve, calls), return_exceptions=True)
    by_id = {each.request_id: each for each in found}
    assert len(by_id) == len(found) == len(calls)
    return [by_id[call.metadata["x-request-id"]] for call in calls]


async def answered(_: Call, __: Any) -> pb.GetUserDialogsResponse:
    return pb.GetUserDialogsResponse(dialogs=[pb.Dialog(dialog_id="dlg")])


async def test_a_call_that_ends_well_is_told_whole() -> None:
    parent = f"00-{TRACE}-00f067aa0ba902b7-01"
    call = Received(x_request_id="one", traceparent=parent)
    (record,) = await finished(answered, call)
    assert (record.method, record.protocol) == ("GetUserDialogs", "grpc")
    assert (record.status, record.reason) == ("OK", "")
    assert (record.tenant, record.user, record.peer) == ("tnt_one", "alice", "192.0.2.1")
    assert (record.bytes_in, record.bytes_out) == (5, len(call.sent))
    assert record.bytes_out > 0
    assert record.trace_id == TRACE
    assert (record.upstream_requests, record.upstream_seconds) == (0, 0.0)


@pytest.mark.parametrize("parent", ["", "00-xyz", f"00-{'0' * 32}-00f067aa0ba902b7-01"])
async def test_without_a_trace_there_is_no_id_of_one(parent: str) -> None:
    (record,) = await finished(answered, Received(x_request_id="one", traceparent=parent))
    assert record.trace_id == ""


async def test_who_was_not_accepted_is_not_named() -> None:
    (record,) = await finished(answered, Received(x_request_id="one", x_api_key="wrong"))
    assert (record.status, record.reason) == ("UNAUTHENTICATED", "API_KEY_INVALID")
    assert (record.tenant, record.user) == ("", "")


async def test_a_fault_of_ours_and_a_client_that_left_are_told_apart() -> None:
    async def answer(call: Call, _: Any) -> Any:
        if call.request_id == "fault":
            raise KeyError
        left.gone = True
        return pb.GetUserDialogsResponse()

    left = Received(x_request_id="left")
    fault, gone = await finished(answer, Received(x_request_id="fault"), left)
    assert (fault.status, fault.reason) == ("INTERNAL", "INTERNAL")
    assert (gone.status, gone.reason) == ("CANCELLED", "")


async def test_requests_to_the_platform_are_counted_for_the_call_that_made_them() -> None:
    together = asyncio.Barrier(3)

    async def ask() -> None:
        call = current_call.get()
        assert call is not None
        call.asked_upstream(0.5)

    async def answer(call: Call, _: Any) -> Any:
        for _ in range(int(call.request_id)):
            await asyncio.gather(ask(), ask())
        await together.wait()
        await asyncio.create_task(ask())
        return pb.GetUserDialogsResponse()

    calls = [Received(x_request_id=str(number)) for number in range(3)]
    records = await finished(answer, *calls)
    assert [record.upstream_requests for record in records] == [1, 3, 5]
    assert [record.upstream_seconds for record in records] == [0.5, 1.5, 2.5]


async def test_what_serves_many_calls_belongs_to_none() -> None:
    seen: list[Any] = []

    async def look() -> None:
        seen.append(current_call.get())

    async def answer(_: Call, __: Any) -> Any:
        await asyncio.create_task(look())
        await asyncio.create_task(look(), context=apart())
        return pb.GetUserDialogsResponse()

    await finished(answer, Received(x_request_id="one"))
    own, none = seen
    assert own.request_id == "one"
    assert none is None
