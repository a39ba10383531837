"""The error catalogue has every reason, as Markdown and as pages."""

import json
import re

from contract_guard_project import ROOT
from documentation_site import generated_site, stored_site
from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from protoc_gen_chat3_docs.__main__ import answer


def reasons(descriptors: FileDescriptorSet) -> list[str]:
    enums = (enum for file in descriptors.file for enum in file.enum_type)
    values = next(enum.value for enum in enums if enum.name == "ErrorReason")
    return [value.name for value in values if value.number]


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


def test_the_index_and_the_pages_of_statuses_have_every_reason(
    descriptors: FileDescriptorSet,
) -> None:
    site = stored_site(ROOT / "docs/generated")
    index = site.pages["chat3.user.v1/errors/index.html"]
    statuses = {path: page for path, page in site.pages.items() if "/errors/" in path}

    for name in reasons(descriptors):
        anchor = f"chat3.user.v1.ErrorReason.{name}"
        home = site.home(anchor)
        section = site.pages[home].html.partition(f'id="{anchor}"')[2].partition("</section>")[0]
        assert home in statuses
        assert f"{home.rpartition('/')[2]}#{anchor}" in index.links
        assert "What to do" in section
        assert "&quot;" not in section
        assert name in section.partition("<figure")[2]


def test_a_reason_without_advice_is_refused(request_for_docs: CodeGeneratorRequest) -> None:
    file = next(f for f in request_for_docs.proto_file if f.name.endswith("error_reason.proto"))
    for location in file.source_code_info.location:
        if list(location.path) == [5, 0, 2, 1]:
            location.leading_comments = " Something is wrong.\n"

    error = answer(request_for_docs).error

    assert f"{file.enum_type[0].value[1].name} needs Status:" in error


def test_a_status_with_many_reasons_gets_a_page_for_each(
    request_for_docs: CodeGeneratorRequest,
) -> None:
    file = next(f for f in request_for_docs.proto_file if f.name.endswith("error_reason.proto"))
    comment = next(
        location.leading_comments
        for location in file.source_code_info.location
        if list(location.path) == [5, 0, 2, 1]
    )
    for number in range(1000, 1040):
        path = [5, 0, 2, len(file.enum_type[0].value)]
        file.enum_type[0].value.add(name=f"ERROR_REASON_MORE_{number}", number=number)
        file.source_code_info.location.add(path=path, leading_comments=comment)

    site = generated_site(request_for_docs)

    assert list(site.broken_links()) == []
    status = "chat3.user.v1/errors/invalid_argument"
    assert f"{status}/ERROR_REASON_MORE_1007.html" in site.pages
    assert "invalid_argument/ERROR_REASON_MORE_1007.html" in "".join(
        site.pages[f"{status}.html"].links
    )
