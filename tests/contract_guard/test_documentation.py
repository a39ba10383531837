"""The HTML reference shows the whole contract on short pages, and every link leads on."""

import posixpath
import re
from collections import Counter

import pytest
from contract_guard_project import ROOT
from documentation_site import Page, Site, comments, stored_site, symbols
from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodDescriptorProto

LONGEST = 12_000
"""What a reader scrolls on a phone, in px."""


@pytest.fixture(scope="module")
def site() -> Site:
    return stored_site(ROOT / "docs/generated")


def methods(descriptors: FileDescriptorSet) -> dict[str, MethodDescriptorProto]:
    return {
        f"{file.package}.{service.name}.{method.name}": method
        for file in descriptors.file
        if file.package.startswith("chat3.")
        for service in file.service
        for method in service.method
    }


def method_page(site: Site, name: str) -> Page:
    package, service, method = name.rsplit(".", 2)
    return site.pages[f"{package}/{service}/{method}.html"]


def test_every_symbol_is_described_on_one_page(site: Site, descriptors: FileDescriptorSet) -> None:
    everything = list(symbols(descriptors))
    homes = Counter(anchor for page in site.pages.values() for anchor in page.ids)

    assert len(everything) > 500
    assert [name for name in everything if homes[name] != 1] == []


def test_anchors_are_unique_on_their_page(site: Site) -> None:
    counts = {path: Counter(page.ids) for path, page in site.pages.items()}

    assert [(path, name) for path in counts for name, n in counts[path].items() if n > 1] == []


def test_every_link_leads_to_something_that_is_there(site: Site) -> None:
    assert sum(len(page.links) for page in site.pages.values()) > 5_000
    assert list(site.broken_links()) == []


def test_nothing_comes_from_outside(site: Site) -> None:
    for path, page in site.pages.items():
        assert not re.search(r"<style|style=|<script(?! src=)|\son\w+=", page.html), path
        addresses = [*page.links, *page.assets]
        assert [each for each in addresses if ":" in each or each.startswith("/")] == [], path
    scripts = [path for path in site.files if path.endswith((".css", ".js"))]
    assert len(scripts) >= 5
    for path in scripts:
        text = site.files[path]
        outside = r"@import|url\(|fetch\(|XMLHttpRequest|importScripts"
        if not path.endswith("search-index.js"):  # words of the contract
            outside += r"|https?://"
        assert not re.search(outside, text), path


def test_paths_differ_also_where_letter_case_does_not_count(site: Site) -> None:
    lowered = Counter(part.lower() for path in site.files for part in [path])

    assert [path for path, count in lowered.items() if count > 1] == []


def test_next_leads_through_all_pages_and_previous_back(site: Site) -> None:
    def follow(start: str, relation: str) -> list[str]:
        seen = [start]
        while found := re.search(rf'rel="{relation}" href="([^"]+)"', site.pages[seen[-1]].html):
            seen.append(posixpath.normpath(posixpath.join(posixpath.dirname(seen[-1]), found[1])))
        return seen

    forth = follow("index.html", "next")

    assert sorted(forth) == sorted(site.pages)
    assert follow(forth[-1], "prev") == forth[::-1]


def test_every_page_but_the_first_says_where_it_is(site: Site) -> None:
    for path, page in site.pages.items():
        crumbs = page.html.count('aria-label="Breadcrumbs"')
        assert crumbs == (path != "index.html"), path
        sidebar = page.html[page.html.index('<nav id="sidebar"') : page.html.index("<main")]
        assert sidebar.count('aria-current="page"') == 1, path
        assert page.html.count("<h1>") == 1, path


def test_no_page_is_longer_than_one_scrolls(site: Site) -> None:
    heights = {path: round(page.height) for path, page in site.pages.items()}

    assert {path: height for path, height in heights.items() if height > LONGEST} == {}


def test_every_method_has_a_page_with_what_it_takes_gives_and_breaks(
    site: Site, descriptors: FileDescriptorSet
) -> None:
    found = methods(descriptors)

    assert len(found) > 30
    for name, method in found.items():
        page = method_page(site, name)
        head = page.html[page.html.index("<main") : page.html.index('<div class="method">')]
        level = method.options.IdempotencyLevel.Name(method.options.idempotency_level)
        assert f'id="{name}"' in head
        server_only = method.server_streaming and not method.client_streaming
        assert (">server streaming<" in head) is server_only
        assert (">bidirectional streaming<" in head) is method.client_streaming
        assert (">unary<" in head) is not method.server_streaming
        assert f">{level}<" in head
        assert {method.input_type.lstrip("."), method.output_type.lstrip(".")} <= set(page.ids)
        assert {"errors", "example"} <= set(page.ids)


def test_every_method_is_listed_by_its_service_and_under_when_to_retry(
    site: Site, descriptors: FileDescriptorSet
) -> None:
    for name in methods(descriptors):
        package, service, method = name.rsplit(".", 2)
        overview = site.pages[f"{package}/{service}/index.html"]
        retries = site.pages[f"{package}/errors/retries.html"]
        assert f"{method}.html#{name}" in overview.links
        assert f"../{service}/{method}.html#{name}" in retries.links


def test_methods_name_the_reasons_that_comments_name(site: Site) -> None:
    def reasons(method: str) -> set[str]:
        page = method_page(site, f"chat3.user.v1.UserService.{method}")
        errors = page.html[page.html.index('<ul class="reason-rows"') :]
        return set(re.findall(r"#chat3\.user\.v1\.ErrorReason\.ERROR_REASON_(\w+)", errors))

    assert {"NOT_THE_SENDER", "PERMISSION_MISSING", "NOT_A_MEMBER"} <= reasons("EditMessage")
    assert {"SLOW_CONSUMER", "RESUME_TOKEN_FOREIGN", "USER_NOT_FOUND"} <= reasons(
        "SubscribeUpdates"
    )
    assert "SLOW_CONSUMER" not in reasons("EditMessage")
    assert "NOT_A_MEMBER" not in reasons("GetMyself")


def test_every_rule_of_a_field_is_shown(site: Site, descriptors: FileDescriptorSet) -> None:
    ruled = sum("\nRules:" in comment for comment in comments(descriptors))

    shown = sum(page.html.count('<div class="rules">') for page in site.pages.values())
    assert shown == ruled > 60


def test_every_kind_of_update_says_how_to_merge_it(
    site: Site, descriptors: FileDescriptorSet
) -> None:
    page = site.pages["chat3.user.v1/kinds/Update.html"]
    update = next(m for f in descriptors.file for m in f.message_type if m.name == "Update")
    in_oneof = [f for f in update.field if f.HasField("oneof_index") and not f.proto3_optional]
    merging = sum(
        comment.startswith("To merge") or "\nTo merge" in comment
        for comment in comments(descriptors)
    )

    assert len(in_oneof) > 8
    for kind in in_oneof:
        row = page.html[page.html.index(f'<tr id="kind.{kind.name}"') :].partition("</tr>")[0]
        assert f"#chat3.user.v1.Update.{kind.name}" in row
        if kind.type_name.startswith(".chat3."):
            assert f"#{kind.type_name[1:]}" in row
    assert page.html.count('data-label="To merge"><div') == merging


def test_identity_is_on_a_page_of_its_own(site: Site) -> None:
    page = site.pages["chat3.user.v1/UserService/identity.html"]

    for key in ("x-api-key", "x-tenant-id", "x-user-id", "x-request-id"):
        assert f"<td><code>{key}</code></td>" in page.html


def test_the_landing_page_leads_everywhere(site: Site) -> None:
    links = {link.partition("#")[0] for link in site.pages["index.html"].links}
    package = "chat3.user.v1"

    assert {
        f"{package}/UserService/quick-start.html",
        f"{package}/UserService/identity.html",
        f"{package}/UserService/index.html",
        f"{package}/UserService/SubscribeUpdates.html",
        f"{package}/kinds/Update.html",
        f"{package}/errors/index.html",
        f"{package}/errors/retries.html",
        f"{package}/types/index.html",
        "google-types.html",
    } <= links
