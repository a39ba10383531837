"""The HTML reference as a set of pages: their anchors, links, text, and how long they are."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from protoc_gen_chat3_docs.__main__ import answer

# On a phone 390 px wide, in px: as measured in Chromium, somewhat more than less.
_CHARACTERS_A_LINE, _LINE, _CODE_LINE = 34, 26, 21
_BLOCKS = {"li": 36, "p": 12, "h1": 40, "h2": 50, "section": 36, "figure": 74, "tr": 40}
_FRAME = 420


@dataclass
class Page(HTMLParser):
    """What one page has, and the estimated height of what it shows on a phone."""

    html: str
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    text: str = ""
    height: float = _FRAME

    def __post_init__(self) -> None:
        super().__init__()
        self._inside: list[str] = []
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.assets += [given["src"]] if "src" in given else []
        self.assets += [given["href"]] if tag == "link" else []
        if tag in {"main", "nav", "pre"}:
            self._inside.append(tag)
        if self._inside[:1] == ["main"] and "nav" not in self._inside:
            self.height += _BLOCKS.get(tag, 0)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"main", "nav", "pre"}:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside[:1] != ["main"] or "nav" in self._inside:
            return
        self.text += data
        if "pre" in self._inside:
            self.height += data.count("\n") * _CODE_LINE
        else:
            self.height += len(data.strip()) / _CHARACTERS_A_LINE * _LINE


@dataclass(frozen=True)
class Site:
    """All files of the reference by their paths."""

    files: Mapping[str, str]
    pages: Mapping[str, Page]

    def broken_links(self) -> Iterator[str]:
        for path, page in self.pages.items():
            for link in (*page.links, *page.assets):
                target, _, anchor = link.partition("#")
                goal = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
                goal = goal if target else path
                if goal not in self.files or (anchor and anchor not in self.pages[goal].ids):
                    yield f"{path}: {link}"

    def home(self, anchor: str) -> str:
        """Give the path of the only page that has the anchor."""
        (path,) = (path for path, page in self.pages.items() if anchor in page.ids)
        return path


def site_of(files: Mapping[str, str]) -> Site:
    pages = {path: Page(text) for path, text in files.items() if path.endswith(".html")}
    return Site(files, pages)


def stored_site(folder: Path) -> Site:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return site_of({str(path.relative_to(folder)): path.read_text("utf-8") for path in paths})


def generated_site(request: CodeGeneratorRequest) -> Site:
    response = answer(request)
    assert not response.error
    return site_of({file.name: file.content for file in response.file})


def symbols(descriptors: FileDescriptorSet) -> Iterator[str]:
    """Give the full name of everything that the contract defines."""
    for file in descriptors.file:
        if file.package.startswith("chat3."):
            yield from _file_symbols(file)


def _file_symbols(file: FileDescriptorProto) -> Iterator[str]:
    for service in file.service:
        yield f"{file.package}.{service.name}"
        yield from (f"{file.package}.{service.name}.{each.name}" for each in service.method)
    for message in file.message_type:
        yield from _message_symbols(message, file.package)
    for enum in file.enum_type:
        yield from _enum_symbols(enum, file.package)


def _message_symbols(message: DescriptorProto, scope: str) -> Iterator[str]:
    name = f"{scope}.{message.name}"
    yield name
    yield from (f"{name}.{each.name}" for each in message.field)
    synthetic = {each.oneof_index for each in message.field if each.proto3_optional}
    oneofs = (oneof for index, oneof in enumerate(message.oneof_decl) if index not in synthetic)
    yield from (f"{name}.{oneof.name}" for oneof in oneofs)
    for nested in message.nested_type:
        yield from _message_symbols(nested, name)
    for enum in message.enum_type:
        yield from _enum_symbols(enum, name)


def _enum_symbols(enum: EnumDescriptorProto, scope: str) -> Iterator[str]:
    yield f"{scope}.{enum.name}"
    yield from (f"{scope}.{enum.name}.{value.name}" for value in enum.value)


def comments(descriptors: FileDescriptorSet) -> Iterator[str]:
    """Give every comment of the contract."""
    for file in descriptors.file:
        if file.package.startswith("chat3."):
            locations = (each.leading_comments for each in file.source_code_info.location)
            yield from (re.sub(r"^ ", "", each, flags=re.MULTILINE) for each in locations if each)
