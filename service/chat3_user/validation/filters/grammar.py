"""Reads a filter: a recursive descent over the text that knows where every part begins."""

import re
from typing import Final, Literal, NoReturn

from chat3_user.validation import meta_keys
from chat3_user.validation.filters.errors import FilterError
from chat3_user.validation.filters.fields import (
    LIST_OPERATORS,
    MAX_OPERANDS,
    META,
    META_FIELD,
    OPERATORS,
    Field,
    ListFields,
)
from chat3_user.validation.filters.syntax import Condition, Group, Scalar, Tree
from chat3_user.validation.filters.values import list_value, scalar_value
from chat3_user.validation.text import WHITE_SPACE

MAX_LENGTH: Final = 2000
MAX_DEPTH: Final = 8

_SPACES: Final = re.compile(f"[{WHITE_SPACE}]*")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_NAME: Final = re.compile("[^(),&|]*")
# The platform finds the parts of a filter by these characters, quoted or not.
_VALUE: Final = re.compile("[^()&|]*")


def parse(text: str, fields: ListFields) -> Tree | None:
    """Return what the text says, or None when it says nothing; raise ``FilterError``."""
    if len(text) > MAX_LENGTH:
        raise FilterError(MAX_LENGTH + 1, f"a filter has at most {MAX_LENGTH} characters")
    if not text.strip(WHITE_SPACE):
        return None
    control = _CONTROL.search(text)
    if control:
        raise FilterError(control.start() + 1, "a filter has no control characters")
    return _Parser(text, fields).whole()


class _Parser:
    """One pass over one text; ``_at`` is the index of the next character."""

    def __init__(self, text: str, fields: ListFields) -> None:
        self._text = text
        self._fields = fields
        self._at = 0

    def whole(self) -> Tree:
        tree = self._operands(1)
        if self._next() != "":
            self._fail(self._at, "`)` without its `(`")
        return tree

    def _operands(self, depth: int) -> Tree:
        """Read conditions and groups joined by one of & and |, up to ``)`` or the end."""
        self._next()
        start = self._at
        operands = [self._operand(depth)]
        joint: Literal["&", "|"] | None = None
        while (mark := self._next()) not in ("", ")"):
            if mark not in ("&", "|"):
                self._fail(self._at, "`&`, `|` or `)` expected")
            if joint is not None and mark != joint:
                self._fail(self._at, "parentheses are needed where `&` and `|` stand together")
            joint = "&" if mark == "&" else "|"
            if len(operands) == MAX_OPERANDS:
                self._fail(self._at, f"at most {MAX_OPERANDS} conditions in one group")
            self._at += 1
            operands.append(self._operand(depth))
        return operands[0] if joint is None else Group(joint, tuple(operands), start + 1)

    def _operand(self, depth: int) -> Tree:
        self._expect("(", "`(` expected: a condition is `(field,operator,value)`")
        if self._next() != "(":
            condition = self._condition()
            self._expect(")", "`)` expected")
            return condition
        if depth == MAX_DEPTH:
            self._fail(self._at, f"at most {MAX_DEPTH} groups inside each other")
        group = self._operands(depth + 1)
        self._expect(")", "`)` expected")
        return group

    def _condition(self) -> Condition:
        start = self._at
        name = self._word("a field")
        field = self._field(name, start)
        operator = self._operator(field, name)
        at = self._at
        raw = self._part(_VALUE)
        after = self._text[self._at : self._at + 1]
        if after in ("(", "&", "|"):
            self._fail(self._at, "a value cannot hold `(`, `)`, `&` or `|`")
        offset = at + len(raw) - len(raw.lstrip(WHITE_SPACE)) + 1
        text = raw.strip(WHITE_SPACE)
        if not text:
            self._fail(min(offset, len(self._text)) - 1, "a value is missing")
        platform = field.platform or name
        value: Scalar | tuple[Scalar, ...]
        if operator in LIST_OPERATORS:
            value = list_value(text, field, platform, offset)
        else:
            value = scalar_value(text, field, operator, offset)
        return Condition(platform, operator, value, written=name, position=start + 1)

    def _field(self, name: str, start: int) -> Field:
        if name.startswith(META):
            reason = meta_keys.refusal(name.removeprefix(META))
            if reason is not None:
                self._fail(start, f"this meta key cannot be written, so nothing has it: {reason}")
            return META_FIELD
        field = self._fields.fields.get(name)
        if field is None:
            self._fail(start, f"no such field '{name[:40]}'")
        return field

    def _operator(self, field: Field, name: str) -> str:
        self._next()
        start = self._at
        operator = self._word("an operator")
        if operator not in OPERATORS:
            self._fail(start, f"no such operator '{operator[:40]}'")
        if operator not in field.operators:
            allowed = ", ".join(sorted(field.operators))
            self._fail(start, f"`{name}` takes the operators {allowed}")
        return operator

    def _word(self, what: str) -> str:
        """Read a name and the comma behind it."""
        start = self._at
        word = self._part(_NAME).strip(WHITE_SPACE)
        if not word:
            self._fail(start, f"{what} is missing")
        self._expect(",", "`,` expected: a condition is `(field,operator,value)`")
        return word

    def _part(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        part = found[0] if found else ""
        self._at += len(part)
        return part

    def _next(self) -> str:
        """Skip white space and return the next character, '' at the end."""
        self._part(_SPACES)
        return self._text[self._at : self._at + 1]

    def _expect(self, mark: str, rule: str) -> None:
        if self._next() != mark:
            self._fail(self._at, rule)
        self._at += 1

    def _fail(self, index: int, rule: str) -> NoReturn:
        raise FilterError(min(index + 1, len(self._text)), rule)
