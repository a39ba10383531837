"""The contract as a foreign client sees it: google protobuf's classes, made from descriptors."""

from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.rpc import error_details_pb2, status_pb2

SUBSCRIBE = "/chat3.user.v1.UserService/SubscribeUpdates"
WATCH = "/chat3.tenant.v1.TenantService/WatchUpdates"
FOLLOW = "/chat3.tenant.v1.TenantService/SubscribeTenantUpdates"
LIST_UPDATES = "/chat3.user.v1.UserService/ListUpdates"
_DESCRIPTORS = (
    Path(__file__).resolve().parents[3] / "gen" / "python" / "chat3_api" / "descriptor.binpb"
)


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    """Return a pool of the tests' own: the service under test keeps the default one."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(_DESCRIPTORS.read_bytes()).file:
        pool.Add(file)
    return pool


@cache
def message_class(name: str, package: str = "chat3.user.v1") -> Any:
    """Return the class of a message of the contract."""
    descriptor = _pool().FindMessageTypeByName(f"{package}.{name}")
    return message_factory.GetMessageClass(descriptor)


def enum_name(enum: str, number: int) -> str:
    """Return the name of an enum's value without the enum's own."""
    value = _pool().FindEnumTypeByName(f"chat3.user.v1.{enum}").values_by_number[number]
    return str(value.name)


def enum_numbers(enum: str) -> dict[str, int]:
    """Return the numbers of an enum's values by their names."""
    values = _pool().FindEnumTypeByName(f"chat3.user.v1.{enum}").values
    return {str(value.name): int(value.number) for value in values}


def error_info(details: bytes) -> tuple[str, dict[str, str]]:
    """Return reason and metadata of the `ErrorInfo` in a `grpc-status-details-bin`."""
    status = status_pb2.Status.FromString(details)
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo.FromString(detail.value)
            return info.reason.removeprefix("ERROR_REASON_"), dict(info.metadata)
    return "", {}


def retry_after(details: bytes) -> float:
    """Return the seconds of the `RetryInfo` in a `grpc-status-details-bin`; 0 without one."""
    for detail in status_pb2.Status.FromString(details).details:
        if detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo.FromString(detail.value)
            return float(retry.retry_delay.ToTimedelta().total_seconds())
    return 0.0
