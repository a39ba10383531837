"""Finds the error reasons that the comments name for a method."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from protoc_gen_chat3_docs.model import Contract, Message, Package, Reason, Rpc, Service

_CODE = re.compile(r"`([\w.]+)`")
_STREAM = re.compile(r"\bstreams?\b")
# What a method's sentence `Needs ...` asks for, and the reason that a caller without it gets.
_NEEDS = re.compile(r"^Needs .+?\.(?=\s|$)", re.MULTILINE | re.DOTALL)
_REFUSALS = {"permission": "PERMISSION_MISSING", "membership": "NOT_A_MEMBER"}


@dataclass(frozen=True)
class MethodFailures:
    """Reasons of one method, and reasons that its service names for all methods."""

    own: tuple[Reason, ...]
    common: tuple[Reason, ...]


def method_failures(
    contract: Contract, catalogue: Package, service: Service, rpc: Rpc
) -> MethodFailures:
    """Find the reasons of a method, in the order of the catalogue.

    Its own are those that the comments on the method, its request and its response name, those
    whose own comment names the method (or speaks of a stream, when it is one), and those that
    follow from what the method says it needs.
    """
    needs = " ".join(_NEEDS.findall(rpc.text))
    named = _codes(rpc.text)
    named |= {f"ERROR_REASON_{name}" for word, name in _REFUSALS.items() if word in needs}
    for name in (rpc.request, rpc.response):
        for text in _texts(contract, contract.message(name), seen=set()):
            named |= _codes(text)
    everywhere = _codes(service.text)
    own = (reason for reason in catalogue.reasons if reason.name in named or _concerns(reason, rpc))
    return MethodFailures(
        own=tuple(own),
        common=tuple(each for each in catalogue.reasons if each.name in everywhere),
    )


def _concerns(reason: Reason, rpc: Rpc) -> bool:
    streaming = rpc.server_streaming or rpc.client_streaming
    named = rpc.name in _codes(reason.text) | _codes(reason.caller)
    return named or (streaming and _STREAM.search(reason.text) is not None)


def _codes(text: str) -> set[str]:
    return {code.rpartition(".")[2] for code in _CODE.findall(text)}


def _texts(contract: Contract, message: Message | None, seen: set[str]) -> Iterator[str]:
    """Give the comments of a message and of the messages within it."""
    if message is None or message.full_name in seen:
        return
    seen.add(message.full_name)
    yield message.text
    for field in message.fields:
        yield field.text
        yield field.rules or ""
        yield from _texts(contract, contract.message(field.type.target), seen)
