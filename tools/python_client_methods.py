"""Writes the methods of `chat3_client` from the generated stubs, so that it has every call.

python tools/python_client_methods.py write     bring clients/python/chat3_client/methods up to date
python tools/python_client_methods.py check     fail when it is not

Each unary call becomes a coroutine with the fields of its request as parameters, each list that
has pages an iterator over all of them as well, and each of both a method without asyncio.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
TARGET: Final = ROOT / "clients/python/chat3_client/methods"

PAGED: Final = {
    "get_user_dialogs": "dialogs",
    "get_dialog_messages": "history",
    "list_messages": "history",
    "search_messages": "found_messages",
}
"""Iterators that are not called as their list is without `list_`."""

PLAIN: Final = frozenset(("content", "sender_id"))
"""Fields that are given by position although the contract requires them of some requests only."""

PAGE_FIELDS: Final = frozenset(("page", "page_token", "page_size", "include_total_size"))


@dataclass(frozen=True)
class Field:
    """A field of a request."""

    name: str
    kind: str
    required: bool


@dataclass(frozen=True)
class Method:
    """A unary method of a service."""

    name: str
    route: str
    request: str
    response: str
    text: str
    fields: tuple[Field, ...]
    items: tuple[str, str] | None
    """Of a list with pages, the field of the response that has the items, and their type."""


@dataclass(frozen=True)
class Service:
    """A service of the contract and what of it is written."""

    package: str
    stub: str
    name: str


SERVICES: Final = (
    Service("user", "UserServiceStub", "User"),
    Service("tenant", "TenantServiceStub", "Tenant"),
)


def main(arguments: Sequence[str]) -> int:
    """Write the modules, or compare them; return 1 when they differ, 2 for a wrong command."""
    if arguments not in (["write"], ["check"]):
        print(__doc__, file=sys.stderr)
        return 2
    stale = [path for path, text in _modules() if not _same(path, text)]
    if arguments == ["check"]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not current; run 'make generate'", file=sys.stderr)
        return 1 if stale else 0
    for path, text in _modules():
        path.write_text(text)
    return 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def _modules() -> Iterator[tuple[Path, str]]:
    for service in SERVICES:
        methods = list(_methods(service))
        for prefix, written in (("", _asynchronous), ("sync_", _synchronous)):
            text = written(service, methods)
            yield TARGET / f"{prefix}{service.package}.py", _formatted(text)


def _formatted(text: str) -> str:
    command = ["ruff", "format", "--line-length=100", "--isolated", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _methods(service: Service) -> Iterator[Method]:
    """Read the unary methods of a service from its generated module."""
    module = ast.parse(
        (ROOT / f"gen/python/chat3_api/chat3/{service.package}/v1/__init__.py").read_text()
    )
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    for node in classes[service.stub].body:
        if not isinstance(node, ast.AsyncFunctionDef):
            continue
        response = _text(node.returns)
        if response.startswith("AsyncIterator"):
            continue
        request = _text(node.args.args[1].annotation).removesuffix(" | None")
        fields = tuple(_fields(classes[request]))
        yield Method(
            node.name,
            _route(node),
            request,
            response,
            ast.get_docstring(node) or "",
            fields,
            _items(fields, list(_fields(classes[response]))),
        )


def _text(annotation: ast.expr | None) -> str:
    """Return an annotation, which is written as a text."""
    if not isinstance(annotation, ast.Constant) or not isinstance(annotation.value, str):
        raise TypeError(
            f"not the annotation of a stub: {ast.dump(annotation) if annotation else ''}"
        )
    return annotation.value


def _route(node: ast.AsyncFunctionDef) -> str:
    """Return the path that a stub's method calls, without its first slash."""
    paths = (each.value for each in ast.walk(node) if isinstance(each, ast.Constant))
    return next(path[1:] for path in paths if isinstance(path, str) and path.startswith("/chat3."))


def _fields(message: ast.ClassDef) -> Iterator[Field]:
    """Read the fields of a message, each with the docstring behind it."""
    for node, after in zip(message.body, [*message.body[1:], None], strict=True):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        text = (
            after.value.value
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            else ""
        )
        yield Field(node.target.id, _text(node.annotation), "Rules: required" in str(text))


def _items(request: Sequence[Field], response: Sequence[Field]) -> tuple[str, str] | None:
    if "page_token" not in {field.name for field in request}:
        return None
    lists = [field for field in response if field.kind.startswith("list[")]
    return lists[0].name, lists[0].kind[5:-1]


_IMPORTED: Final = (("___google__protobuf__.Struct | None", "Mapping[str, Any] | None"),)


def _parameter_type(kind: str, package: str) -> str:
    for generated, plain in _IMPORTED:
        if kind == generated:
            return plain
    if kind == "list[str]":
        return "Iterable[str]"
    if kind.startswith("list["):
        return f"Iterable[{_type(kind[5:-1], package)}]"
    return _type(kind, package)


def _type(kind: str, package: str) -> str:
    """Name a type of the contract as the written modules import it."""
    kind = kind.replace("__user__v1__.", "user.")
    if kind.split(" ")[0] in {"str", "int", "bool", "float"} or "." in kind:
        return kind
    return f"{package}.{kind}"


def _default(field: Field, package: str) -> str:
    kind = field.kind
    if field.name == "idempotency_key" or kind.endswith("| None"):
        return "None"
    if kind.startswith("list["):
        return "()"
    plain = {"str": '""', "int": "0", "bool": "False"}
    return plain.get(kind) or f"{_type(kind, package)}(0)"


def _argument(field: Field) -> str:
    """Return how a parameter becomes a field."""
    if "Struct" in field.kind and "list" not in field.kind:
        return f"struct({field.name})"
    if field.name == "idempotency_key":
        return f"fresh_key({field.name})"
    if field.kind == "list[str]":
        return f"texts({field.name})"
    return f"list({field.name})" if field.kind.startswith("list[") else field.name


def _signature(fields: Sequence[Field], package: str) -> str:
    """Return the parameters: what is required by position, all else by name."""
    first = [field for field in fields if field.required or field.name in PLAIN]
    others = [field for field in fields if field not in first]
    parts = ["self"]
    parts += [f"{field.name}: {_parameter_type(field.kind, package)}" for field in first]
    parts.append("*")
    for field in others:
        kind = (
            "str | None"
            if field.name == "idempotency_key"
            else _parameter_type(field.kind, package)
        )
        parts.append(f"{field.name}: {kind} = {_default(field, package)}")
    parts.append("timeout: float | None = None")
    return ", ".join(parts)


def _docstring(text: str, more: str = "") -> str:
    """Return the contract's text as a docstring whose first line is one sentence of its own."""
    escaped = text.replace("\\", "\\\\")
    return f'"""{escaped}{more}\n"""' if "\n" in escaped or more else f'"""{escaped}"""'


def _indented(text: str, by: int) -> str:
    return "\n".join(f"{' ' * by}{line}" if line else "" for line in text.split("\n"))


def _paged_name(method: Method) -> str:
    return PAGED.get(method.name, method.name.removeprefix("list_"))


def _paged_fields(method: Method) -> list[Field]:
    return [field for field in method.fields if field.name not in PAGE_FIELDS]


def _called(fields: Sequence[Field]) -> str:
    """Return the arguments that hand the parameters on."""
    given = [*(field.name for field in fields), "timeout"]
    return ", ".join(f"{name}={name}" for name in given)


_PAGES: Final = "\n\nGoes through all pages, ``page_size`` items each, as they are needed."


def _asynchronous(service: Service, methods: Sequence[Method]) -> str:
    package = service.package
    lines = [_head(service, methods, f"The calls of `{service.name}Service`, as coroutines.")]
    lines += [
        f"_{method.name.upper()}: Final = Procedure("
        f'"{method.route}", {package}.{service.stub}, {package}.{service.stub}.{method.name})'
        for method in methods
    ]
    lines.append(f'\n\nclass {service.name}Methods:\n    """Every unary call."""\n')
    lines.append("    _calls: Calls\n")
    for method in methods:
        request = ", ".join(f"{field.name}={_argument(field)}" for field in method.fields)
        lines.append(
            f"    async def {method.name}({_signature(method.fields, package)})"
            f" -> {package}.{method.response}:\n"
            f"{_indented(_docstring(method.text), 8)}\n"
            f"        request = {package}.{method.request}({request})\n"
            f"        return await self._calls.unary(_{method.name.upper()}, request, timeout)\n"
        )
        if method.items is None:
            continue
        name, item = method.items
        fields = _paged_fields(method)
        request = ", ".join(f"{field.name}={_argument(field)}" for field in fields)
        pages = f"Pages[{_type(item, package)}, {package}.{method.response}]"
        lines.append(
            f"    def {_paged_name(method)}({_with_page_size(fields, package)}) -> {pages}:\n"
            f"{_indented(_docstring(method.text, _PAGES), 8)}\n"
            f"        request = {package}.{method.request}({request}, page_size=page_size)\n"
            f"        return Pages(self._calls, _{method.name.upper()}, request,"
            f" lambda page: page.{name}, timeout)\n"
        )
    return "\n".join(lines)


def _with_page_size(fields: Sequence[Field], package: str) -> str:
    signature = _signature(fields, package)
    return signature.replace("timeout: float", "page_size: int = PAGE_SIZE, timeout: float")


def _synchronous(service: Service, methods: Sequence[Method]) -> str:
    package = service.package
    text = f"The calls of `{service.name}Service`, for code without asyncio."
    lines = [_head(service, methods, text, synchronous=True)]
    lines.append(f'\n\nclass Sync{service.name}Methods:\n    """Every unary call."""\n')
    lines.append(f"    _asynchronous: {service.name}Methods\n    _loop: LoopThread\n")
    for method in methods:
        lines.append(
            f"    def {method.name}({_signature(method.fields, package)})"
            f" -> {package}.{method.response}:\n"
            f"{_indented(_docstring(method.text), 8)}\n"
            f"        return self._loop.run("
            f"self._asynchronous.{method.name}({_called(method.fields)}))\n"
        )
        if method.items is None:
            continue
        fields = _paged_fields(method)
        item = _type(method.items[1], package)
        arguments = f"{_called(fields)}, page_size=page_size"
        lines.append(
            f"    def {_paged_name(method)}({_with_page_size(fields, package)})"
            f" -> SyncPages[{item}, {package}.{method.response}]:\n"
            f"{_indented(_docstring(method.text, _PAGES), 8)}\n"
            f"        return SyncPages(self._loop, "
            f"self._asynchronous.{_paged_name(method)}({arguments}))\n"
        )
    return "\n".join(lines)


def _head(
    service: Service, methods: Sequence[Method], text: str, *, synchronous: bool = False
) -> str:
    package = service.package
    body = " ".join(_signature(each.fields, package) for each in methods)
    lines = [
        f'"""{text}\n\nGenerated from the contract by `make generate`: not to be edited.\n"""',
        "",
    ]
    if "datetime." in body:
        lines.append("import datetime")
    lines.append("from collections.abc import Iterable, Mapping")
    lines.append("from typing import Any" + ("" if synchronous else ", Final"))
    lines.append("")
    if package == "tenant":
        lines.append("from chat3_api.chat3.tenant import v1 as tenant")
    lines.append("from chat3_api.chat3.user import v1 as user")
    if synchronous:
        lines.append("from chat3_client.loop_thread import LoopThread")
        lines.append(f"from chat3_client.methods.{package} import {service.name}Methods")
        lines.append("from chat3_client.pages import PAGE_SIZE")
        lines.append("from chat3_client.sync_pages import SyncPages")
    else:
        lines.append("from chat3_client.calls import Calls, Procedure, fresh_key")
        lines.append("from chat3_client.pages import PAGE_SIZE, Pages")
        lines.append("from chat3_client.values import struct, texts")
    return "\n".join([*lines, "\n"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
