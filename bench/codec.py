"""Measure betterproto2_compiled against betterproto2's own codec and google protobuf (upb).

Run ``python bench/codec.py``; it prints the best of several rounds, in microseconds of CPU, and
how many times each rival takes longer. The page is a GetDialogMessagesResponse as tenant-api
answers it: ids, text, times, meta, the sender with meta, status counts and reactions.
"""

from __future__ import annotations

import json
import platform
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import betterproto2
import google.protobuf
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from betterproto2_compiled import builder, decode, encode, plain, plain_struct_class
from chat3_api.chat3.user.v1 import (
    GetDialogMessagesResponse,
    Message,
    MessageStatus,
    Reaction,
    StatusCount,
    UserInfo,
)
from chat3_api.google.protobuf import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

PlainStruct = plain_struct_class(Struct)
START = datetime(2026, 11, 1, 8, tzinfo=UTC)
ROUNDS = 25
ROUND = 0.02  # seconds
CLASSES = SimpleNamespace(
    **{
        cls.__name__: cls
        for cls in (GetDialogMessagesResponse, Message, Reaction, StatusCount, UserInfo)
    }
)
BUILDERS = SimpleNamespace(**{name: builder(cls) for name, cls in vars(CLASSES).items()})
PAGE_TOKEN = "AQIAAAYs2hVtQk0VB2Jvbi1hLXRva2VuLW9mLWEtcGFnZQ"  # noqa: S105 - of no system
STATUSES = ((MessageStatus.READ, "read"), (MessageStatus.UNREAD, "unread"))


def page_of(size: int) -> list[dict[str, Any]]:
    """Make the plain data of a page, as JSON would give them."""
    return [
        {
            "id": f"msg_{index:020d}",
            "dialog": "dlg_a1b2c3d4e5f6g7h8i9j0",
            "sender": f"user_{index % 5}",
            "type": "internal.text",
            "content": f"Message number {index}: the quick brown fox jumps over the lazy dog. Ещё.",
            "time": START + timedelta(seconds=37 * index, microseconds=1234 * index),
            "meta": {
                "channelType": "whatsapp",
                "channelId": f"channel-{index % 3}",
                "priority": index,
                "urgent": index % 2 == 0,
                "tags": ["support", "billing"],
                "geo": {"lat": 52.52 + index, "lon": 13.405},
            },
            "user_meta": {"name": f"User {index % 5}", "role": "agent", "avatar": None},
            "reactions": [("👍", 3, True), ("🎉", 1, False)] if index % 4 == 0 else [],
        }
        for index in range(size)
    ]


def build(
    rows: list[dict[str, Any]], struct: Callable[[dict[str, Any]], Any], made: Any = CLASSES
) -> Any:
    """Make the betterproto2 response, of messages or by their builders."""
    return made.GetDialogMessagesResponse(
        messages=[
            made.Message(
                message_id=row["id"],
                dialog_id=row["dialog"],
                sender_id=row["sender"],
                type=row["type"],
                content=row["content"],
                meta=struct(row["meta"]),
                create_time=row["time"],
                sender=made.UserInfo(
                    user_id=row["sender"],
                    type="user",
                    create_time=START,
                    meta=struct(row["user_meta"]),
                ),
                status_counts=[
                    made.StatusCount(status=status, status_name=name, user_type="user", count=3)
                    for status, name in STATUSES
                ],
                reactions=[
                    made.Reaction(reaction=reaction, count=count, mine=mine)
                    for reaction, count, mine in row["reactions"]
                ],
            )
            for row in rows
        ],
        next_page_token=PAGE_TOKEN,
    )


def google_class() -> Any:
    """Make the google class of the response from the descriptors beside the generated code."""
    path = Path(__file__).parents[1] / "gen/python/chat3_api/descriptor.binpb"
    files = descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())
    classes = message_factory.GetMessages(files.file, pool=descriptor_pool.DescriptorPool())
    return classes["chat3.user.v1.GetDialogMessagesResponse"]


def build_google(cls: Any, rows: list[dict[str, Any]]) -> Any:
    """Make the google response, with the constructors that are quickest for it."""
    return cls(
        messages=[
            {
                "message_id": row["id"],
                "dialog_id": row["dialog"],
                "sender_id": row["sender"],
                "type": row["type"],
                "content": row["content"],
                "meta": row["meta"],
                "create_time": row["time"],
                "sender": {
                    "user_id": row["sender"],
                    "type": "user",
                    "create_time": START,
                    "meta": row["user_meta"],
                },
                "status_counts": [
                    {"status": int(status), "status_name": name, "user_type": "user", "count": 3}
                    for status, name in STATUSES
                ],
                "reactions": [
                    {"reaction": reaction, "count": count, "mine": mine}
                    for reaction, count, mine in row["reactions"]
                ],
            }
            for row in rows
        ],
        next_page_token=PAGE_TOKEN,
    )


def read_google(message: Any) -> list[dict[str, Any]]:
    """Read meta as plain data, which for us decoding has already done."""
    return [json_format.MessageToDict(item.meta) for item in message.messages]


def costs_of(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Give the least CPU time of each call, in microseconds.

    The rivals take turns, so that a slow moment of the machine does not meet one alone.
    """
    counts = {name: max(1, int(ROUND / _timed(call, 1))) for name, call in calls.items()}
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, call in calls.items():
            best[name] = min(best[name], _timed(call, counts[name]) / counts[name])
    return {name: seconds * 1e6 for name, seconds in best.items()}


def _timed(call: Callable[[], object], count: int) -> float:
    start = time.process_time()
    for _ in range(count):
        call()
    return time.process_time() - start


def measure(size: int) -> None:
    rows = page_of(size)
    google_cls = google_class()
    message = build(rows, PlainStruct)
    full = build(rows, Struct.from_dict)
    google_message = build_google(google_cls, rows)
    wire = encode(message)
    assert encode(decode(GetDialogMessagesResponse, wire)) == wire == bytes(full)
    assert google_cls.FromString(wire) == google_message
    assert build(rows, dict, BUILDERS) == wire
    ours = decode(GetDialogMessagesResponse, wire)
    print(f"\n{size} messages, {len(wire)} bytes ({len(json.dumps(rows, default=str))} as JSON)")
    groups: dict[str, dict[str, Callable[[], object]]] = {
        "build": {
            "compiled": lambda: build(rows, PlainStruct),
            "betterproto2": lambda: build(rows, Struct.from_dict),
            "google upb": lambda: build_google(google_cls, rows),
        },
        "encode": {
            "compiled": lambda: encode(message),
            "betterproto2": lambda: bytes(full),
            "google upb": google_message.SerializeToString,
        },
        "build + encode": {
            "compiled": lambda: encode(build(rows, PlainStruct)),
            "builders": lambda: build(rows, dict, BUILDERS),
            "betterproto2": lambda: bytes(build(rows, Struct.from_dict)),
            "google upb": lambda: build_google(google_cls, rows).SerializeToString(),
        },
        "decode": {
            "compiled": lambda: decode(GetDialogMessagesResponse, wire),
            "betterproto2": lambda: GetDialogMessagesResponse.parse(wire),
            "google upb": lambda: google_cls.FromString(wire),
        },
        "decode + read meta": {
            "compiled": lambda: [
                plain(item.meta)
                for item in decode(GetDialogMessagesResponse, wire).messages
                if item.meta is not None
            ],
            "google upb": lambda: read_google(google_cls.FromString(wire)),
        },
    }
    assert len(ours.messages) == size
    for group, calls in groups.items():
        costs = costs_of(calls)
        parts = [
            f"{name} {value:9.0f} µs ({value / costs['compiled']:5.2f}x)"
            for name, value in costs.items()
        ]
        print(f"  {group:20}" + "   ".join(parts))


if __name__ == "__main__":
    print(
        f"Python {platform.python_version()}, betterproto2 {betterproto2.__version__},"
        f" protobuf {google.protobuf.__version__}"
    )
    measure(20)
    measure(100)
