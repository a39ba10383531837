"""`make breaking` refuses what breaks callers, and names it."""

from collections.abc import Callable

import pytest
from contract_guard_project import Project

V1 = "api/chat3/user/v1"
TENANT_V1 = "api/chat3/tenant/v1"


def remove_a_field(project: Project) -> None:
    project.cut(f"{V1}/pack.proto", r"^  int32 dialog_count = 1;\n")


def renumber_a_field(project: Project) -> None:
    project.replace(f"{V1}/pack.proto", "  int32 dialog_count = 1;", "  int32 dialog_count = 33;")


def change_a_type(project: Project) -> None:
    project.replace(f"{V1}/pack.proto", "  int32 dialog_count", "  string dialog_count")


def rename_a_field(project: Project) -> None:
    project.replace(f"{V1}/pack.proto", "  int32 dialog_count", "  int32 item_count")


def lose_presence(project: Project) -> None:
    project.replace(f"{V1}/user.proto", "optional int64 stats_version", "int64 stats_version")


def move_a_message(project: Project) -> None:
    message = project.cut(f"{V1}/dialog.proto", r"^// DialogStats .*?^}\n")
    moved = project.path(f"{V1}/user.proto")
    moved.write_text(f"{moved.read_text('utf-8')}\n{message}", "utf-8")


def remove_an_enum_value(project: Project) -> None:
    project.cut(f"{V1}/update_stream.proto", r"^  RELOAD_TARGET_MESSAGES = 2;\n")


def remove_a_field_of_the_back_ends(project: Project) -> None:
    project.cut(f"{TENANT_V1}/user.proto", r"^  string type = 2;\n")


def remove_a_method(project: Project) -> None:
    project.cut(f"{V1}/user_service.proto", r"^  rpc SendMessage\([^;]*;\n")


def stop_streaming(project: Project) -> None:
    project.replace(
        f"{V1}/user_service.proto",
        "returns (stream SubscribeUpdatesResponse)",
        "returns (SubscribeUpdatesResponse)",
    )


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (remove_a_field, 'field "1" with name "dialog_count" on message "PackStats" was deleted'),
        (renumber_a_field, 'field "1" with name "dialog_count" on message "PackStats" was deleted'),
        (change_a_type, 'on message "PackStats" changed type from "int32" to "string"'),
        (rename_a_field, 'on message "PackStats" changed name from "dialog_count" to "item_count"'),
        (lose_presence, 'on message "UserStats" changed cardinality'),
        (move_a_message, 'message "DialogStats" was deleted from file'),
        (remove_an_enum_value, 'enum value "2" on enum "ReloadTarget" was deleted'),
        (remove_a_method, 'RPC "SendMessage" on service "UserService" was deleted'),
        (stop_streaming, '"SubscribeUpdates" on service "UserService" changed from server stream'),
    ],
)
def test_a_breaking_change_is_refused_and_named(
    project: Project, fault: Callable[[Project], None], complaint: str
) -> None:
    fault(project)

    outcome = project.make("breaking")

    assert not outcome.passed
    assert complaint in outcome.output


def test_an_untouched_contract_passes(project: Project) -> None:
    assert project.make("breaking").passed


def test_an_addition_passes(project: Project) -> None:
    add_a_field(project)

    assert project.make("lint-proto", "breaking").passed


def test_another_contract_can_be_compared_with(project: Project) -> None:
    other = project.path("other")
    project.path("api").rename(other)
    project.path("api").mkdir()
    (other / "chat3").rename(project.path("api/chat3"))
    assert project.make("guard-contract", "CONTRACT_IMAGE=other/present.binpb").passed
    remove_a_field(project)

    outcome = project.make("breaking", "BREAKING_AGAINST=other/present.binpb")

    assert not outcome.passed
    assert "dialog_count" in outcome.output


def test_the_guard_does_not_give_way_to_a_breaking_change(project: Project) -> None:
    guarded = project.path("api/guarded.binpb").read_bytes()
    remove_a_field(project)

    outcome = project.make("guard-contract")

    assert not outcome.passed
    assert "dialog_count" in outcome.output
    assert project.path("api/guarded.binpb").read_bytes() == guarded


def test_the_guard_gives_way_when_it_is_forced(project: Project) -> None:
    remove_a_field(project)

    assert project.make("guard-contract", "FORCE=1").passed
    assert project.make("breaking", "check-guard").passed


def test_both_packages_are_guarded(project: Project) -> None:
    assert project.make("guard-contract", "FORCE=1").passed
    remove_a_field_of_the_back_ends(project)

    outcome = project.make("breaking")

    assert not outcome.passed
    assert 'name "type" on message "User" was deleted' in outcome.output


def test_a_release_needs_the_guard_to_be_raised(project: Project) -> None:
    assert project.make("guard-contract", "FORCE=1").passed
    add_a_field(project)

    outcome = project.make("check-guard")

    assert not outcome.passed
    assert "make guard-contract" in outcome.output
    assert project.make("guard-contract").passed
    assert project.make("check-guard").passed


def add_a_field(project: Project) -> None:
    project.replace(
        f"{V1}/pack.proto",
        "  int32 dialog_count = 1;\n",
        "  int32 dialog_count = 1;\n\n  // Something new.\n  string novelty = 99;\n",
    )
