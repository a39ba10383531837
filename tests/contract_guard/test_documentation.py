"""The HTML reference and the error catalogue show the whole contract, and every link leads on."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from contract_guard_project import ROOT
from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
)

from protoc_gen_chat3_docs.__main__ import answer
from protoc_gen_chat3_docs.examples import Examples
from protoc_gen_chat3_docs.reader import read_api

SITE = ROOT / "docs/generated"
PACKAGE = "chat3.user.v1"


class Page(HTMLParser):
    """Collects the anchors and the links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = (SITE / "index.html").read_text("utf-8")
        self.feed(self.text)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in {"href", "src"}:
                self.links.append(value or "")


@pytest.fixture(scope="module")
def page() -> Page:
    return Page()


def symbols(descriptors: FileDescriptorSet) -> Iterator[str]:
    for file in descriptors.file:
        if file.package != PACKAGE:
            continue
        for service in file.service:
            yield f"{PACKAGE}.{service.name}"
            yield from (f"{PACKAGE}.{service.name}.{method.name}" for method in service.method)
        for message in file.message_type:
            yield from message_symbols(message, PACKAGE)
        for enum in file.enum_type:
            yield from enum_symbols(enum, PACKAGE)


def message_symbols(message: DescriptorProto, scope: str) -> Iterator[str]:
    name = f"{scope}.{message.name}"
    yield name
    yield from (f"{name}.{field.name}" for field in message.field)
    synthetic = {field.oneof_index for field in message.field if field.proto3_optional}
    oneofs = (oneof for index, oneof in enumerate(message.oneof_decl) if index not in synthetic)
    yield from (f"{name}.{oneof.name}" for oneof in oneofs)
    for nested in message.nested_type:
        yield from message_symbols(nested, name)
    for enum in message.enum_type:
        yield from enum_symbols(enum, name)


def enum_symbols(enum: EnumDescriptorProto, scope: str) -> Iterator[str]:
    yield f"{scope}.{enum.name}"
    yield from (f"{scope}.{enum.name}.{value.name}" for value in enum.value)


def reasons(descriptors: FileDescriptorSet) -> list[str]:
    enums = (enum for file in descriptors.file for enum in file.enum_type)
    values = next(enum.value for enum in enums if enum.name == "ErrorReason")
    return [value.name for value in values if value.number]


def test_every_symbol_has_an_anchor(page: Page, descriptors: FileDescriptorSet) -> None:
    everything = set(symbols(descriptors))

    assert len(everything) > 200
    assert everything - set(page.ids) == set()


def test_anchors_are_unique(page: Page) -> None:
    assert [name for name, count in Counter(page.ids).items() if count > 1] == []


def test_every_link_leads_to_something_that_is_there(page: Page) -> None:
    anchors = {f"#{name}" for name in page.ids}
    files = {path.name for path in SITE.iterdir()}

    assert set(page.links) - anchors - files == set()


def test_nothing_comes_from_outside(page: Page) -> None:
    assert not re.search(r"<style|style=|<script(?! src=)|\son\w+=", page.text)
    for asset in ("site.css", "site.js", "theme.js"):
        text = (SITE / asset).read_text("utf-8")
        assert not re.search(r"https?://|@import|url\(|fetch\(|XMLHttpRequest", text)


def test_every_symbol_can_be_searched(descriptors: FileDescriptorSet) -> None:
    text = (SITE / "search-index.js").read_text("utf-8")
    rows = [json.loads(line.rstrip(",")) for line in text.splitlines() if line.startswith("[")]

    assert {f"{PACKAGE}.{path}" for _, _, path, _ in rows} == set(symbols(descriptors))


def test_every_rule_of_a_field_is_shown(page: Page, descriptors: FileDescriptorSet) -> None:
    comments = [
        location.leading_comments
        for file in descriptors.file
        if file.package == PACKAGE
        for location in file.source_code_info.location
    ]
    ruled = sum("\n Rules:" in comment for comment in comments)

    assert page.text.count('<div class="rules">') == ruled > 10


def test_streaming_and_idempotency_are_shown(page: Page, descriptors: FileDescriptorSet) -> None:
    methods = [method for file in descriptors.file for s in file.service for method in s.method]

    for method in methods:
        start = page.text.index(f'<section class="rpc" id="{PACKAGE}.UserService.{method.name}"')
        head = page.text[start : page.text.index("<aside", start)]
        assert (">server streaming<" in head) is method.server_streaming
        assert (">unary<" in head) is not method.server_streaming
        assert f">{method.options.IdempotencyLevel.Name(method.options.idempotency_level)}<" in head


def test_examples_are_valid_messages(request_for_docs: CodeGeneratorRequest) -> None:
    add_fields_of_every_type(request_for_docs)
    pool = descriptor_pool.DescriptorPool()
    for file in request_for_docs.proto_file:
        pool.Add(file)
    api = read_api(request_for_docs)
    examples = Examples(api)

    for rpc in api.rpcs:
        for name, texts in (
            (rpc.request, [examples.request(rpc)]),
            (rpc.response, examples.responses(rpc)),
        ):
            message_class = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
            for text in texts:
                json_format.Parse(text, message_class())


def add_fields_of_every_type(request: CodeGeneratorRequest) -> None:
    file = next(f for f in request.proto_file if f.name.endswith("pagination.proto"))
    kinds = FieldDescriptorProto.Type
    for name, number in kinds.items():
        if number not in {kinds.TYPE_MESSAGE, kinds.TYPE_GROUP, kinds.TYPE_ENUM}:
            file.message_type[0].field.add(
                name=f"x{number}",
                json_name=f"x{number}",
                number=100 + number,
                label=FieldDescriptorProto.LABEL_OPTIONAL,
                type=name,
            )


def test_the_catalogue_lists_every_reason(descriptors: FileDescriptorSet) -> None:
    text = (ROOT / "docs/errors.md").read_text("utf-8")
    sections = re.findall(r"^### `(ERROR_REASON_\w+)`$", text, re.MULTILINE)
    rows = re.findall(r"^\| \[`(ERROR_REASON_\w+)`\]", text, re.MULTILINE)
    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]

    assert sections == rows == reasons(descriptors)
    assert [example["reason"] for example in examples] == sections
    assert {example["domain"] for example in examples} == {"chat3.user"}
    assert text.count("**What to do:**") == text.count("**When:**") == len(sections)


def test_links_within_the_catalogue_resolve() -> None:
    text = (ROOT / "docs/errors.md").read_text("utf-8")
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE
    )
    slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", text)) - slugs == set()


def test_the_same_request_gives_the_same_bytes(request_for_docs: CodeGeneratorRequest) -> None:
    first, second = answer(request_for_docs), answer(request_for_docs)

    assert first.SerializeToString(deterministic=True) == second.SerializeToString(
        deterministic=True
    )


def test_nested_types_and_maps_have_anchors(request_for_docs: CodeGeneratorRequest) -> None:
    file = next(f for f in request_for_docs.proto_file if f.name.endswith("pagination.proto"))
    outer = file.message_type.add(name="Outer")
    outer.nested_type.add(name="Inner")
    outer.enum_type.add(name="Mood").value.add(name="MOOD_UNSPECIFIED", number=0)
    entry = outer.nested_type.add(name="LabelsEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=FieldDescriptorProto.TYPE_STRING)
    entry.field.add(
        name="value",
        number=2,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=f".{PACKAGE}.Outer.Inner",
    )
    outer.field.add(
        name="labels",
        number=1,
        label=FieldDescriptorProto.LABEL_REPEATED,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=f".{PACKAGE}.Outer.LabelsEntry",
    )

    response = answer(request_for_docs)
    html = next(each.content for each in response.file if each.name == "index.html")

    for name in ("Outer.Inner", "Outer.Mood.MOOD_UNSPECIFIED", "Outer.labels"):
        assert f'id="{PACKAGE}.{name}"' in html
    assert "map&lt;string, Inner&gt;" in html
    assert "LabelsEntry" not in html


def test_markup_in_a_comment_is_text(request_for_docs: CodeGeneratorRequest) -> None:
    file = next(f for f in request_for_docs.proto_file if f.name.endswith("pagination.proto"))
    file.source_code_info.location[-1].leading_comments = ""
    for location in file.source_code_info.location:
        if list(location.path) == [4, 0]:
            location.leading_comments = " <script>alert(1)</script> [x](javascript:alert(1))\n"

    html = next(f.content for f in answer(request_for_docs).file if f.name == "index.html")

    assert "<script>alert" not in html
    assert 'href="javascript:' not in html


@pytest.mark.parametrize("parameter", ["", "format=pdf", "html"])
def test_an_unknown_option_is_refused(
    request_for_docs: CodeGeneratorRequest, parameter: str
) -> None:
    request_for_docs.parameter = parameter

    assert "give format= one of errors_md, html" in answer(request_for_docs).error


def test_a_reason_without_advice_is_refused(request_for_docs: CodeGeneratorRequest) -> None:
    file = next(f for f in request_for_docs.proto_file if f.name.endswith("error_reason.proto"))
    for location in file.source_code_info.location:
        if list(location.path) == [5, 0, 2, 1]:
            location.leading_comments = " Something is wrong.\n"

    error = answer(request_for_docs).error

    assert f"{file.enum_type[0].value[1].name} needs Status:" in error
