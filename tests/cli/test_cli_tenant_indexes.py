"""`chat3 tenant meta-indexes`: how the condition of an index is written, and how it is shown."""

import pytest
from cli_scripted_service import ScriptedService
from cli_vocabulary import Run

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.google.protobuf import Value

Op = pb.MetaIndexOperator


def text(value: str) -> Value:
    return Value(string_value=value)


CONDITIONS = {
    "kind": (Op.PRESENT, []),
    "!kind": (Op.MISSING, []),
    "kind=agent": (Op.EQUAL, [text("agent")]),
    'kind="agent"': (Op.EQUAL, [text("agent")]),
    "kind=7": (Op.EQUAL, [Value(number_value=7.0)]),
    "kind!=true": (Op.NOT_EQUAL, [Value(bool_value=True)]),
    'kind=["a",7,false]': (
        Op.IN,
        [text("a"), Value(number_value=7.0), Value(bool_value=False)],
    ),
}


@pytest.mark.parametrize("written", CONDITIONS)
async def test_a_condition_is_sent_as_it_is_written_and_shown_so(
    service: ScriptedService, run: Run, written: str
) -> None:
    operator, values = CONDITIONS[written]
    condition = pb.MetaIndexCondition(key="kind", operator=operator, values=values)
    index = pb.MetaIndex(index_id="i", mode=pb.MetaIndexMode.UNIQUE, keys=["email"])
    index.condition = condition
    service.answers[pb.CreateMetaIndexRequest] = [pb.CreateMetaIndexResponse(index=index)]
    result = await run(
        *("tenant", "meta-indexes", "create", "dialog-member", "unique", "email"),
        *("--when", written, "--dry-run"),
    )
    assert result.code == 0
    (sent,) = service.requests
    assert (sent.kind, sent.mode, sent.keys) == (
        pb.MetaKind.DIALOG_MEMBER,
        pb.MetaIndexMode.UNIQUE,
        ["email"],
    )
    assert (sent.condition, sent.validate_only) == (condition, True)
    shown = written if written != "kind=agent" else 'kind="agent"'
    assert shown.replace(" ", "") in result.out.replace(" ", "").replace("7.0", "7")


async def test_what_an_index_leaves_out_of_our_keys_is_shown(
    service: ScriptedService, run: Run
) -> None:
    index = pb.MetaIndex(index_id="allowed:keys", missing_service_keys=["chat3_key"])
    service.answers[pb.GetMetaIndexRequest] = [pb.GetMetaIndexResponse(index=index)]
    result = await run("tenant", "meta-indexes", "get", "dialog", "allowed:keys")
    assert result.code == 0
    assert "chat3_key" in result.out


@pytest.mark.parametrize("words", [("users",), ("user", "sorted")])
async def test_a_kind_or_mode_that_is_none_is_refused(run: Run, words: tuple[str, ...]) -> None:
    result = await run("tenant", "meta-indexes", "create", *words, "key")
    assert result.code == 2


async def test_a_dialog_that_was_in_the_pack_already_is_no_change(
    service: ScriptedService, run: Run
) -> None:
    place = ("pck_" + "a" * 20, "dlg_" + "a" * 20)
    service.answers[pb.AddPackDialogRequest] = [pb.AddPackDialogResponse()]
    service.answers[pb.RemovePackDialogRequest] = [pb.RemovePackDialogResponse()]
    for command, words in (("add", "is in"), ("remove", "is not in")):
        result = await run("tenant", "packs", command, *place)
        assert (result.code, words in result.out) == (0, True)
