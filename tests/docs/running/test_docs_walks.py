"""A newcomer gets from an empty folder to a received update by what the quick start says."""

import os
import time
from dataclasses import replace

import pytest
from docs_steps import Visitor, steps
from docs_walks import SERVICE, START, WALKS
from playwright.async_api import async_playwright

from conftest import FIGURES, Newcomer
from support.chromium import chromium
from support.documents.blocks import blocks_of
from support.documents.catalogue import PROJECT
from support.documents.place import Place, found
from support.documents.playing import Figures, playing


@pytest.mark.parametrize("name", WALKS)
def test_a_newcomer_receives_an_update(name: str, newcomer: Newcomer) -> None:
    walk = WALKS[name]
    assert found(*walk.needs), f"this walk needs {', '.join(walk.needs)}"
    with playing(newcomer(*walk.managers)) as reader:
        reader.play(walk.blocks())
    FIGURES.append(told(f"walk by {name}", reader.figures))


async def test_a_newcomer_sees_an_update_in_the_browser(newcomer: Newcomer) -> None:
    place = newcomer("pip")
    listed = steps((PROJECT / START).read_text("utf-8"), "In the browser")
    with playing(place) as reader:
        reader.play(SERVICE.blocks())
        began = time.monotonic()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
            )
            visitor = Visitor(browser, place)
            for step in listed:
                await visitor.do(step)
            await browser.close()
        reader.figures.seconds += time.monotonic() - began
    line = told("walk by browser", reader.figures)
    FIGURES.append(f"{line}, {visitor.done} steps in the browser")


def test_a_reader_of_the_front_page_gets_an_answer(place: Place) -> None:
    path = place.environment["PATH"].partition(os.pathsep)[2]
    checkout = replace(place, folder=PROJECT, environment={**place.environment, "PATH": path})
    with playing(checkout) as reader:
        reader.play(blocks_of(PROJECT, "README.md"))
    FIGURES.append(told("front page, in a checkout", reader.figures))


def told(what: str, figures: Figures) -> str:
    """Say what a walk took: what a person types, and how long the machine needed."""
    return (
        f"{what}: {figures.commands} commands, {figures.files} files, "
        f"{figures.seconds / 60:.1f} minutes"
    )
