"""The arguments of commands, as data, and those that several commands share."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from chat3_api.chat3.user.v1 import UpdateKind
from chat3_cli import values
from chat3_cli.standard_input import line_or_lines

UPDATE_KINDS = {str(kind.name).lower(): kind for kind in UpdateKind if kind}


class Parser(Protocol):
    """What takes arguments: a parser of argparse, or a group of one."""

    def add_argument(self, *flags: str, **options: Any) -> argparse.Action:
        """Take one argument."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command: what argparse's `add_argument` takes.

    Its `dest` is the name of the request's field that it fills.
    """

    flags: tuple[str, ...]
    options: Mapping[str, Any]

    def add_to(self, parser: Parser) -> None:
        """Let a parser take this argument."""
        parser.add_argument(*self.flags, **self.options)


@dataclass(frozen=True, slots=True)
class OneOf:
    """Arguments of which one at most may be given."""

    arguments: tuple[Argument, ...]


def argument(*flags: str, **options: Any) -> Argument:
    """Declare an argument in the words of argparse."""
    return Argument(flags, options)


class SetKey(argparse.Action):
    """Collects keys and values of custom data; no key is set twice."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        pair: Any,
        _option: str | None = None,
    ) -> None:
        """Take one key and its value."""
        key, value = pair
        found = getattr(namespace, self.dest) or {}
        if key in found:
            raise argparse.ArgumentError(self, f"sets {key!r} a second time")
        setattr(namespace, self.dest, {**found, key: value})


DIALOG_ID = argument("dialog_id", metavar="DIALOG_ID")
MESSAGE_ID = argument("message_id", metavar="MESSAGE_ID")
TOPIC_ID = argument("topic_id", metavar="TOPIC_ID")
PACK_ID = argument("pack_id", metavar="PACK_ID")
USER_ID = argument("user_id", metavar="USER_ID")

IDEMPOTENCY_KEY = argument(
    "--idempotency-key",
    type=values.header,
    default=None,
    metavar="KEY",
    help="repeat an earlier call safely; default: a fresh one",
)

SET = (
    argument(
        "--set",
        action=SetKey,
        dest="meta",
        type=values.pair,
        metavar="KEY=TEXT",
        help="set a key of the custom data to a text; may be repeated",
    ),
    argument(
        "--set-json",
        action=SetKey,
        dest="meta",
        type=values.json_pair,
        metavar="KEY=JSON",
        help="set a key to a number, true, a list, an object; may be repeated",
    ),
)
REMOVE = argument(
    "--remove",
    action="append",
    default=[],
    dest="remove_keys",
    metavar="KEY",
    help="remove a key of the custom data; may be repeated",
)
TITLE = argument(
    "--title",
    action=SetKey,
    dest="meta",
    type=values.under("title"),
    metavar="TEXT",
    help="the same as --set title=TEXT",
)
DISPLAY_NAME = argument(
    "--name",
    action=SetKey,
    dest="meta",
    type=values.under("displayName"),
    metavar="TEXT",
    help="the display name: the same as --set displayName=TEXT",
)
META_CHANGES = ("meta", "remove_keys")
"""Of these a command that changes custom data needs one at least."""

LAST_MESSAGE = argument(
    "--last-message",
    action="store_true",
    dest="include_last_message",
    help="with the newest message",
)

# What a list takes whose request has the field.
PAGING = {
    "page_size": argument(
        "--page-size", type=values.int32, default=0, metavar="N", help="1 to 100; default 10"
    ),
    "page_token": argument(
        "--page-token", default="", metavar="TOKEN", help="the page that an earlier one named"
    ),
    "page": argument(
        "--page", type=values.int32, default=0, metavar="N", help="a page by number, from 1"
    ),
    "include_total_size": argument(
        "--total",
        action="store_true",
        dest="include_total_size",
        help="say how many there are on all pages",
    ),
}
ALL = argument("--all", action="store_true", help="all pages from there to the end")


def user_ids(dest: str, text: str, *, nargs: str) -> Argument:
    """Declare several users."""
    return argument(
        dest,
        nargs=nargs,
        type=line_or_lines,
        metavar="USER_ID",
        help=f"{text}; - takes the lines of standard input",
    )


def filtered(example: str) -> Argument:
    """Declare the filter of a list."""
    return argument("--filter", default="", metavar="EXPR", help=f"such as '{example}'")


def sorted_by(example: str) -> Argument:
    """Declare the order of a list."""
    return argument("--sort", default="", metavar="EXPR", help=f"such as '{example}'")


# What the stream of updates and the list of updates share.
KIND = argument(
    "--kind",
    action="append",
    default=[],
    type=values.OneOfNames(tuple(UPDATE_KINDS)),
    dest="kinds",
    metavar="KIND",
    help=f"only this kind of update; may be repeated: {', '.join(UPDATE_KINDS)}",
)
IN_DIALOG = argument(
    "--dialog",
    action="append",
    default=[],
    dest="dialogs",
    metavar="DIALOG_ID",
    help="only this dialog; may be repeated",
)
RESUME = argument("--resume", default="", metavar="TOKEN", help="go on after this token")
RESUME_FILE = argument(
    "--resume-file",
    type=Path,
    metavar="PATH",
    help="go on after the token in this file, and keep the last token there",
)
