"""What JavaScript does to filters: names that every object inherits, and a prototype that spoils.

tenant-api collects the conditions of a filter on meta in plain objects, under their keys. A key
that such an object has by inheritance is "there already", so that its condition is lost. The key
`__proto__` leads to `Object.prototype` itself: what is assigned there is inherited by every
object of the process, whoever's request made it, until the process is restarted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat3_embedded.filters import Condition, Group

if TYPE_CHECKING:
    from chat3_embedded.filters import Node

PROTOTYPE_KEY = "__proto__"
INHERITED = frozenset(
    {
        PROTOTYPE_KEY,
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)
EVERYTHING = Group("&", ())
_META = "meta."


@dataclass(slots=True)
class ObjectPrototype:
    """`Object.prototype` of one tenant-api process: what filters have left on it."""

    assigned: dict[str, Any] = field(default_factory=dict)

    @property
    def poisoned(self) -> bool:
        """Whether anything was assigned: then no message can be created, in any tenant."""
        return bool(self.assigned)

    def seen_by(self, node: Node) -> Node:
        """Return what the process makes of a parsed filter: `EVERYTHING` where nothing is left.

        A condition on an inherited name is dropped, and one on `__proto__` is assigned to the
        prototype, except equality, which assigns no object. What `ne` has left there is part of
        every later condition that is an object.
        """
        if isinstance(node, Group):
            seen = (self.seen_by(operand) for operand in node.operands)
            kept = tuple(operand for operand in seen if operand != EVERYTHING)
            return Group(node.joiner, kept) if kept else EVERYTHING
        key = node.field.removeprefix(_META)
        if key in INHERITED:
            if key == PROTOTYPE_KEY and node.field != key and node.operator != "eq":
                self.assigned[node.operator] = node.value
            return EVERYTHING
        if "ne" in self.assigned and node.operator != "eq":
            return Group("&", (node, Condition(node.field, "ne", self.assigned["ne"])))
        return node
