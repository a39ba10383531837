"""Connect and gRPC-Web as their specifications have them, over HTTP/1.1, by aiohttp's client.

It shares no code with the service. Messages are google protobuf's.
"""

import json
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

import aiohttp
from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2
from grpclib.const import Status

_CONNECT_END: Final = 0x02
_WEB_TRAILERS: Final = 0x80
_GATEWAY: Final = (
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


@dataclass(frozen=True)
class Form:
    """A protocol, and a codec."""

    protocol: str
    json: bool

    def __str__(self) -> str:
        return f"{self.protocol}+{self.codec}"

    @property
    def codec(self) -> str:
        return "json" if self.json else "proto"

    @property
    def connect(self) -> bool:
        return self.protocol == "connect"

    def content_type(self, *, streams: bool) -> str:
        if self.connect:
            return f"application/connect+{self.codec}" if streams else f"application/{self.codec}"
        return f"application/grpc-web+{self.codec}"

    def encode(self, message: Any) -> bytes:
        if self.json:
            return json_format.MessageToJson(message).encode()
        return bytes(message.SerializeToString())

    def decode(self, data: bytes, kind: Any) -> Any:
        return json_format.Parse(data, kind()) if self.json else kind.FromString(data)


FORMS: Final = (
    Form("connect", json=True),
    Form("connect", json=False),
    Form("grpc_web", json=True),
    Form("grpc_web", json=False),
)


@dataclass
class End:
    """How a call ended: the status by gRPC's name, the `ErrorInfo` of a failure, metadata."""

    status: str
    message: str = ""
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)
    trailing: dict[str, str] = field(default_factory=dict)
    retry_after: float | None = None


class CallFailed(Exception):  # noqa: N818 - it is an answer
    """A call ended with a failure."""

    def __init__(self, end: End) -> None:
        super().__init__(f"{end.status} {end.reason} {end.message}")
        self.end = end


class WebStream:
    """An answer in envelopes; ``end`` is set when `read` has returned nothing."""

    def __init__(self, response: aiohttp.ClientResponse, form: Form, kind: Any) -> None:
        self.response = response
        self.end: End | None = None
        self._form = form
        self._kind = kind

    async def read(self) -> Any:
        """Return the next message; nothing at the end.

        Raises what aiohttp does, `IncompleteReadError` too, when the connection is lost.
        """
        head = await self.response.content.readexactly(5)
        body = await self.response.content.readexactly(int.from_bytes(head[1:]))
        if head[0] == (_CONNECT_END if self._form.connect else _WEB_TRAILERS):
            self.end = _connect_end(body) if self._form.connect else _web_end(body)
            return None
        assert head[0] == 0
        return self._form.decode(body, self._kind)


class WebClient:
    """Calls one service in one form."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, form: Form, metadata: Mapping[str, str]
    ) -> None:
        self._session = session
        self._url = url
        self._form = form
        self._metadata = metadata

    async def call(self, path: str, request: Any, kind: Any, **fields: str) -> tuple[Any, End]:
        """Return the answer of a unary call.

        Raises `CallFailed`.
        """
        if not self._form.connect:
            async with self.stream(path, request, kind, **fields) as stream:
                message = await stream.read()
                end = await stream.read() if message is not None else None
                assert end is None
                assert stream.end is not None
                if stream.end.status != "OK":
                    raise CallFailed(stream.end)
                return message, stream.end
        headers = self._headers(streams=False, **fields)
        body = self._form.encode(request)
        async with self._session.post(self._url + path, data=body, headers=headers) as response:
            data = await response.read()
            trailing = {
                name.lower().removeprefix("trailer-"): value
                for name, value in response.headers.items()
                if name.lower().startswith("trailer-")
            }
            _check_gateway(response)
            if response.status != HTTPStatus.OK:
                end = _connect_error(json.loads(data))
                end.trailing = trailing
                raise CallFailed(end)
            assert response.content_type == self._form.content_type(streams=False)
            return self._form.decode(data, kind), End("OK", trailing=trailing)

    @asynccontextmanager
    async def stream(
        self, path: str, request: Any, kind: Any, **fields: str
    ) -> AsyncIterator[WebStream]:
        """Open a stream; leaving the block closes its connection."""
        body = self._form.encode(request)
        async with self._session.post(
            self._url + path,
            data=b"\0" + len(body).to_bytes(4) + body,
            headers=self._headers(streams=True, **fields),
        ) as response:
            _check_gateway(response)
            assert response.status == HTTPStatus.OK, await response.text()
            assert response.content_type == self._form.content_type(streams=True)
            stream = WebStream(response, self._form, kind)
            try:
                yield stream
            finally:
                response.close()

    def _headers(self, *, streams: bool, **fields: str) -> dict[str, str]:
        headers = {**self._metadata, "content-type": self._form.content_type(streams=streams)}
        if self._form.connect:
            headers["connect-protocol-version"] = "1"
        return {**headers, **{name.replace("_", "-"): value for name, value in fields.items()}}


def _check_gateway(response: aiohttp.ClientResponse) -> None:
    """Raise `CallFailed` for what a proxy says when nobody stands behind it."""
    if response.status in _GATEWAY and response.content_type != "application/json":
        raise CallFailed(End("UNAVAILABLE", f"HTTP {response.status}"))


def _connect_end(body: bytes) -> End:
    found = json.loads(body)
    end = _connect_error(found["error"]) if "error" in found else End("OK")
    end.trailing = {name: values[0] for name, values in found.get("metadata", {}).items()}
    return end


def _connect_error(error: Mapping[str, Any]) -> End:
    code = "CANCELLED" if error["code"] == "canceled" else error["code"].upper()
    end = End(Status[code].name, error.get("message", ""))
    for detail in error.get("details", ()):
        raw = detail["value"]
        _add(end, detail["type"], b64decode(raw + "=" * (-len(raw) % 4)))
    return end


def _web_end(body: bytes) -> End:
    lines = [line.split(":", 1) for line in body.decode().split("\r\n") if line]
    trailers = {name: value.strip() for name, value in lines}
    end = End(Status(int(trailers["grpc-status"])).name, unquote(trailers.get("grpc-message", "")))
    end.trailing = {name: value for name, value in trailers.items() if name[:5] != "grpc-"}
    raw = trailers.get("grpc-status-details-bin", "")
    status = status_pb2.Status.FromString(b64decode(raw + "=" * (-len(raw) % 4)))
    for detail in status.details:
        _add(end, detail.TypeName(), detail.value)
    return end


def _add(end: End, name: str, value: bytes) -> None:
    end.details.append(name)
    if name == error_details_pb2.RetryInfo.DESCRIPTOR.full_name:
        retry = error_details_pb2.RetryInfo.FromString(value)
        end.retry_after = retry.retry_delay.ToTimedelta().total_seconds()
    if name == error_details_pb2.ErrorInfo.DESCRIPTOR.full_name:
        info = error_details_pb2.ErrorInfo.FromString(value)
        end.reason = info.reason.removeprefix("ERROR_REASON_")
        end.metadata = dict(info.metadata)
