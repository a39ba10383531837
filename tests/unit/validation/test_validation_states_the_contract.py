"""Every `Rules:` line of the contract is what the code checks, word by word, and none is mute."""

import re
from pathlib import Path

import pytest

from chat3_user.methods import METHODS, Method

API = Path(__file__).parents[3] / "api"
Place = tuple[str, str, str]
"""A package, a message of it, and a field of that."""
MESSAGE = re.compile(r"^message (\w+) \{$")
FIELD = re.compile(r"^ +(?:optional |repeated )?(?:[\w.]+|map<[\w., ]+>) (\w+) = \d+;$")


def stated_rules() -> dict[Place, str]:
    """Return the `Rules:` paragraph of every field of every method's request, on one line."""
    found: dict[Place, str] = {}
    for file in sorted(API.rglob("*.proto")):
        package = ".".join(file.parent.relative_to(API).parts)
        stated = stated_in(file.read_text(encoding="utf-8"))
        found |= {(package, *place): rules for place, rules in stated.items()}
    requests = {request_of(method) for method in METHODS.values()}
    return {place: rules for place, rules in found.items() if place[:2] in requests}


def request_of(method: Method) -> tuple[str, str]:
    return method.service.package, method.request.__name__


def stated_in(text: str) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    message, comment = "", []
    for line in text.splitlines():
        if match := MESSAGE.match(line):
            message = match[1]
        if line.lstrip().startswith("//"):
            comment.append(line.strip().removeprefix("//").strip())
            continue
        if match := FIELD.match(line):
            paragraphs = "\n".join(comment).split("\n\n")
            for paragraph in paragraphs:
                if paragraph.startswith("Rules: "):
                    found[message, match[1]] = " ".join(paragraph.split()).removeprefix("Rules: ")
        comment = []
    return found


STATED = stated_rules()
CODED = {
    (*request_of(method), name): "; ".join(rule.words for rule in rules) + "."
    for method in METHODS.values()
    for name, rules in method.rules.items()
}


def test_the_contract_is_read_at_all() -> None:
    assert STATED["chat3.user.v1", "GetUserDialogsRequest", "page_size"] == "0 to 100."


def test_fields_with_rules_in_the_contract_are_those_with_rules_in_the_code() -> None:
    assert set(CODED) == set(STATED)


@pytest.mark.parametrize("place", sorted(STATED), ids=".".join)
def test_the_comment_says_what_the_code_checks(place: Place) -> None:
    assert CODED.get(place) == STATED[place]
