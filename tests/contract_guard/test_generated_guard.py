"""`make check-generated` refuses generated files that are not what the contract gives."""

import shutil
from collections.abc import Callable

import pytest
from contract_guard_project import Project

MESSAGES = "gen/python/chat3_api/chat3/user/v1/__init__.py"
DESCRIPTORS = "gen/python/chat3_api/descriptor.binpb"
PAGE = "docs/generated/chat3.user.v1/UserService/SendMessage.html"
INDEX = "docs/generated/assets/search-index.js"
ERRORS = "docs/errors.md"


def edit_code(project: Project) -> None:
    with project.path(MESSAGES).open("a", encoding="utf-8") as file:
        file.write("\nEDITED_BY_HAND = True\n")


def edit_docs(project: Project) -> None:
    text = project.path(PAGE).read_text("utf-8")
    project.path(PAGE).write_text(text.replace("SendMessage", "SendMassage"), "utf-8")


def damage_descriptors(project: Project) -> None:
    data = project.path(DESCRIPTORS).read_bytes()
    project.path(DESCRIPTORS).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def leave_a_stale_module(project: Project) -> None:
    stale = project.path("gen/python/chat3_api/chat3/user/v0/__init__.py")
    stale.parent.mkdir()
    stale.write_text("", "utf-8")


def leave_a_stale_page(project: Project) -> None:
    stale = project.path("docs/generated/chat3.user.v0/UserService/Old.html")
    stale.parent.mkdir(parents=True)
    stale.write_text("", "utf-8")


def lose_a_file(project: Project) -> None:
    project.path(ERRORS).unlink()


def lose_everything(project: Project) -> None:
    shutil.rmtree(project.path("docs/generated"))


def change_a_comment(project: Project) -> None:
    project.replace(
        "api/chat3/user/v1/error_reason.proto",
        "// The call has neither an `x-api-key` nor, if it calls `UserService`, a bearer token.",
        "// There is no key.",
    )


FAULTS = [
    (edit_code, f"changed  {MESSAGES}", "EDITED_BY_HAND"),
    (edit_docs, f"changed  {PAGE}", "SendMassage"),
    (damage_descriptors, f"changed  {DESCRIPTORS}", "binary"),
    (leave_a_stale_module, "stale    gen/python/chat3_api/chat3/user/v0/__init__.py", ""),
    (leave_a_stale_page, "stale    docs/generated/chat3.user.v0/UserService/Old.html", ""),
    (lose_a_file, f"missing  {ERRORS}", ""),
    (lose_everything, f"missing  {PAGE}", ""),
    (change_a_comment, f"changed  {ERRORS}", "There is no key."),
]


@pytest.mark.parametrize(("fault", "complaint", "evidence"), FAULTS)
def test_a_difference_is_refused_and_named(
    project: Project, fault: Callable[[Project], None], complaint: str, evidence: str
) -> None:
    fault(project)

    outcome = project.make("check-generated")

    assert not outcome.passed
    assert complaint in outcome.output
    assert evidence in outcome.output


@pytest.mark.parametrize("fault", [fault for fault, _, _ in FAULTS])
def test_generating_mends_it(project: Project, fault: Callable[[Project], None]) -> None:
    fault(project)

    assert project.make("generate").passed
    assert project.make("check-generated").passed


def test_a_folder_of_stale_pages_goes_with_them(project: Project) -> None:
    leave_a_stale_page(project)

    assert project.make("generate").passed
    assert not project.path("docs/generated/chat3.user.v0").exists()


def test_an_untouched_copy_passes(project: Project) -> None:
    outcome = project.make("check-generated")

    assert outcome.passed, outcome.output


def test_a_changed_comment_reaches_every_generated_form(project: Project) -> None:
    change_a_comment(project)

    output = project.make("check-generated").output

    page = "docs/generated/chat3.user.v1/errors/unauthenticated.html"
    for path in (MESSAGES, DESCRIPTORS, page, ERRORS, INDEX):
        assert f"changed  {path}" in output


def test_checking_changes_nothing(project: Project) -> None:
    edit_code(project)
    before = project.path(MESSAGES).read_bytes()

    project.make("check-generated")

    assert project.path(MESSAGES).read_bytes() == before


def test_what_is_written_by_hand_in_the_package_survives(project: Project) -> None:
    face = project.path("gen/python/chat3_api/__init__.py")
    face.write_text('"""The contract."""\n', "utf-8")

    assert project.make("generate").passed
    assert project.make("check-generated").passed
    assert face.read_text("utf-8") == '"""The contract."""\n'
    assert project.path("gen/python/chat3_api/py.typed").exists()


def test_a_contract_that_does_not_compile_changes_no_file(project: Project) -> None:
    before = project.path(PAGE).read_bytes()
    project.replace("api/chat3/user/v1/topic.proto", "string topic_id = 1;", "strung topic_id = 1;")

    outcome = project.make("generate")

    assert not outcome.passed
    assert "strung" in outcome.output
    assert project.path(PAGE).read_bytes() == before


def test_an_element_without_a_comment_is_refused(project: Project) -> None:
    project.cut("api/chat3/user/v1/topic.proto", r"^  // The topic's id[^\n]*\n")

    outcome = project.make("lint-proto")

    assert not outcome.passed
    assert '"topic_id" should have a non-empty comment' in outcome.output
