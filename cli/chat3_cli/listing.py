"""Commands that list things: one page, or all of them one after another."""

from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from chat3_cli.arguments import ALL, PAGING, Argument, OneOf
from chat3_cli.command import Unary, field_names, filled
from chat3_cli.failures import EXIT_OK, endless
from chat3_cli.output import Output
from chat3_cli.render import counted
from chat3_cli.session import OpenSession, Request, Response, Session
from chat3_cli.style import DIM, safe
from chat3_cli.table import Column, Table
from chat3_cli.unknown_user import unknown_user
from chat3_client import Chat3Error

Item = TypeVar("Item")

LARGEST_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Listing(Unary[Request, Response], Generic[Request, Response, Item]):
    """A command that lists things as a table."""

    items: Callable[[Response], Sequence[Item]]
    noun: str
    columns: Sequence[Column[Item]]
    of_user: bool = False
    """Whether it is empty for a user who does not exist."""

    @property
    def all_arguments(self) -> Sequence[Argument | OneOf]:
        """The arguments, and the paging that the request has."""
        names = field_names(self.request)
        paging = [declared for name, declared in PAGING.items() if name in names]
        return [*self.arguments, *paging, *[ALL] * ("page_token" in names)]

    async def run(self, args: Namespace, open_session: OpenSession, out: Output) -> int:
        """Print the page that is asked for, and with `--all` those behind it."""
        run = _Run(self, args, out)
        async with open_session() as session:
            await run.read(session)
            if self.of_user and run.is_empty and (text := await unknown_user(session)):
                out.warning(text)
        if not out.as_json:
            for line in run.footer():
                out.line(out.style.paint(line, DIM))
        return EXIT_OK


class _Run(Generic[Request, Response, Item]):
    """One run of a listing: what it has shown so far, and where it stands."""

    def __init__(
        self, listing: Listing[Request, Response, Item], args: Namespace, out: Output
    ) -> None:
        self._listing = listing
        self._out = out
        self._every_page = getattr(args, "all", False)
        self._table = Table(listing.columns, args, out.style, out.columns)
        self._request = filled(listing.request, args)
        if self._every_page and not args.page_size:
            self._request = _changed(self._request, page_size=LARGEST_PAGE)
        self._shown = 0
        self._total: int | None = None
        self._next = ""
        self._previous = ""

    async def read(self, session: Session) -> None:
        """Print the first page, and the others where they are wanted."""
        first = await self._page(session, self._request)
        self._total = getattr(first, "total_size", None)
        self._previous = getattr(first, "previous_page_token", "")
        try:
            while self._every_page and self._next:
                await self._page(session, _following(self._request, self._next))
        except Chat3Error:
            self._out.note(f"{self._count()} so far; continue with --page-token={self._next}")
            raise

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to show."""
        return not self._shown

    def footer(self) -> Iterator[str]:
        """Say how much there was, and where there is more."""
        yield self._count()
        for which, token in (("next", self._next), ("previous", self._previous)):
            if token:
                yield f"{which} page: --page-token={safe(token)}"

    async def _page(self, session: Session, request: Request) -> Response:
        response = await session.call(self._listing.procedure, request)
        items = self._listing.items(response)
        self._out.answer(response, self._table.lines(items))
        self._shown += len(items)
        token = getattr(response, "next_page_token", "")
        if token and token == self._next:
            raise endless("it names the same page again")
        self._next = token
        return response

    def _count(self) -> str:
        if self._total is None:
            return counted(self._shown, self._listing.noun)
        return f"{self._shown} of {counted(self._total, self._listing.noun)}"


def _following(request: Request, token: str) -> Request:
    """Ask for the page of a token: with all fields as they were, but those that chose the first."""
    chosen = {"page": 0, "around_message_id": None}
    known = {name: value for name, value in chosen.items() if name in field_names(type(request))}
    return _changed(request, page_token=token, **known)


def _changed(request: Request, **fields: object) -> Request:
    # mypy cannot know that every message is a dataclass.
    changed: Request = replace(request, **fields)  # type: ignore[type-var, unused-ignore]
    return changed
