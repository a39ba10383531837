"""The page in Firefox: two windows follow each other, also through a restart of the service."""

import asyncio
import json
from pathlib import Path

from bidi import Window, firefox

from support.demo_process import Demo, running


async def sign_in(window: Window, name: str) -> None:
    await shows(window, f"Sign in as {name}")
    await window.run(
        """(name) => [...document.querySelectorAll("button")]
          .find((button) => button.textContent.endsWith(name)).click()""",
        name,
    )
    await shows(window, "Alice and Bob")
    await window.run("() => { location.hash = '#dlg_demoalicebob00000000'; }")
    await window.until("document.querySelector('.history article')")


async def send(window: Window, text: str) -> None:
    """Type as a person does: the page hears of it by events."""
    await window.run(
        """(text) => {
          const field = document.querySelector(".composer textarea");
          field.value = text;
          field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        }""",
        text,
    )
    await window.until("!document.querySelector('.composer [type=submit]').disabled")
    await window.run("() => document.querySelector('.composer [type=submit]').click()")


async def shows(window: Window, text: str) -> None:
    await window.until(f"document.body.innerText.includes({json.dumps(text)})")


async def texts(window: Window) -> list[str]:
    script = (
        "() => JSON.stringify([...document.querySelectorAll('.content')].map((e) => e.innerText))"
    )
    found: list[str] = json.loads(await window.run(script))
    return found


async def test_two_windows_follow_each_other_through_a_restart(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    profile = tmp_path / "profile"
    profile.mkdir()
    with running(demo):
        async with firefox(profile) as browser:
            alice, bob = await browser.window(demo.url), await browser.window(demo.url)
            await sign_in(alice, "Alice")
            await sign_in(bob, "Bob")
            await send(alice, "From one Firefox to another")
            await shows(bob, "From one Firefox to another")
            assert browser.complaints == []

            await asyncio.to_thread(demo.kill)
            await shows(alice, "Reconnecting…")
            await send(alice, "While nobody listens")
            await shows(alice, "Sending…")
            await asyncio.to_thread(demo.start)

            for window in (alice, bob):
                await shows(window, "reloaded after a gap")
                await shows(window, "While nobody listens")
            await alice.until("!document.body.innerText.includes('Sending…')")
            last = ["From one Firefox to another", "While nobody listens"]
            assert (await texts(alice))[-2:] == (await texts(bob))[-2:] == last

            width = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            assert await bob.run(f"() => {width}")
