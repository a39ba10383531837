"""Reads the descriptors of a generator request into the documentation's model."""

from collections.abc import Iterator, Mapping, Sequence

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodOptions,
    ServiceDescriptorProto,
)

from protoc_gen_chat3_docs.comments import clean, split_merge, split_reason, split_rules
from protoc_gen_chat3_docs.model import (
    Contract,
    Enum,
    EnumValue,
    Field,
    Message,
    Oneof,
    Package,
    ProtoFile,
    Reason,
    Rpc,
    Service,
    TypeReference,
)

REASON_ENUM = "ErrorReason"

# Field numbers of descriptor.proto: source locations are addressed by them.
_FILE_MESSAGE, _FILE_ENUM, _FILE_SERVICE = 4, 5, 6
_MESSAGE_FIELD, _MESSAGE_NESTED, _MESSAGE_ENUM, _MESSAGE_ONEOF = 2, 3, 4, 8
_ENUM_VALUE = 2
_SERVICE_METHOD = 2

_TYPE_NAMES: Mapping[int, str] = {
    number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()
}

Path = tuple[int, ...]


class ContractError(Exception):
    """The contract cannot be documented as it is; the text says why."""


def read_contract(request: CodeGeneratorRequest) -> Contract:
    """Describe the packages that the request asks to generate for, in the order of their names."""
    wanted = set(request.file_to_generate)
    files: dict[str, list[FileDescriptorProto]] = {}
    for file in sorted(request.proto_file, key=lambda file: file.name):
        if file.name in wanted:
            files.setdefault(file.package, []).append(file)
    if not files:
        raise ContractError("there is no file to document")
    return Contract(tuple(_package(name, files[name]) for name in sorted(files)))


def _package(name: str, files: Sequence[FileDescriptorProto]) -> Package:
    readers = [_FileReader(file) for file in files]
    read = tuple(reader.file() for reader in readers)
    reason_enum = next((e for f in read for e in f.enums if e.name == REASON_ENUM), None)
    values = reason_enum.values if reason_enum else ()
    return Package(
        name=name,
        services=tuple(service for reader in readers for service in reader.services()),
        files=read,
        reason_enum=reason_enum,
        reasons=tuple(_reason(value) for value in values if value.number),
    )


def _reason(value: EnumValue) -> Reason:
    parts = split_reason(value.text)
    if parts is None:
        raise ContractError(
            f"the comment of {value.name} needs Status:, Details:, Caller: and Example: parts"
        )
    return Reason(
        name=value.name,
        full_name=value.full_name,
        number=value.number,
        text=parts.text,
        status=parts.status,
        details=parts.details,
        caller=parts.caller,
        example=parts.example,
    )


class _FileReader:
    """Reads one file; knows where its comments are."""

    def __init__(self, file: FileDescriptorProto) -> None:
        self._file = file
        self._comments = {
            tuple(location.path): clean(location.leading_comments)
            for location in file.source_code_info.location
            if location.leading_comments
        }

    def file(self) -> ProtoFile:
        messages: list[Message] = []
        enums: list[Enum] = []
        for index, message in enumerate(self._file.message_type):
            self._collect(message, self._file.package, (_FILE_MESSAGE, index), messages, enums)
        for index, enum in enumerate(self._file.enum_type):
            enums.append(self._enum(enum, self._file.package, (_FILE_ENUM, index)))
        return ProtoFile(path=self._file.name, messages=tuple(messages), enums=tuple(enums))

    def services(self) -> Iterator[Service]:
        for index, service in enumerate(self._file.service):
            path = (_FILE_SERVICE, index)
            full_name = f"{self._file.package}.{service.name}"
            yield Service(
                name=service.name,
                full_name=full_name,
                file=self._file.name,
                text=self._comment(path),
                rpcs=tuple(self._rpcs(service, full_name, path)),
            )

    def _rpcs(self, service: ServiceDescriptorProto, scope: str, path: Path) -> Iterator[Rpc]:
        for index, method in enumerate(service.method):
            level = MethodOptions.IdempotencyLevel.Name(method.options.idempotency_level)
            yield Rpc(
                name=method.name,
                full_name=f"{scope}.{method.name}",
                request=method.input_type.lstrip("."),
                response=method.output_type.lstrip("."),
                client_streaming=method.client_streaming,
                server_streaming=method.server_streaming,
                idempotency=level,
                deprecated=method.options.deprecated,
                text=self._comment((*path, _SERVICE_METHOD, index)),
            )

    def _collect(
        self,
        message: DescriptorProto,
        scope: str,
        path: Path,
        messages: list[Message],
        enums: list[Enum],
    ) -> None:
        if message.options.map_entry:
            return
        full_name = f"{scope}.{message.name}"
        comment = split_merge(self._comment(path))
        messages.append(
            Message(
                name=full_name.removeprefix(f"{self._file.package}."),
                full_name=full_name,
                deprecated=message.options.deprecated,
                text=comment.text,
                merge=comment.merge,
                fields=tuple(self._fields(message, full_name, path)),
                oneofs=tuple(self._oneofs(message, full_name, path)),
            ),
        )
        for index, nested in enumerate(message.nested_type):
            self._collect(nested, full_name, (*path, _MESSAGE_NESTED, index), messages, enums)
        for index, enum in enumerate(message.enum_type):
            enums.append(self._enum(enum, full_name, (*path, _MESSAGE_ENUM, index)))

    def _fields(self, message: DescriptorProto, scope: str, path: Path) -> Iterator[Field]:
        for index, field in enumerate(message.field):
            ruled = split_rules(self._comment((*path, _MESSAGE_FIELD, index)))
            comment = split_merge(ruled.text)
            entry = _map_entry(message, field)
            in_oneof = field.HasField("oneof_index") and not field.proto3_optional
            yield Field(
                name=field.name,
                full_name=f"{scope}.{field.name}",
                json_name=field.json_name,
                number=field.number,
                type=_map_type(entry) if entry else _field_type(field),
                repeated=entry is None and field.label == FieldDescriptorProto.LABEL_REPEATED,
                optional=field.proto3_optional,
                oneof=message.oneof_decl[field.oneof_index].name if in_oneof else None,
                deprecated=field.options.deprecated,
                text=comment.text,
                rules=ruled.rules,
                merge=comment.merge,
            )

    def _oneofs(self, message: DescriptorProto, scope: str, path: Path) -> Iterator[Oneof]:
        synthetic = {field.oneof_index for field in message.field if field.proto3_optional}
        for index, oneof in enumerate(message.oneof_decl):
            if index not in synthetic:
                text = self._comment((*path, _MESSAGE_ONEOF, index))
                yield Oneof(name=oneof.name, full_name=f"{scope}.{oneof.name}", text=text)

    def _enum(self, enum: EnumDescriptorProto, scope: str, path: Path) -> Enum:
        full_name = f"{scope}.{enum.name}"
        return Enum(
            name=full_name.removeprefix(f"{self._file.package}."),
            full_name=full_name,
            deprecated=enum.options.deprecated,
            text=self._comment(path),
            values=tuple(
                EnumValue(
                    name=value.name,
                    full_name=f"{full_name}.{value.name}",
                    number=value.number,
                    deprecated=value.options.deprecated,
                    text=self._comment((*path, _ENUM_VALUE, index)),
                )
                for index, value in enumerate(enum.value)
            ),
        )

    def _comment(self, path: Path) -> str:
        return self._comments.get(path, "")


def _field_type(field: FieldDescriptorProto) -> TypeReference:
    if field.type_name:
        target = field.type_name.lstrip(".")
        return TypeReference(label=target.rpartition(".")[2], target=target)
    return TypeReference(label=_TYPE_NAMES[field.type], target=None)


def _map_entry(message: DescriptorProto, field: FieldDescriptorProto) -> DescriptorProto | None:
    short = field.type_name.rpartition(".")[2]
    nested = (each for each in message.nested_type if each.options.map_entry)
    return next((each for each in nested if each.name == short), None)


def _map_type(entry: DescriptorProto) -> TypeReference:
    key, value = (_field_type(field) for field in entry.field)
    return TypeReference(label=f"map<{key.label}, {value.label}>", target=value.target)
