"""Writes the table of `docs/limits.md`: what the contract's comments allow in requests."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from docs_site.contract import read
from protoc_gen_chat3_docs.model import Contract, Field

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "limits.md"
BEGIN, END = "<!-- limits -->\n", "<!-- /limits -->\n"

_REQUIRED: Final = re.compile(r"^required(?:; |\.)")
_NUMBER: Final = re.compile(r"\d")


def tables(contract: Contract) -> str:
    """Return one table: each limit, and the fields of requests that have it."""
    limits: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for owner, field in _fields(contract):
        rule = _REQUIRED.sub("", field.rules or "")
        if _NUMBER.search(rule):
            limits[field.name][_sentence(rule)].add(owner)
    rows = ["| field | what it takes |", "|---|---|"]
    for rule, names in sorted(_by_rule(limits).items(), key=lambda item: item[1]):
        rows.append(f"| {', '.join(f'`{name}`' for name in names)} | {rule} |")
    return "\n".join(rows) + "\n"


def written(text: str, contract: Contract) -> str:
    """Return ``text`` with the present table between its marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables(contract)}\n{END}{tail}"


def _fields(contract: Contract) -> Iterator[tuple[str, Field]]:
    """Yield the fields of all requests, each with its request's name."""
    for package in contract.packages:
        for rpc in package.rpcs:
            request = contract.message(rpc.request)
            for field in request.fields if request else ():
                yield request.name if request else "", field


def _by_rule(limits: Mapping[str, Mapping[str, set[str]]]) -> Mapping[str, list[str]]:
    """Name a field alone for the rule that most requests have for it, else with the request."""
    found: dict[str, list[str]] = defaultdict(list)
    for field in sorted(limits):
        usual = max(limits[field], key=lambda rule: len(limits[field][rule]))
        for rule, owners in limits[field].items():
            found[rule] += [field] if rule == usual else [f"{o}.{field}" for o in sorted(owners)]
    return found


def _sentence(rule: str) -> str:
    text = rule[:1].upper() + rule[1:].replace("|", r"\|")
    return text.replace("a filter expression as described above", "[a filter](filters.md)")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(), read(ROOT)))
