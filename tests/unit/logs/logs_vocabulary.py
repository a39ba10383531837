"""What tests of logs say: settings, then what is logged within a block, then its lines."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from chat3_user.finished_call import FinishedCall, Observer

FINISHED = FinishedCall(
    method="GetDialog",
    path="/chat3.user.v1.UserService/GetDialog",
    protocol="grpc",
    status="OK",
    reason="",
    tenant="tnt_one",
    user="alice",
    peer="192.0.2.1",
    seconds=0.0125,
    upstream_seconds=0.0101,
    upstream_requests=1,
    bytes_in=31,
    bytes_out=250,
    request_id="req-1",
    trace_id="",
)


@dataclass
class Written:
    """``call`` logs a finished call; ``text`` is there after the block."""

    call: Observer
    text: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


Writing = Callable[..., AbstractContextManager[Written]]
