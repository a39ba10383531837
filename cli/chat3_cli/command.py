"""What a command is: its name, what it takes, what it calls, and how the answer reads.

A new method of the contract takes one `Call` or `Listing` in the module of its group. An argument
fills the field of the request that has its name; the idempotency key, and the paging of lists, are
taken by themselves where the request has the fields.
"""

import dataclasses
from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, cast

import betterproto2

from chat3_api.google.protobuf import Struct
from chat3_cli import render, views
from chat3_cli.arguments import IDEMPOTENCY_KEY, Argument, OneOf
from chat3_cli.failures import EXIT_OK
from chat3_cli.output import Output
from chat3_cli.session import OpenSession, Request, Response, procedure
from chat3_cli.views import View
from chat3_client import Procedure, replayed


@dataclass(frozen=True, kw_only=True)
class Command(ABC):
    """One command, whatever it does."""

    name: str
    help: str
    """What it does, in a few words that follow the name."""
    example: str
    details: str = ""
    """Whole sentences for its own help."""
    arguments: Sequence[Argument | OneOf] = ()
    needs: Sequence[str] = ()
    """The arguments of which one at least must be given."""
    short: str = ""
    """A name under which the command also stands alone."""
    identity: Sequence[str] = ("user", "api_key")
    """The options of the identity that must be given."""

    @property
    @abstractmethod
    def rpc(self) -> str:
        """The method of the stub that the command calls; empty when it is another service's."""

    @property
    def all_arguments(self) -> Sequence[Argument | OneOf]:
        """The arguments with those that go without saying."""
        return self.arguments

    @property
    def single_arguments(self) -> Sequence[Argument]:
        """All arguments one by one, also those of which one at most may be given."""
        return [
            one
            for declared in self.all_arguments
            for one in (declared.arguments if isinstance(declared, OneOf) else (declared,))
        ]

    @abstractmethod
    async def run(self, args: Namespace, open_session: OpenSession, out: Output) -> int:
        """Do it; return the exit code."""


@dataclass(frozen=True, kw_only=True)
class Unary(Command, Generic[Request, Response]):
    """A command that calls one unary method."""

    method: Callable[Concatenate[Any, Request, ...], Awaitable[Response]]
    """Of a stub, the one of the service that the request belongs to."""
    request: type[Request]

    @property
    def rpc(self) -> str:
        """The method of the stub."""
        return self.method.__name__

    @property
    def procedure(self) -> Procedure[Response]:
        """The method as the library calls it."""
        return procedure(self.method, self.request)


@dataclass(frozen=True, kw_only=True)
class Call(Unary[Request, Response]):
    """A command that makes one call and shows its answer."""

    view: Callable[[Namespace, Response], View]

    @property
    def all_arguments(self) -> Sequence[Argument | OneOf]:
        """The arguments, and the idempotency key where the request has one."""
        keyed = "idempotency_key" in field_names(self.request)
        return [*self.arguments, *[IDEMPOTENCY_KEY] * keyed]

    async def run(self, args: Namespace, open_session: OpenSession, out: Output) -> int:
        """Make the call and print what it answered."""
        async with open_session() as session:
            response = await session.call(self.procedure, filled(self.request, args))
        view = self.view(args, response)
        if replayed(response):
            view = views.replayed(view)
        out.answer(response, views.lines(view, out.style, out.columns))
        if missing := render.missing_parts(getattr(response, "missing_parts", ())):
            out.warning(missing)
        return EXIT_OK


@dataclass(frozen=True, kw_only=True)
class Group:
    """Commands about one kind of thing."""

    name: str
    help: str
    commands: Sequence[Command]
    default: str = "list"
    """The command that the name of the group alone stands for."""

    def command(self, name: str) -> Command:
        """Find a command by its name, which must be known."""
        return next(each for each in self.commands if each.name == name)


def field_names(message: type[betterproto2.Message]) -> list[str]:
    """Name the fields of a message."""
    return [field.name for field in dataclasses.fields(cast("Any", message))]


def filled(request: type[Request], args: Namespace) -> Request:
    """Make a request whose fields are the arguments of the same names."""
    return request(**{name: _field(getattr(args, name)) for name in field_names(request)})


def _field(value: object) -> object:
    return Struct.from_dict(value) if isinstance(value, dict) else value
