"""A client on grpcio and google protobuf: does what JSON lines on its input ask, tells by lines.

Run as `grpcio_driver.py <address>` with compiled stubs on the path; it shares no code with the
service. One command is one line; so is every answer, and every response and end of a stream.
"""

import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from chat3.tenant.v1 import tenant_service_pb2, tenant_service_pb2_grpc
from chat3.user.v1 import user_service_pb2, user_service_pb2_grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

SERVICE = "chat3.user.v1.UserService"
DESCRIBED = {
    name: service
    for file in (user_service_pb2, tenant_service_pb2)
    for name, service in file.DESCRIPTOR.services_by_name.items()
}
HEALTH = "grpc.health.v1.Health"
SYNTAX = {
    "v1": "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "v1alpha": "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
}
Json = dict[str, Any]


def as_json(message: Any) -> Json:
    """Return every field of a message: those without presence also where they are empty."""
    found: Json = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return found


def failure(error: Any) -> Json:
    """Return all a failed call tells, read by grpcio-status."""
    status = rpc_status.from_call(error)
    details = []
    for packed in status.details if status is not None else ():
        kind = packed.TypeName().rpartition(".")[2]
        detail = getattr(error_details_pb2, kind)()
        assert packed.Unpack(detail)
        details.append({"type": kind, **as_json(detail)})
    return {
        "code": error.code().name,
        "message": error.details(),
        "details": details,
        "trailing": text_metadata(error),
    }


def text_metadata(call: Any) -> dict[str, str]:
    return {key: value for key, value in call.trailing_metadata() if isinstance(value, str)}


class Driver:
    """Carries out commands; every one on a thread of its own."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self._stubs: dict[str, Any] = {
            "UserService": user_service_pb2_grpc.UserServiceStub(self._channel),
            "TenantService": tenant_service_pb2_grpc.TenantServiceStub(self._channel),
        }
        self._streams: dict[int, Any] = {}
        self._output = threading.Lock()

    def run(self) -> None:
        with ThreadPoolExecutor(16) as pool:
            for line in sys.stdin:
                command = json.loads(line)
                pool.submit(self._answer, command)
            for stream in self._streams.values():
                stream.cancel()
        self._channel.close()

    def tell(self, document: Json) -> None:
        with self._output:
            sys.stdout.write(json.dumps(document) + "\n")
            sys.stdout.flush()

    def _answer(self, command: Json) -> None:
        number, do = command["id"], command["do"]
        try:
            try:
                answer = getattr(self, f"do_{do}")(command)
            except grpc.RpcError as error:
                answer = {"failed": failure(error)}
        except Exception as error:  # noqa: BLE001 - the test reports it
            answer = {"broken": repr(error)}
        self.tell({"id": number, **answer})

    def _rpc(self, named: str) -> Any:
        service, _, method = named.rpartition("/")
        return getattr(self._stubs[service or "UserService"], method)

    def _request(self, named: str, fields: Json) -> Any:
        service, _, method = named.rpartition("/")
        described = DESCRIBED[service or "UserService"].methods_by_name[method]
        return json_format.ParseDict(
            fields, message_factory.GetMessageClass(described.input_type)()
        )

    def do_call(self, command: Json) -> Json:
        method = command["method"]
        response, call = self._rpc(method).with_call(
            self._request(method, command["request"]),
            metadata=list(command["metadata"].items()),
            timeout=command.get("timeout", 20),
        )
        return {"response": as_json(response), "trailing": text_metadata(call)}

    def do_converse(self, command: Json) -> Json:
        """Send one request on a stream of them; return the first two responses."""
        method = command["method"]
        stream = self._rpc(method)(
            iter([self._request(method, command["request"])]),
            metadata=list(command["metadata"].items()),
            timeout=20,
        )
        responses = [as_json(next(stream)), as_json(next(stream))]
        stream.cancel()
        return {"responses": responses}

    def do_many(self, command: Json) -> Json:
        """Make many calls, so many at once; return how often each status came."""
        method, request = command["method"], self._request(command["method"], command["request"])
        metadata = list(command["metadata"].items())

        def one(_: int) -> str:
            try:
                self._rpc(method)(request, metadata=metadata, timeout=60)
            except grpc.RpcError as error:
                return str(error.code().name)
            return "OK"

        with ThreadPoolExecutor(command["at_once"]) as pool:
            return {"outcomes": Counter(pool.map(one, range(command["calls"])))}

    def do_open(self, command: Json) -> Json:
        method = command["method"]
        stream = self._rpc(method)(
            self._request(method, command["request"]),
            metadata=list(command["metadata"].items()),
        )
        number = command["id"]
        self._streams[number] = stream
        threading.Thread(target=self._read, args=(number, stream), daemon=True).start()
        return {}

    def _read(self, number: int, stream: Any) -> None:
        try:
            for response in stream:
                self.tell({"stream": number, "response": as_json(response)})
        except grpc.RpcError as error:
            self.tell({"stream": number, "failed": failure(error)})
        else:
            self.tell({"stream": number, "failed": {"code": "OK"}})

    def do_cancel(self, command: Json) -> Json:
        self._streams.pop(command["stream"]).cancel()
        return {}

    def do_health(self, command: Json) -> Json:
        """Check health with messages made from what reflection says: no stub is needed."""
        pool = self._pool()
        answer = self._unary(pool, HEALTH, "Check", {"service": command["service"]}, {})
        return {"response": as_json(answer)}

    def do_dynamic_call(self, command: Json) -> Json:
        """Make a call as grpcurl does: knowing nothing but what reflection says."""
        answer = self._unary(
            self._pool(), SERVICE, command["method"], command["request"], command["metadata"]
        )
        return {"response": as_json(answer)}

    def _pool(self) -> Any:
        return descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(self._channel))

    def _unary(
        self, pool: Any, service: str, method: str, fields: Json, metadata: Mapping[str, str]
    ) -> Any:
        described = pool.FindServiceByName(service).FindMethodByName(method)
        request = message_factory.GetMessageClass(described.input_type)()
        json_format.ParseDict(fields, request, descriptor_pool=pool)
        response_class = message_factory.GetMessageClass(described.output_type)
        call = self._channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response_class.FromString,
        )
        return call(request, metadata=list(metadata.items()), timeout=20)

    def do_reflect(self, command: Json) -> Json:
        """Return the services and the files that hold them, by one version of reflection."""
        reflect = self._channel.stream_stream(
            SYNTAX[command["version"]],
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        answers: Iterator[Any] = reflect(
            iter(
                [
                    reflection_pb2.ServerReflectionRequest(list_services=""),
                    *(
                        reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol)
                        for symbol in command["symbols"]
                    ),
                ]
            ),
            timeout=20,
        )
        services = [service.name for service in next(answers).list_services_response.service]
        types: dict[str, list[str]] = {}
        files: dict[str, list[str]] = {}
        for symbol, answer in zip(command["symbols"], answers, strict=True):
            files[symbol] = []
            for raw in answer.file_descriptor_response.file_descriptor_proto:
                file = descriptor_pb2.FileDescriptorProto.FromString(raw)
                files[symbol].append(file.name)
                types[file.name] = [message.name for message in file.message_type]
        return {"services": services, "types": types, "files": files}


if __name__ == "__main__":
    Driver(sys.argv[1]).run()
