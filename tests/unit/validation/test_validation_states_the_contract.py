"""Every `Rules:` line of the contract is what the code checks, word by word, and none is mute."""

import re
from pathlib import Path

import pytest

from chat3_api.chat3.user import v1
from chat3_user.validation.requests import RULES

PROTO = Path(__file__).parents[3] / "api/chat3/user/v1/user_service.proto"
MESSAGE = re.compile(r"^message (\w+) \{$")
FIELD = re.compile(r"^  (?:optional |repeated )?[\w.]+ (\w+) = \d+;$")


def stated_rules() -> dict[tuple[str, str], str]:
    """Return the `Rules:` paragraph of every field of every message, on one line."""
    found: dict[tuple[str, str], str] = {}
    message, comment = "", []
    for line in PROTO.read_text(encoding="utf-8").splitlines():
        if match := MESSAGE.match(line):
            message = match[1]
        if line.startswith("  //"):
            comment.append(line.removeprefix("  //").strip())
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
    (request.__name__, name): "; ".join(rule.words for rule in rules) + "."
    for request, fields in RULES.items()
    for name, rules in fields.items()
}


def test_the_contract_is_read_at_all() -> None:
    assert STATED["GetUserDialogsRequest", "page"] == "0 to 1000000."


def test_all_requests_have_their_rules_in_the_table() -> None:
    named = {name for name in dir(v1) if name.endswith("Request")}
    assert {request.__name__ for request in RULES} == named


def test_fields_with_rules_in_the_contract_are_those_with_rules_in_the_code() -> None:
    assert set(CODED) == set(STATED)


@pytest.mark.parametrize("place", sorted(STATED), ids=".".join)
def test_the_comment_says_what_the_code_checks(place: tuple[str, str]) -> None:
    assert CODED.get(place) == STATED[place]
