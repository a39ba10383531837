"""What is wrong with a block that nobody runs: names and forms that anybody can check."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from chat3_cli.command_line import parse
from chat3_user.config import SETTINGS
from chat3_user.config.loading import load
from chat3_user.settings import ConfigError
from support.documents.blocks import SHELL, Block
from support.documents.commands import commands

_ASSIGNED: Final = re.compile(
    r"(?:^|\s)(?:export\s+)?([A-Z][A-Z0-9_]{2,})=(\"[^\"]*\"|'[^']*'|\S*)"
)
_SETTINGS: Final = {setting.variable for setting in SETTINGS.values()}
_LEFT_OUT: Final = re.compile(r"\$|…|\.\.\.")
_OF_CLIENTS: Final = re.compile(r"CHAT3\w*|OTEL_\w+|PYTHONPATH|PATH|TOKEN")
_HARMFUL: Final = re.compile(
    r"\b(sudo|systemctl|systemd-\w+|kubectl|helm|docker|rabbitmqctl|rabbitmqadmin|apt(-get)?|mount)\b"
    r"|(?<![\w.])/(opt|etc|usr|var|root|home|srv)/|\bgit (checkout|reset|push|clean)\b|\brm -r"
)
_IDENTITY: Final = {"CHAT3_API_KEY": "key", "CHAT3_USER": "alice"}


def problems(block: Block, project: Path) -> Iterator[str]:
    """Yield what is wrong with a block, whether it is run or not."""
    if block.language == "json" and not block.skipped:
        yield from _json(block)
    elif block.language == "yaml" and not block.skipped:
        yield from _yaml(block)
    elif block.language in SHELL:
        text = "\n".join(command.text for command in commands(block))
        if not block.skipped:
            yield from _harm(block, text)
        yield from _variables(text, project)
        yield from _targets(text, project)
        yield from _client_commands(text)


def _harm(block: Block, text: str) -> Iterator[str]:
    """Yield what may change the machine of whoever runs the tests: such a block needs a mark."""
    if block.language == "console" and re.search(r"^# ", block.text, re.MULTILINE):
        yield "commands of root are run"
    for found in _HARMFUL.finditer(text):
        yield f"a command that changes the machine is run: {found[0]}"


def _json(block: Block) -> Iterator[str]:
    try:
        json.loads(block.text)
    except ValueError as whole:
        # A log has a line for each object.
        try:
            for line in block.text.splitlines():
                json.loads(line)
        except ValueError:
            yield f"no JSON: {whole}"


def _yaml(block: Block) -> Iterator[str]:
    try:
        list(yaml.safe_load_all(block.text))
    except yaml.YAMLError as error:
        yield f"no YAML: {error}"


def _variables(text: str, project: Path) -> Iterator[str]:
    """Yield variables that nobody reads, and settings with a value that the service refuses."""
    given: dict[str, str] = {}
    for name, value in _ASSIGNED.findall(text):
        if name in _SETTINGS:
            given[name] = value.strip("\"'")
        elif not _OF_CLIENTS.fullmatch(name) and name not in _of_make(project):
            yield f"nobody reads {name}"
    plain = {name: value for name, value in given.items() if not _LEFT_OUT.search(value)}
    try:
        load({"DEMO": "true", **plain}, {})
    except ConfigError as error:
        for problem in error.args:
            if str(problem).partition(":")[0] in plain:
                yield str(problem)


def _of_make(project: Path) -> set[str]:
    """Return the variables of make, and those that tools and tests read from the environment."""
    sources = [project / "Makefile", *(project / "mk").glob("*.mk"), project / "CONTRIBUTING.md"]
    return set(re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", "\n".join(p.read_text() for p in sources)))


def _targets(text: str, project: Path) -> Iterator[str]:
    sources = [project / "Makefile", *(project / "mk").glob("*.mk")]
    known = set(
        re.findall(
            r"^([a-z][\w-]*)(?= *[^=\n]*:)", "\n".join(p.read_text() for p in sources), re.MULTILINE
        )
    )
    for line in re.findall(r"^make ([^#\n]*)", text, re.MULTILINE):
        for word in shlex.split(line):
            if re.fullmatch(r"[a-z][a-z-]*", word) and word not in known:
                yield f"make has no target {word}"


def _client_commands(text: str) -> Iterator[str]:
    for line in re.findall(r"^(?:\.venv/bin/)?chat3 ([^|>\n]*)", text, re.MULTILINE):
        try:
            parse(shlex.split(line, comments=True), _IDENTITY)
        except SystemExit as ended:
            if ended.code:
                yield f"chat3 has no such command: {line}"
