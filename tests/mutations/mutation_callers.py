"""Callers that do not give up: they repeat a mutation, at any worker, until it is answered."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, Final

import betterproto2
from google.rpc import error_details_pb2
from grpclib.client import Channel
from grpclib.const import Cardinality
from grpclib.encoding.proto import ProtoStatusDetailsCodec
from grpclib.exceptions import GRPCError, StreamTerminatedError
from h2.exceptions import ProtocolError
from mutation_cases import Case
from mutation_tally import Tally

from chat3_api.chat3.user import v1 as pb
from support.gateway import KEY, metadata

_LONG: Final = 20.0
_SHORT: Final = (0.3, 1.0, 3.0, 6.0)
_SOON: Final = 0.1
_ATTEMPTS: Final = 60
_UNARY: Final = Cardinality.UNARY_UNARY


class Callers:
    """Makes calls at the workers of these ports."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._channels = [
            Channel("127.0.0.1", port, status_details_codec=ProtoStatusDetailsCodec())
            for port in ports
        ]

    def close(self) -> None:
        for channel in self._channels:
            channel.close()

    async def call(
        self, case: Case, how: random.Random, tally: Tally, *, patient: bool = False
    ) -> None:
        """Repeat one mutation until it is answered, and keep the answer.

        A caller who is not ``patient`` gives the first attempts little time, and then waits before
        the next one.
        """
        actor, request = case.next_call()
        await asyncio.sleep(how.choice((0.0, 0.01, 0.2)))
        for attempt in range(_ATTEMPTS):
            channel = how.choice(self._channels)
            deadline = _LONG if patient or attempt >= 4 else how.choice(_SHORT)
            tally.attempts += 1
            try:
                answer, replayed = await _once(channel, case, actor, request, deadline)
            except GRPCError as error:
                tally.failures[_reason(error)] += 1
                wait = min(_retry_after(error), 1.5)
            except ProtocolError:
                # grpclib goes on to use a connection that the server has said goodbye on.
                channel.close()
                tally.failures["goaway"] += 1
                wait = 0.1
            except (OSError, StreamTerminatedError, TimeoutError) as error:
                tally.failures[type(error).__name__] += 1
                wait = 1.0
            else:
                tally.replayed += replayed
                case.heard(answer)
                return
            patience = wait * how.uniform(0.2, 1.0) * min(3.0, 1.0 + attempt / 4)
            await asyncio.sleep(min(patience, _SOON) if patient else patience)


async def _once(
    channel: Channel, case: Case, actor: str, request: betterproto2.Message, deadline: float
) -> tuple[Any, bool]:
    async with channel.request(
        case.method,
        _UNARY,
        type(request),
        case.response,
        metadata=metadata(actor, key=KEY),
        timeout=deadline,
    ) as stream:
        await stream.send_message(request, end=True)
        response = await stream.recv_message()
        await stream.recv_trailing_metadata()
        trailing = dict(stream.trailing_metadata or {})
    assert response is not None
    assert not isinstance(response, pb.SendMessageResponse) or response.message is not None
    return response, trailing.get("idempotency-replayed") == "true"


def _reason(error: GRPCError) -> str:
    for detail in error.details or ():
        if isinstance(detail, error_details_pb2.ErrorInfo):
            return detail.reason.removeprefix("ERROR_REASON_")
    return error.status.name


def _retry_after(error: GRPCError) -> float:
    for detail in error.details or ():
        if isinstance(detail, error_details_pb2.RetryInfo):
            return float(detail.retry_delay.ToTimedelta().total_seconds())
    return 1.0
