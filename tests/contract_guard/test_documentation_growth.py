"""The HTML reference follows the contract: other packages, more types, other comments."""

import re

import pytest
from documentation_site import Site, generated_site
from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodOptions,
)

from protoc_gen_chat3_docs import example_values
from protoc_gen_chat3_docs.__main__ import answer
from protoc_gen_chat3_docs.examples import Examples
from protoc_gen_chat3_docs.reader import read_contract

PACKAGE = "chat3.user.v1"
COMMENTED = " Says something.\n"


def file_of(request: CodeGeneratorRequest, name: str) -> FileDescriptorProto:
    return next(file for file in request.proto_file if file.name.endswith(f"/{name}.proto"))


def tenant_package(request: CodeGeneratorRequest) -> None:
    """Add a second package, which uses a type and the catalogue of the first."""
    file = request.proto_file.add(
        name="chat3/tenant/v1/tenant_service.proto", package="chat3.tenant.v1", syntax="proto3"
    )
    file.message_type.add(name="DropUserRequest")
    answer_type = file.message_type.add(name="DropUserResponse")
    answer_type.field.add(
        name="user",
        number=1,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=f".{PACKAGE}.UserInfo",
    )
    file.message_type.add(name="TenantInfo")
    service = file.service.add(name="TenantService")
    service.method.add(
        name="DropUser",
        input_type=".chat3.tenant.v1.DropUserRequest",
        output_type=".chat3.tenant.v1.DropUserResponse",
    )
    for path in ([6, 0], [6, 0, 2, 0], [4, 0], [4, 1], [4, 1, 2, 0], [4, 2]):
        comment = " Needs the `read` permission.\n" if path == [6, 0, 2, 0] else COMMENTED
        file.source_code_info.location.add(path=path, leading_comments=comment)
    request.file_to_generate.append(file.name)


@pytest.fixture
def two_packages(request_for_docs: CodeGeneratorRequest) -> Site:
    tenant_package(request_for_docs)
    return generated_site(request_for_docs)


def test_a_second_package_has_pages_of_its_own(two_packages: Site) -> None:
    page = two_packages.pages["chat3.tenant.v1/TenantService/DropUser.html"]

    assert list(two_packages.broken_links()) == []
    assert f"../../{PACKAGE}/types/user.html#{PACKAGE}.UserInfo" in page.links
    assert "chat3.tenant.v1/types/tenant_service.html" in two_packages.pages


def test_a_package_without_reasons_uses_those_of_the_other(two_packages: Site) -> None:
    method = two_packages.pages["chat3.tenant.v1/TenantService/DropUser.html"]
    errors = [path for path in two_packages.pages if path.startswith("chat3.tenant.v1/errors")]
    reason = f"{PACKAGE}.ErrorReason.ERROR_REASON_PERMISSION_MISSING"

    assert errors == ["chat3.tenant.v1/errors/retries.html"]
    assert f"../../{PACKAGE}/errors/permission_denied.html#{reason}" in method.links
    assert (
        f"../../{PACKAGE}/errors/index.html#{PACKAGE}.ErrorReason"
        in two_packages.pages[errors[0]].links
    )


def test_the_landing_page_leads_to_both_packages(two_packages: Site) -> None:
    links = two_packages.pages["index.html"].links

    assert "chat3.tenant.v1/TenantService/index.html" in {each.partition("#")[0] for each in links}
    assert f"{PACKAGE}/UserService/index.html" in {each.partition("#")[0] for each in links}


def test_a_sidebar_has_the_methods_of_its_own_package(two_packages: Site) -> None:
    def sidebar(path: str) -> str:
        html = two_packages.pages[path].html
        return html[html.index('<nav id="sidebar"') : html.index("<main")]

    assert "DropUser" in sidebar("chat3.tenant.v1/TenantService/DropUser.html")
    assert "SendTypingIndicator" not in sidebar("chat3.tenant.v1/TenantService/DropUser.html")
    assert "DropUser" not in sidebar(f"{PACKAGE}/UserService/SendTypingIndicator.html")
    assert "Chat3 Tenant API" in sidebar("index.html")
    assert "Chat3 User API" in sidebar("index.html")


def test_a_file_with_many_types_gets_a_page_for_each(
    request_for_docs: CodeGeneratorRequest,
) -> None:
    file = file_of(request_for_docs, "user")
    assert f"{PACKAGE}/types/user.html" in generated_site(request_for_docs).pages
    for number in range(40):
        path = [4, len(file.message_type)]
        message = file.message_type.add(name=f"More{number}")
        file.source_code_info.location.add(path=path, leading_comments=" Is more. " * 40)
        message.field.add(name="text", number=1, type=FieldDescriptorProto.TYPE_STRING)

    site = generated_site(request_for_docs)

    assert list(site.broken_links()) == []
    assert site.home(f"{PACKAGE}.UserInfo") == f"{PACKAGE}/types/user/UserInfo.html"
    assert (
        f"user/UserInfo.html#{PACKAGE}.UserInfo" in site.pages[f"{PACKAGE}/types/user.html"].links
    )
    assert max(page.height for page in site.pages.values()) < 12_000


def test_the_same_contract_gives_the_same_bytes(request_for_docs: CodeGeneratorRequest) -> None:
    first = answer(request_for_docs)
    files = list(reversed(request_for_docs.proto_file))
    del request_for_docs.proto_file[:]
    request_for_docs.proto_file.extend(files)

    second = answer(request_for_docs)

    assert first.SerializeToString(deterministic=True) == second.SerializeToString(
        deterministic=True
    )


@pytest.mark.parametrize(
    ("label", "shown"),
    [("To merge:", "Leave"), ("To merge, by `Some.Name`:", "By <code>Some.Name</code>: leave")],
)
def test_a_field_can_say_how_to_merge_what_it_carries(
    request_for_docs: CodeGeneratorRequest, label: str, shown: str
) -> None:
    file = file_of(request_for_docs, "update")
    at = next(n for n, message in enumerate(file.message_type) if message.name == "Update")
    field = next(n for n, each in enumerate(file.message_type[at].field) if each.name == "unknown")
    for location in file.source_code_info.location:
        if list(location.path) == [4, at, 2, field]:
            location.leading_comments = f" What is new.\n\n {label} leave it.\n"

    page = generated_site(request_for_docs).pages[f"{PACKAGE}/kinds/Update.html"]
    row = page.html.partition('<tr id="kind.unknown"')[2].partition("</tr>")[0]

    assert f"<p>{shown} it.</p>" in row
    assert "eave" not in row.partition('data-label="To merge"')[0]


def test_nested_types_and_maps_have_anchors(request_for_docs: CodeGeneratorRequest) -> None:
    outer = file_of(request_for_docs, "topic").message_type.add(name="Outer")
    outer.nested_type.add(name="Inner")
    outer.enum_type.add(name="Mood").value.add(name="MOOD_UNSPECIFIED", number=0)
    add_map(outer)

    site = generated_site(request_for_docs)
    html = site.pages[f"{PACKAGE}/types/topic.html"].html

    for name in ("Outer.Inner", "Outer.Mood.MOOD_UNSPECIFIED", "Outer.labels"):
        assert f'id="{PACKAGE}.{name}"' in html
    assert "map&lt;string, Inner&gt;" in html
    assert "LabelsEntry" not in html


def add_map(outer: DescriptorProto) -> None:
    entry = outer.nested_type.add(name="LabelsEntry")
    entry.options.map_entry = True
    inner = f".{PACKAGE}.Outer.Inner"
    entry.field.add(name="key", number=1, type=FieldDescriptorProto.TYPE_STRING)
    entry.field.add(name="value", number=2, type=FieldDescriptorProto.TYPE_MESSAGE, type_name=inner)
    outer.field.add(
        name="labels",
        number=1,
        label=FieldDescriptorProto.LABEL_REPEATED,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=f".{PACKAGE}.Outer.LabelsEntry",
    )


def test_markup_in_a_comment_is_text(request_for_docs: CodeGeneratorRequest) -> None:
    for location in file_of(request_for_docs, "topic").source_code_info.location:
        if list(location.path) == [4, 0]:
            location.leading_comments = " <script>alert(1)</script> [x](javascript:alert(1))\n"

    site = generated_site(request_for_docs)

    assert "alert(1)" in site.pages[f"{PACKAGE}/types/topic.html"].text
    for path, text in site.files.items():
        assert "<script>alert" not in text or path.endswith(".js")
        assert 'href="javascript:' not in text


def test_values_are_linked_by_their_short_names_but_reasons_are_not(
    request_for_docs: CodeGeneratorRequest,
) -> None:
    for location in file_of(request_for_docs, "topic").source_code_info.location:
        if list(location.path) == [4, 0]:
            location.leading_comments = " `LOG_REPLACED`, `DEADLINE_EXCEEDED`, `LIVE`.\n"

    html = generated_site(request_for_docs).pages[f"{PACKAGE}/types/topic.html"].html

    assert re.search(r'GAP_REASON_LOG_REPLACED"><code>LOG_REPLACED</code></a>', html)
    assert "<code>DEADLINE_EXCEEDED</code>, <code>LIVE</code>" in html


@pytest.mark.parametrize("parameter", ["", "format=pdf", "html"])
def test_an_unknown_option_is_refused(
    request_for_docs: CodeGeneratorRequest, parameter: str
) -> None:
    request_for_docs.parameter = parameter

    assert "give format= one of errors_md, html" in answer(request_for_docs).error


def test_a_deprecated_method_and_a_level_are_marked(
    request_for_docs: CodeGeneratorRequest,
) -> None:
    method = file_of(request_for_docs, "user_service").service[0].method[0]
    method.options.deprecated = True
    method.options.idempotency_level = MethodOptions.IDEMPOTENCY_UNKNOWN

    page = generated_site(request_for_docs).pages[f"{PACKAGE}/UserService/{method.name}.html"]

    assert ">deprecated<" in page.html
    assert ">IDEMPOTENCY_UNKNOWN<" in page.html


def test_examples_are_valid_messages(request_for_docs: CodeGeneratorRequest) -> None:
    add_fields_of_every_type(request_for_docs)
    pool = descriptor_pool.DescriptorPool()
    for file in request_for_docs.proto_file:
        pool.Add(file)
    contract = read_contract(request_for_docs)
    examples = Examples(contract)

    for rpc in (rpc for package in contract.packages for rpc in package.rpcs):
        for name, texts in (
            (rpc.request, [examples.request(rpc)]),
            (rpc.response, examples.responses(rpc)),
        ):
            message_class = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
            for text in texts:
                json_format.Parse(text, message_class())


def add_fields_of_every_type(request: CodeGeneratorRequest) -> None:
    topic = file_of(request, "topic").message_type[0]
    kinds = FieldDescriptorProto.Type
    for name, number in kinds.items():
        if number not in {kinds.TYPE_MESSAGE, kinds.TYPE_GROUP, kinds.TYPE_ENUM}:
            topic.field.add(
                name=f"x{number}",
                json_name=f"x{number}",
                number=100 + number,
                label=FieldDescriptorProto.LABEL_OPTIONAL,
                type=name,
            )


def test_every_chosen_value_of_an_example_belongs_to_a_field(
    request_for_docs: CodeGeneratorRequest,
) -> None:
    contract = read_contract(request_for_docs)
    names: set[str] = set()
    for package in contract.packages:
        for field in (field for message in package.messages for field in message.fields):
            names |= {field.name, ".".join(field.full_name.split(".")[-2:])}
    methods = {rpc.name for package in contract.packages for rpc in package.rpcs}
    tables = (
        example_values.COMMON,
        example_values.IN_REQUESTS,
        *example_values.IN_ANSWERS.values(),
    )
    chosen = {key for table in tables for key in table}

    assert (chosen | example_values.SHOWN_IN_REQUESTS | example_values.RARE) - names == set()
    assert example_values.IN_ANSWERS.keys() - methods == set()
