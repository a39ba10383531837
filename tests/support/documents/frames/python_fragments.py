"""Runs the fragments of a page in one program: `chat` is Alice's client, `back_end` the tenant's.

A program of its own, in a process of its own. Its argument is a file of JSON: a list of fragments,
each with page, line, text, and whether it ends by itself.
"""

import ast
import asyncio
import inspect
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from chat3_client import Chat3Client, TenantClient

_ENDLESS: Final = 3.0
"""Seconds for which a fragment that does not end is watched."""


async def main(fragments: list[Mapping[str, Any]]) -> None:
    address = os.environ["CHAT3_ADDRESS"]
    async with (
        Chat3Client(address, api_key="demo-key", user="alice") as chat,
        TenantClient(address, api_key="demo-key") as back_end,
    ):
        names: dict[str, Any] = {"chat": chat, "back_end": back_end}
        for fragment in fragments:
            await run(fragment, names)


async def run(fragment: Mapping[str, Any], names: dict[str, Any]) -> None:
    """Run one fragment; a failure names its line on the page."""
    above = "\n" * int(fragment["line"])
    code = compile(
        above + fragment["text"], fragment["page"], "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    )
    outcome = eval(code, names)  # noqa: S307 - what the page shows
    if not inspect.iscoroutine(outcome):
        return
    if not fragment["endless"]:
        await outcome
        return
    done, _ = await asyncio.wait({task := asyncio.ensure_future(outcome)}, timeout=_ENDLESS)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    if done:
        task.result()
        raise AssertionError(f"{fragment['page']}:{fragment['line']} has ended")


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
