"""Every Python program on the library's pages is complete, runs, and prints something."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support.demo_process import KEY, TENANT, Demo, running

DOCS: Final = Path(__file__).parents[2] / "docs/clients"
PYTHON: Final = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PYTHON: Final = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROGRAMS: Final = {
    f"{page}.md, program {number}": program
    for page in ("python", "testing")
    for number, program in enumerate(PYTHON.findall((DOCS / f"{page}.md").read_text()), 1)
}
SILENT: Final = "tracing()"
"""A program with it shows how spans are made; it has nothing to print."""

# One process runs them all: each would spend most of its time with the same imports.
RUN_ALL: Final = """
import contextlib, io, json, sys, traceback
ran = {}
for name, program in json.load(sys.stdin).items():
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(program, name, "exec"), {"__name__": "__main__"})
    except BaseException:
        ran[name] = ["failed", traceback.format_exc()]
    else:
        ran[name] = ["ran", printed.getvalue()]
json.dump(ran, sys.stdout)
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The service with its demo data, as `make run` starts it."""
    demo = Demo(tmp_path_factory.mktemp("demo"))
    with running(demo):
        yield demo


def test_the_programs_of_the_documentation_run(demo: Demo, tmp_path: Path) -> None:
    settings = {
        "CHAT3_ADDRESS": f"127.0.0.1:{demo.service}",
        "CHAT3_API_KEY": KEY,
        "CHAT3_TENANT": TENANT,
        "CHAT3_USER": "alice",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN_ALL],
        input=json.dumps(PROGRAMS),
        env={**os.environ, **settings},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    ran = json.loads(done.stdout)
    assert {name: text for name, (outcome, text) in ran.items() if outcome != "ran"} == {}
    printed = {name for name, (_, text) in ran.items() if text}
    assert printed == {name for name, each in PROGRAMS.items() if SILENT not in each}
    assert len(printed) == 11
