"""Finds the modules of the service that use inner parts of libraries; `make lint` holds the list.

A part is inner when its library does not document it: the modules that are not in `DOCUMENTED`, and
whatever begins with an underscore. A patch release may change such parts, so few modules know them,
and each is tested on the real library.

    python tools/inner_parts.py [FOLDER …]   prints them; fails for a module without a reason below
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parent.parent
OURS: Final = (_ROOT / "cli", _ROOT / "service")

DOCUMENTED: Final = {
    "aiohttp": {"web"},
    "aiormq": {"abc", "exceptions"},
    "grpclib": {"client", "config", "const", "encoding", "events", "exceptions", "health",
                "reflection", "server", "testing"},
    "h2": {"config", "connection", "errors", "events", "exceptions", "settings"},
    "hpack": set[str](),
    "hyperframe": {"exceptions", "frame"},
}  # fmt: skip
"""The documented modules of each library; its own names, directly in the package, are as well."""

REASONS: Final = {
    "chat3_user/tenant_api/exchange.py": "aiohttp's pool and parser without its session, which"
    " spends most of a small request",
    "chat3_user/transport/metadata.py": "grpclib's encoding of grpc-message, which gRPC prescribes",
    "chat3_user/updates/amqp/connection.py": "aiormq takes a transport of ours only there",
}

_OF_NAMED_TUPLES: Final = {"_asdict", "_fields", "_make", "_replace"}


def inner_parts(source: str) -> Iterator[str]:
    """Yield the inner parts that a module uses."""
    tree = ast.parse(source)
    origins: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            origins |= {each.asname or each.name: node.module for each in node.names}
            yield from _imported(node.module, [each.name for each in node.names])
        elif isinstance(node, ast.Import):
            for each in node.names:
                origins[each.asname or each.name.partition(".")[0]] = each.name
                yield from _imported(each.name, [])
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield from _used(node, origins)


def _imported(module: str, names: list[str]) -> Iterator[str]:
    library, _, inside = module.partition(".")
    if library not in DOCUMENTED:
        return
    if inside and inside.partition(".")[0] not in DOCUMENTED[library]:
        yield module
    yield from (f"{module}.{name}" for name in names if name.startswith("_"))


def _used(node: ast.Attribute, origins: dict[str, str]) -> Iterator[str]:
    root = node.value
    while isinstance(root, ast.Attribute | ast.Call | ast.Subscript):
        root = root.func if isinstance(root, ast.Call) else root.value
    name = root.id if isinstance(root, ast.Name) else ""
    origin = origins.get(name, "")
    if origin in DOCUMENTED and isinstance(node.value, ast.Attribute):
        # A module of the library, reached by way of the library's name.
        module = node.value.attr
        if node.value.value is root and module.islower() and module not in DOCUMENTED[origin]:
            yield f"{origin}.{module}"
    own = isinstance(node.value, ast.Name) and name in {"self", "cls"}
    private = node.attr.startswith("_") and not node.attr.endswith("__")
    elsewhere = origin and origin.partition(".")[0] not in DOCUMENTED
    if private and not own and not elsewhere and node.attr not in _OF_NAMED_TUPLES:
        yield f"{ast.unparse(node.value)}.{node.attr}"


def main(*folders: Path) -> int:
    """Print what is found in ``folders``; return 1 for modules without a reason, or the reverse."""
    found = {
        str(path.relative_to(folder)): sorted(parts)
        for folder in folders
        for path in sorted(folder.glob("chat3_*/**/*.py"))
        if (parts := set(inner_parts(path.read_text())))
    }
    for module, parts in found.items():
        sys.stdout.write(f"{module}: {', '.join(parts)}\n")
    sys.stdout.write(f"{len(found)} modules use inner parts of libraries\n")
    if folders != OURS:
        return 0
    for module in sorted(found.keys() ^ REASONS.keys()):
        problem = "has no reason in" if module in found else "no longer belongs into"
        sys.stderr.write(f"{module} {problem} tools/inner_parts.py\n")
    return int(found.keys() != REASONS.keys())


if __name__ == "__main__":
    sys.exit(main(*(map(Path, sys.argv[1:]) if sys.argv[1:] else OURS)))
