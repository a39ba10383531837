"""Replays the recorded requests and holds the answers against the recorded ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from contract_chapters import NAMES
from contract_newer import ANOTHER_CASE_SINCE
from contract_story import SHOW_THE_WHOLE_SERVER, Story

if TYPE_CHECKING:
    from contract_summary import Summary
    from contract_target import Target


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def story(shared_api: Target) -> Story:
    """Replay everything once; each test then looks at one answer."""
    story = Story(shared_api)
    await story.tell()
    return story


def _recording(name: str) -> object:
    since = ANOTHER_CASE_SINCE.get(name)
    marks = [pytest.mark.until(since)] if since else []
    if name in SHOW_THE_WHOLE_SERVER:
        marks.append(pytest.mark.of_the_double)
    return pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", [_recording(name) for name in NAMES])
def test_answer_is_as_recorded(story: Story, summary: Summary, name: str) -> None:
    if name in story.skipped:
        pytest.skip(story.skipped[name])
    if name in story.rewritten:
        version = story.api.generation.version
        summary.rewritten.setdefault(version, set()).add(name)
    assert story.problems[name] == []
