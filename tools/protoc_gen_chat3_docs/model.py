"""What the documentation knows of a contract: plain, frozen descriptions of its elements."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class TypeReference:
    """The type of a field: how it is written, and the full name it leads to, if any."""

    label: str
    target: str | None


@dataclass(frozen=True)
class Field:
    """One field of a message; `merge` says what to do with it when it is an update's payload."""

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
    merge: str | None

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
    """One message, nested ones included; `merge` says what to do with it as an update."""

    name: str
    full_name: str
    deprecated: bool
    text: str
    merge: str | None
    fields: tuple[Field, ...]
    oneofs: tuple[Oneof, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The full names of the message and of its members."""
        fields = (field.full_name for field in self.fields)
        return (self.full_name, *fields, *(oneof.full_name for oneof in self.oneofs))


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

    @property
    def names(self) -> tuple[str, ...]:
        """The full names of the enum and of its values."""
        return (self.full_name, *(value.full_name for value in self.values))


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
    """One service, and the source file that it stands in."""

    name: str
    full_name: str
    file: str
    text: str
    rpcs: tuple[Rpc, ...]


@dataclass(frozen=True)
class ProtoFile:
    """One source file of a package."""

    path: str
    messages: tuple[Message, ...]
    enums: tuple[Enum, ...]

    @property
    def stem(self) -> str:
        """The file's name without folder and ending."""
        return self.path.rpartition("/")[2].removesuffix(".proto")


@dataclass(frozen=True)
class Package:
    """One package: its services, its types and, where it has one, its catalogue of errors."""

    name: str
    services: tuple[Service, ...]
    files: tuple[ProtoFile, ...]
    reason_enum: Enum | None
    reasons: tuple[Reason, ...]

    @property
    def version(self) -> str:
        """The last part of the name when it is a version, such as `v1`; else empty."""
        last = self.name.rpartition(".")[2]
        return last if re.fullmatch(r"v\d+\w*", last) else ""

    @property
    def title(self) -> str:
        """The name in words, such as `Chat3 User API` for `chat3.user.v1`."""
        words = self.name.removesuffix(f".{self.version}").split(".")
        return " ".join([*(word.capitalize() for word in words), "API"])

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


@dataclass(frozen=True)
class Contract:
    """All packages that are documented together."""

    packages: tuple[Package, ...]

    def catalogue(self, package: Package) -> Package | None:
        """Find whose error reasons a package uses: its own, or those of the first that has some."""
        owners = (each for each in (package, *self.packages) if each.reason_enum)
        return next(owners, None)

    def message(self, full_name: str | None) -> Message | None:
        """Find a message of this contract."""
        return self._messages.get(full_name or "")

    def enum(self, full_name: str | None) -> Enum | None:
        """Find an enum of this contract."""
        return self._enums.get(full_name or "")

    @cached_property
    def _messages(self) -> dict[str, Message]:
        return {each.full_name: each for package in self.packages for each in package.messages}

    @cached_property
    def _enums(self) -> dict[str, Enum]:
        return {each.full_name: each for package in self.packages for each in package.enums}
