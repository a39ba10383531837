"""The options of every command: where the service is, and in whose name calls are made."""

import argparse
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from chat3_cli import values
from chat3_cli.session import Identity, Target


def add_options(parser: argparse.ArgumentParser, environ: Mapping[str, str]) -> None:
    """Let a parser take the options; the environment gives their defaults."""
    group = parser.add_argument_group("connection and identity, before or after the command")

    def add(flag: str, text: str, **options: Any) -> None:
        group.add_argument(flag, help=text, **options)

    add(
        "--address",
        "CHAT3_ADDRESS; default 127.0.0.1:50051",
        type=values.address,
        default=environ.get("CHAT3_ADDRESS") or "127.0.0.1:50051",
        metavar="HOST:PORT",
    )
    add(
        "--tenant",
        "CHAT3_TENANT; default tnt_default",
        type=values.header,
        default=environ.get("CHAT3_TENANT") or "tnt_default",
    )
    add("--api-key", "CHAT3_API_KEY", type=values.header, default=environ.get("CHAT3_API_KEY"))
    add(
        "--user",
        "CHAT3_USER: the user who acts",
        type=values.text,
        default=environ.get("CHAT3_USER"),
    )
    add(
        "--token",
        "CHAT3_TOKEN: a token of the user who acts, instead of the three above",
        type=values.header,
        default=environ.get("CHAT3_TOKEN"),
    )
    add(
        "--timeout",
        "for a call with its retries, or to open a stream; default 30",
        type=values.seconds,
        default=30.0,
        metavar="SECONDS",
    )
    add("--tls", "use TLS", action="store_true")
    for flag, text in (
        ("--ca", "trust this CA, or this server's certificate (means --tls)"),
        ("--cert", "client certificate (means --tls)"),
        ("--key", "key of the client certificate"),
    ):
        add(flag, text, type=values.file, metavar="FILE")
    add("--json", "print each response as one line of JSON", action="store_true")


def target(parser: argparse.ArgumentParser, args: argparse.Namespace) -> Target:
    """Say where the service is and how to talk to it; end the process when that is unclear."""
    if args.key and not args.cert:
        parser.error("--key is of no use without --cert")
    try:
        context = _tls_context(args)
    except OSError as error:  # ssl.SSLError is one
        parser.error(f"the TLS files cannot be used: {error}")
    host, port = args.address
    return Target(host=host, port=port, tls=context, timeout=args.timeout)


def identity(
    parser: argparse.ArgumentParser, args: argparse.Namespace, *, needed: Sequence[str]
) -> Identity:
    """Say in whose name the calls are made; end the process when what is needed is not given."""
    if args.token and "user" in needed:
        others = ("user", "api_key", "tenant")
        given = [
            f"--{name.replace('_', '-')}"
            for name in others
            if getattr(args, name) != parser.get_default(name)
        ]
        if given:
            parser.error(f"a token (--token, CHAT3_TOKEN) does not go with {', '.join(given)}")
        return Identity(api_key="", tenant="", user="", token=args.token)
    for option in needed:
        if not getattr(args, option):
            flag, variable = option.replace("_", "-"), f"CHAT3_{option.upper()}"
            parser.error(f"give --{flag} or set {variable}")
    return Identity(api_key=args.api_key or "", tenant=args.tenant, user=args.user or "")


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
