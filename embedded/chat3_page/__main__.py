"""Serves the page for a service and a platform of your own: the command `chat3-page`."""

import argparse
import asyncio
import os
import socket
from collections.abc import Sequence
from importlib.metadata import version
from urllib.parse import urlsplit

from chat3_page.issuing import back_end
from chat3_page.server import Page, serve_page


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="chat3-page",
        description="A chat in the browser. Everybody who can reach it can sign in as the users"
        " that are named. The service must list the page's origin in CORS_ORIGINS, and have"
        " TOKEN_KEYS. The API key comes from CHAT3_API_KEY.",
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {version('chat3-embedded')}"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0: a free one")
    parser.add_argument("--service", default="http://127.0.0.1:50051", help="origin of the service")
    parser.add_argument("--tenant", default="tnt_default", help="the tenant of the users")
    parser.add_argument("users", nargs="+", metavar="USER", help="a user who can sign in, by id")
    return parser.parse_args(arguments)


async def run(arguments: argparse.Namespace, api_key: str) -> None:
    """Serve until the process is ended."""
    service: str = arguments.service.rstrip("/")
    if urlsplit(service).scheme not in {"http", "https"}:
        raise SystemExit("chat3-page: --service: expected http://host:port or https://host")
    users = {user_id: user_id for user_id in arguments.users}
    async with back_end(service, tenant=arguments.tenant, api_key=api_key) as opened:
        page = Page(users, lambda _: service, opened.make_token)
        with socket.create_server((arguments.host, arguments.port)) as listener:
            async with serve_page(page, listener):
                port = listener.getsockname()[1]
                print(f"http://{arguments.host}:{port}/", flush=True)  # noqa: T201 - its purpose
                await asyncio.Event().wait()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the server."""
    parsed = parse_arguments(arguments)
    api_key = os.environ.get("CHAT3_API_KEY")
    if not api_key:
        raise SystemExit("chat3-page: CHAT3_API_KEY: required")
    try:
        asyncio.run(run(parsed, api_key))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
