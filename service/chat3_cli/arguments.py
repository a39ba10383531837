"""Turns the command line and the environment into checked options."""

import argparse
import ssl
import uuid
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from chat3_api.chat3.user.v1 import MessageStatus, UpdateType
from chat3_cli import values
from chat3_cli.session import Identity, Target

EPILOG = """\
exit codes:
  0    the call succeeded
  1    the call failed; the reason stands on standard error
  2    the command line is wrong
  3    the service cannot be reached or is not available
  4    the credentials were refused, or do not allow this
  130  interrupted by Ctrl-C or a closed pipe

examples:
  chat3 dialogs --filter '(unread_count,gt,0)' --last-message
  chat3 send dlg_aaaaaaaaaaaaaaaaaaaa 'Hello' --meta '{"important": true}'
  chat3 watch --type message --resume-file ~/.chat3-token
  chat3 --json dialogs | jq -r '.dialogs[].meta.title'

A text that begins with a dash goes after `--`: chat3 send DIALOG_ID -- -5
"""

STATUSES = {
    "read": MessageStatus.READ,
    "delivered": MessageStatus.DELIVERED,
    "unread": MessageStatus.UNREAD,
}
UPDATE_TYPES = {kind.name.lower(): kind for kind in UpdateType if kind}


def parse(argv: list[str] | None, environ: Mapping[str, str]) -> argparse.Namespace:
    """Read the command line; end the process with code 2 when it breaks a rule."""
    parser = argparse.ArgumentParser(
        prog="chat3",
        description="Chat3 as one user sees it: dialogs, messages, and a stream of updates.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=_version())
    _add_global_options(parser, environ)
    # The same options again behind the command: there they have no default, so that an absent one
    # does not undo what stands before the command.
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    _add_global_options(common, None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_reading(commands, common)
    _add_writing(commands, common)
    _add_watch(commands, common)
    health = commands.add_parser("health", parents=[common], help="ask whether the service serves")
    health.add_argument("--service", default="", help="a service name; default: the whole server")
    args = parser.parse_args(argv)
    _complete(parser, args)
    return args


def target(args: argparse.Namespace) -> Target:
    """Say where the service is and how to talk to it."""
    host, port = args.address
    return Target(host=host, port=port, tls=args.tls_context, timeout=args.timeout)


def identity(args: argparse.Namespace) -> Identity:
    """Say in whose name the calls are made."""
    return Identity(api_key=args.api_key or "", tenant=args.tenant, user=args.user or "")


def _add_global_options(parser: argparse.ArgumentParser, environ: Mapping[str, str] | None) -> None:
    def default(variable: str, otherwise: str | None = None) -> Any:
        return argparse.SUPPRESS if environ is None else environ.get(variable) or otherwise

    def plain(value: Any) -> Any:
        return argparse.SUPPRESS if environ is None else value

    group = parser.add_argument_group("connection and identity, before or after the command")
    group.add_argument(
        "--address",
        type=values.address,
        default=default("CHAT3_ADDRESS", "127.0.0.1:50051"),
        metavar="HOST:PORT",
        help="CHAT3_ADDRESS; default 127.0.0.1:50051",
    )
    group.add_argument(
        "--tenant",
        type=values.header,
        default=default("CHAT3_TENANT", "tnt_default"),
        help="CHAT3_TENANT; default tnt_default",
    )
    group.add_argument(
        "--api-key", type=values.header, default=default("CHAT3_API_KEY"), help="CHAT3_API_KEY"
    )
    group.add_argument("--user", default=default("CHAT3_USER"), help="CHAT3_USER: who acts")
    group.add_argument(
        "--timeout",
        type=values.seconds,
        default=plain(30.0),
        metavar="SECONDS",
        help="for a call with its retries, or to open a stream; default 30",
    )
    group.add_argument("--tls", action="store_true", default=plain(value=False), help="use TLS")
    for name, text in (
        ("--ca", "trust this CA, or this server's certificate (means --tls)"),
        ("--cert", "client certificate (means --tls)"),
        ("--key", "key of the client certificate"),
    ):
        group.add_argument(name, type=values.file, default=plain(None), metavar="FILE", help=text)
    group.add_argument(
        "--json",
        action="store_true",
        default=plain(value=False),
        help="print each response as one line of JSON",
    )


def _add_reading(commands: Any, common: argparse.ArgumentParser) -> None:
    dialogs = commands.add_parser("dialogs", parents=[common], help="list the user's dialogs")
    messages = commands.add_parser("messages", parents=[common], help="list a dialog's messages")
    messages.add_argument("dialog_id", metavar="DIALOG_ID")
    for parser, example in ((dialogs, "(unread_count,gt,0)"), (messages, "(sender_id,eq,bob)")):
        parser.add_argument(
            "--page", type=values.int32, default=0, metavar="N", help="counted from 1"
        )
        parser.add_argument(
            "--page-size", type=values.int32, default=0, metavar="N", help="1 to 100; default 10"
        )
        parser.add_argument("--filter", default="", metavar="EXPR", help=f"such as '{example}'")
        parser.add_argument("--sort", default="", metavar="EXPR", help="such as '(field,asc)'")
    dialogs.add_argument("--last-message", action="store_true", help="with the newest message")


def _add_writing(commands: Any, common: argparse.ArgumentParser) -> None:
    send = commands.add_parser("send", parents=[common], help="write a message")
    status = commands.add_parser("status", parents=[common], help="give a message a status")
    react = commands.add_parser("react", parents=[common], help="give or take back a reaction")
    typing = commands.add_parser("typing", parents=[common], help="show that the user types")
    typing.add_argument("dialog_id", metavar="DIALOG_ID")
    for parser in (send, status, react):
        parser.add_argument("dialog_id", metavar="DIALOG_ID")
    for parser in (send, status, react):
        parser.add_argument(
            "--idempotency-key",
            type=values.header,
            default=None,
            metavar="KEY",
            help="repeat an earlier call safely; default: a fresh one",
        )
    for parser in (status, react):
        parser.add_argument("message_id", metavar="MESSAGE_ID")
    send.add_argument("text", metavar="TEXT")
    send.add_argument("--type", default="", help="message type; default internal.text")
    send.add_argument(
        "--meta", type=values.json_object, metavar="JSON", help="open data: a JSON object"
    )
    send.add_argument("--quote", metavar="MESSAGE_ID", help="a message of the dialog to quote")
    send.add_argument("--topic", metavar="TOPIC_ID", help="a topic of the dialog to write into")
    status.add_argument("status", choices=STATUSES)
    react.add_argument("reaction", metavar="REACTION", help="commonly one emoji")
    react.add_argument("--unset", action="store_true", help="take the reaction back")


def _add_watch(commands: Any, common: argparse.ArgumentParser) -> None:
    watch = commands.add_parser(
        "watch",
        parents=[common],
        help="print updates as they come",
        description="Prints updates as they come; reconnects by itself where the last one ended. "
        "With --json every response of the stream is a line, heartbeats included.",
    )
    watch.add_argument(
        "--type",
        action="append",
        default=[],
        choices=UPDATE_TYPES,
        dest="types",
        help="only this kind of update; may be repeated",
    )
    watch.add_argument(
        "--dialog",
        action="append",
        default=[],
        dest="dialogs",
        metavar="DIALOG_ID",
        help="only this dialog; may be repeated",
    )
    watch.add_argument("--resume", default="", metavar="TOKEN", help="go on after this token")
    watch.add_argument(
        "--resume-file",
        type=Path,
        metavar="PATH",
        help="go on after the token in this file, and keep the last token there",
    )
    watch.add_argument(
        "--heartbeat",
        type=values.seconds,
        metavar="SECONDS",
        help="the longest silence wanted, 5 to 300; default 30",
    )
    watch.add_argument(
        "--count",
        type=values.count,
        metavar="N",
        help="end after N updates; 0 ends once the stream is open",
    )
    watch.add_argument("--no-reconnect", action="store_true", help="end when the stream ends")


def _complete(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if args.key and not args.cert:
        parser.error("--key is of no use without --cert")
    try:
        args.tls_context = _tls_context(args)
    except OSError as error:  # ssl.SSLError is one
        parser.error(f"the TLS files cannot be used: {error}")
    if args.command == "health":
        return
    for option, variable in (("user", "CHAT3_USER"), ("api_key", "CHAT3_API_KEY")):
        if not getattr(args, option):
            parser.error(f"give --{option.replace('_', '-')} or set {variable}")
    if getattr(args, "idempotency_key", "") is None:
        args.idempotency_key = str(uuid.uuid4())


def _tls_context(args: argparse.Namespace) -> ssl.SSLContext | None:
    if not (args.tls or args.ca or args.cert):
        return None
    context = ssl.create_default_context(cafile=args.ca)
    if args.ca:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the server's own will do
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    if args.cert:
        context.load_cert_chain(args.cert, args.key)
    return context


def _version() -> str:
    return f"chat3 {version('chat3-user-service')}"
