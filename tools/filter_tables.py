"""Writes the tables of `docs/filters.md`: what each list can be filtered and sorted by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from chat3_user.validation.filters import fields, grammar, patterns, values
from chat3_user.validation.filters.fields import Field, Kind, ListFields

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "filters.md"
BEGIN, END = "<!-- lists -->\n", "<!-- /lists -->\n"

_KINDS: Final = {
    Kind.TEXT: "text",
    Kind.COUNT: "whole number from 0",
    Kind.TIME: "time",
    Kind.OPEN: "text, number, `true`, `false`",
}
# The order in which operators are explained.
_OPERATORS: Final = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "all", "regex", "exists")


@dataclass(frozen=True)
class FilteredList:
    """One list: what readers call it, the methods that return it, its fields, its first order."""

    title: str
    methods: str
    fields: ListFields
    order: str


LISTS: Final = (
    FilteredList(
        "Dialogs of a user",
        "`UserService.GetUserDialogs`",
        fields.DIALOGS,
        "(last_interaction_time,desc)",
    ),
    FilteredList(
        "Messages of a dialog",
        "`UserService.GetDialogMessages`",
        fields.MESSAGES,
        "(create_time,desc)",
    ),
    FilteredList("Packs of a user", "`UserService.ListPacks`", fields.PACKS, "(create_time,desc)"),
    FilteredList(
        "Users of a tenant", "`TenantService.ListUsers`", fields.USERS, "(create_time,desc)"
    ),
    FilteredList(
        "Dialogs of a tenant",
        "`TenantService.ListDialogs`",
        fields.TENANT_DIALOGS,
        "(create_time,desc)",
    ),
    FilteredList(
        "Messages of a dialog, for a back end",
        "`TenantService.ListMessages`",
        replace(fields.MESSAGES, sortable=fields.TENANT_MESSAGES.sortable),
        "(create_time,desc)",
    ),
    FilteredList(
        "Messages of a tenant",
        "`TenantService.SearchMessages`",
        fields.TENANT_MESSAGES,
        "(create_time,desc)",
    ),
    FilteredList(
        "Packs of a tenant",
        "`TenantService.ListPacks`",
        fields.TENANT_PACKS,
        "(create_time,desc)",
    ),
)


def tables() -> str:
    """Return a section for each list, and one of the limits."""
    return "\n".join([*map(_section, LISTS), _limits()])


def written(text: str) -> str:
    """Return ``text`` with the present tables between its marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables()}\n{END}{tail}"


def _section(each: FilteredList) -> str:
    rows = [_row(name, field) for name, field in each.fields.fields.items() if name.islower()]
    rows.append(_row("meta.<key>", fields.META_FIELD))
    sorts = ", ".join(f"`{name}`" for name in each.fields.sortable if name.islower())
    return "\n".join(
        (
            f"### {each.title}",
            "",
            f"Returned by {each.methods}.",
            "",
            "| field | values | operators |",
            "|---|---|---|",
            *rows,
            "",
            f"Sorts by {sorts}. Without a sort: `{each.order}`.",
            _or_rule(each.fields),
            "",
        )
    )


def _row(name: str, field: Field) -> str:
    operators = " ".join(f"`{each}`" for each in _OPERATORS if each in field.operators)
    return f"| `{name}` | {_KINDS[field.kind]} | {operators} |"


def _or_rule(known: ListFields) -> str:
    most = f"An *and* has at most {known.and_max} conditions."
    if known.only_meta_in_or:
        return f"An *or* may only be combined with conditions on `meta.<key>`. {most}"
    return f"An *or* may contain any condition. {most}"


def _limits() -> str:
    rows: Sequence[tuple[str, int]] = (
        ("characters of a filter", grammar.MAX_LENGTH),
        ("groups inside each other", grammar.MAX_DEPTH),
        ("conditions in one group", fields.MAX_OPERANDS),
        ("alternatives, when the filter is written out as an or of ands", fields.MAX_OPERANDS),
        ("items in a list", values.MAX_ITEMS),
        ("the largest number", values.MAX_NUMBER),
        ("characters of a number", values.MAX_DIGITS),
        ("characters of a regular expression", patterns.MAX_PATTERN_LENGTH),
        ("`*` and `+` in a regular expression", patterns.MAX_UNBOUNDED),
    )
    return "\n".join(
        (
            "## Limits",
            "",
            "| what | at most |",
            "|---|---|",
            *(f"| {what} | {most} |" for what, most in rows),
            "",
        )
    )


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
