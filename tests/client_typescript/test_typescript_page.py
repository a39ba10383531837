"""The programs of the pages on TypeScript compile, run, and print what the pages say."""

import json
import re
from pathlib import Path

import pytest
from typescript_consumer import Consumer

from support.demo_process import Demo

PAGES = Path(__file__).resolve().parents[2] / "docs/clients"
_PROGRAM = re.compile(
    r'^```ts title="([\w.]+)"\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?', re.MULTILINE | re.DOTALL
)
PROGRAMS = {
    name: (text, shown)
    for page in ("typescript.md", "migration.md")
    for name, text, shown in _PROGRAM.findall((PAGES / page).read_text())
}
COMPILER = {
    "target": "es2023",
    "module": "nodenext",
    "moduleResolution": "nodenext",
    "lib": ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
    "types": ["node"],
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "verbatimModuleSyntax": True,
    "outDir": "built",
    "rootDir": ".",
    "skipLibCheck": False,
}


@pytest.fixture(scope="module")
def compiled(consumer: Consumer, demo: Demo) -> Consumer:
    for name, (text, _) in PROGRAMS.items():
        here = text.replace("127.0.0.1:50051", f"127.0.0.1:{demo.service}")
        (consumer.folder / name).write_text(here)
    settings = {"compilerOptions": COMPILER, "include": ["*.ts"]}
    (consumer.folder / "tsconfig.json").write_text(json.dumps(settings))
    consumer.run("npx", "tsc", "--project", ".")
    return consumer


def test_the_pages_have_programs_for_the_parts_of_the_library() -> None:
    imported = {
        place
        for text, _ in PROGRAMS.values()
        for place in re.findall(r'"(@chat3/client.*?)"', text)
    }
    assert imported == {
        "@chat3/client",
        "@chat3/client/core",
        "@chat3/client/legacy",
        "@chat3/client/opentelemetry",
        "@chat3/client/testing",
        "@chat3/client/web",
    }


@pytest.mark.parametrize("name", [name for name, (_, shown) in PROGRAMS.items() if shown])
def test_a_program_prints_what_its_page_says(compiled: Consumer, name: str) -> None:
    printed = compiled.run("node", f"built/{name.removesuffix('.ts')}.js")
    assert printed == PROGRAMS[name][1]


def test_the_test_of_the_page_passes(compiled: Consumer) -> None:
    assert "# pass 1" in compiled.run("node", "--test", "--test-reporter=tap", "built/chat.test.js")
