"""What the documentation knows of a contract: plain, frozen descriptions of its elements."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class TypeReference:
    """The type of a field: how it is written, and the full name it leads to, if any."""

    label: str
    target: str | None


@dataclass(frozen=True)
class Field:
    """One field of a message."""

    name: str
    full_name: str
    json_name: str
    number: int
    type: TypeReference
    repeated: bool
    optional: bool
    oneof: str | None
    deprecated: bool
    text: str
    rules: str | None

    @property
    def required(self) -> bool:
        """Whether the field's rules begin with the word `required`."""
        return self.rules is not None and self.rules.startswith("required")


@dataclass(frozen=True)
class Oneof:
    """A group of fields of which at most one is set."""

    name: str
    full_name: str
    text: str


@dataclass(frozen=True)
class Message:
    """One message, nested ones included."""

    name: str
    full_name: str
    deprecated: bool
    text: str
    fields: tuple[Field, ...]
    oneofs: tuple[Oneof, ...]


@dataclass(frozen=True)
class EnumValue:
    """One value of an enum."""

    name: str
    full_name: str
    number: int
    deprecated: bool
    text: str


@dataclass(frozen=True)
class Enum:
    """One enum, nested ones included."""

    name: str
    full_name: str
    deprecated: bool
    text: str
    values: tuple[EnumValue, ...]


@dataclass(frozen=True)
class Reason:
    """One error reason: an enum value whose comment follows the catalogue's form."""

    name: str
    full_name: str
    number: int
    text: str
    status: str
    details: str
    caller: str
    example: str


@dataclass(frozen=True)
class Rpc:
    """One method of a service."""

    name: str
    full_name: str
    request: str
    response: str
    client_streaming: bool
    server_streaming: bool
    idempotency: str
    deprecated: bool
    text: str

    @property
    def shape(self) -> str:
        """The kind of call, in the words of the gRPC documentation."""
        if self.client_streaming and self.server_streaming:
            return "bidirectional streaming"
        if self.client_streaming:
            return "client streaming"
        return "server streaming" if self.server_streaming else "unary"


@dataclass(frozen=True)
class Service:
    """One service."""

    name: str
    full_name: str
    text: str
    rpcs: tuple[Rpc, ...]


@dataclass(frozen=True)
class ProtoFile:
    """One source file of the contract."""

    path: str
    messages: tuple[Message, ...]
    enums: tuple[Enum, ...]


@dataclass(frozen=True)
class Api:
    """A whole contract: one package."""

    package: str
    services: tuple[Service, ...]
    files: tuple[ProtoFile, ...]
    reason_enum: Enum
    reasons: tuple[Reason, ...]

    @property
    def messages(self) -> Iterator[Message]:
        """Every message, in the order of the files."""
        return (message for file in self.files for message in file.messages)

    @property
    def enums(self) -> Iterator[Enum]:
        """Every enum, in the order of the files."""
        return (enum for file in self.files for enum in file.enums)

    @property
    def rpcs(self) -> Iterator[Rpc]:
        """Every method of every service."""
        return (rpc for service in self.services for rpc in service.rpcs)

    def message(self, full_name: str) -> Message | None:
        """Find a message of this contract."""
        return next((each for each in self.messages if each.full_name == full_name), None)

    def enum(self, full_name: str) -> Enum | None:
        """Find an enum of this contract."""
        return next((each for each in self.enums if each.full_name == full_name), None)
