"""Names that JavaScript objects inherit, and the ways to put one into a filter.

The list was made by Node.js 20.20.2 on 2026-11-25; a newer one may know more:

    node -p 'Object.getOwnPropertyNames(Object.prototype).sort().join("\\n")'
"""

from collections.abc import Iterator
from typing import Final

NAMES: Final = (
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
)

# `{}` is the place of the name.
PLAIN: Final = (
    "(meta.{},eq,x)",
    "(meta.{},ne,1)",
    "(meta.{},gt,1)",
    "(meta.{},gte,1)",
    "(meta.{},lt,1)",
    "(meta.{},lte,1)",
    "(meta.{},in,[1])",
    "(meta.{},nin,[1])",
    "(meta.{},all,[1])",
    "(meta.{},regex,x)",
    "(meta.{},exists,true)",
    "({},gt,1)",
    " ( meta.{} , gt , 1 ) ",
)
QUOTED: Final = (
    '(meta."{}",gt,1)',
    '("meta.{}",gt,1)',
    "(meta.'{}',gt,1)",
    "('meta'.{},gt,1)",
    "(meta[{}],gt,1)",
    '(meta["{}"],gt,1)',
    '{{"meta.{}":{{"$gt":1}}}}',
    '{{"meta":{{"{}":{{"$gt":1}}}}}}',
    '{{"{}":{{"$gt":1}}}}',
)
NESTED: Final = (
    "((meta.{},gt,1))",
    "(meta.a,eq,1)&(meta.{},gt,1)",
    "(meta.{},gt,1)|(meta.a,eq,1)",
    "(meta.a,eq,1)&((meta.b,eq,1)|(meta.{},gt,1))",
    "(((meta.{},gt,1)&(meta.b,eq,1))|(meta.c,eq,1))",
    "(meta.a.{},gt,1)",
    "(meta.{}.a,gt,1)",
    "({}.a,gt,1)",
    "(a.{},gt,1)",
    "(meta.constructor.{},gt,1)",
    "(topic.meta.{},gt,1)",
    "(member[{}].unreadCount,gt,1)",
)
FILTERS: Final = PLAIN + QUOTED + NESTED
SORTS: Final = (
    "({},asc)",
    "(meta.{},desc)",
    "{}",
    "-{}",
    '{{"{}":-1}}',
    "(member[{}].lastSeenAt,asc)",
)


def letter_cases(name: str) -> Iterator[str]:
    """Yield the name as it is, in the usual cases, and with each letter's case changed alone."""
    cases = [name, name.lower(), name.upper(), name.title(), name.swapcase()]
    cases += [name[:at] + name[at].swapcase() + name[at + 1 :] for at in range(len(name))]
    yield from dict.fromkeys(cases)
