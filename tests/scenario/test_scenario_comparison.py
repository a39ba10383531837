"""The comparison finds what a library can do wrong: players that do it are told from the others."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
import pytest_asyncio

from chat3_api.chat3.user import v1 as pb
from scenario import model
from scenario.comparing import Comparison
from scenario.playing import CallFailedError
from scenario.reference_client import ReferenceClient
from scenario.scenario_in_memory import Service, scenario_of, service

SCENARIO = scenario_of(
    ["alice", "bob", "carol"],
    [
        model.CreateDialog(by="alice", members=["bob"], meta={"title": "T"}, bind="d"),
        model.Send(by="alice", dialog="$d", text="one", meta={"a": {"b": 1}}, bind="m1"),
        model.Send(by="bob", dialog="$d", text="two", quote="$m1", bind="m2"),
        model.Send(by="bob", dialog="$d", text="key", key="k", bind="m3"),
        model.Send(by="bob", dialog="$d", text="key", key="k", bind="m3-again"),
        model.Edit(by="alice", dialog="$d", message="$m1", text="one, edited"),
        model.React(by="bob", dialog="$d", message="$m1", reaction="👍"),
        model.SetStatus(by="bob", dialog="$d", message="$m1", status="read"),
        model.Send(
            by="carol", dialog="$d", text="no", fails="ERROR_REASON_NOT_A_MEMBER", bind="no"
        ),
        model.Send(by="bob", dialog="nowhere", text="no", fails="ERROR_REASON_INVALID_FIELD"),
        model.Settle(by="alice", dialog="$d", text="before", users=["bob"], bind="before"),
        model.Stop(by="bob"),
        model.Send(by="alice", dialog="$d", text="while bob was away", bind="m4"),
        model.Delete(by="alice", dialog="$d", message="$m4"),
        model.Start(by="bob"),
        model.Burst(by="alice", dialog="$d", texts=["b1", "b2", "b3"], bind="b"),
        model.SetMeta(by="alice", dialog="$d", meta={"title": "U"}),
        model.AddMembers(by="alice", dialog="$d", users=["carol"]),
        model.RemoveMember(by="alice", dialog="$d", user="carol"),
        model.History(by="bob", dialog="$d", page_size=2),
        model.ListDialogs(by="alice", page_size=10),
        model.Members(by="bob", dialog="$d"),
        model.Settle(by="alice", dialog="$d", text="end", users=["alice", "bob"], bind="end"),
    ],
)
COMPARISON = Comparison(SCENARIO)


class DropsAnUpdate(ReferenceClient):
    async def _handle(self, response: pb.SubscribeUpdatesResponse) -> None:
        update = response.update
        if update is None or update.kind is not pb.UpdateKind.MESSAGE_REACTION_GIVEN:
            await super()._handle(response)


class MergesButHidesAnUpdate(ReferenceClient):
    async def _handle(self, response: pb.SubscribeUpdatesResponse) -> None:
        if response.update is not None and response.update.kind is pb.UpdateKind.DIALOG_CHANGED:
            await self._apply(response.update)
        else:
            await super()._handle(response)


class HandsUpdatesTwice(ReferenceClient):
    async def _handle(self, response: pb.SubscribeUpdatesResponse) -> None:
        await super()._handle(response)
        if response.update is not None and response.update.message_edited is not None:
            await super()._handle(response)


class SwapsTwoUpdates(ReferenceClient):
    held: pb.SubscribeUpdatesResponse | None = None

    async def _handle(self, response: pb.SubscribeUpdatesResponse) -> None:
        if response.update is not None and response.update.message_edited is not None:
            self.held = response
            return
        await super()._handle(response)
        held, self.held = self.held, None
        if held is not None:
            await super()._handle(held)


class DoublesASend(ReferenceClient):
    async def call(self, method: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        if request.get("content") == "two":
            await super().call(method, request)
        return await super().call(method, request)


class IgnoresTheKey(ReferenceClient):
    async def call(self, method: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return await super().call(
            method, {key: value for key, value in request.items() if key != "idempotencyKey"}
        )


class LosesAnEdit(ReferenceClient):
    async def call(self, method: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return {} if method == "EditMessage" else await super().call(method, request)


class NeverMergesAnEdit(ReferenceClient):
    async def _apply(self, update: pb.Update) -> None:
        if update.message_edited is None:
            await super()._apply(update)


class LosesADeletion(ReferenceClient):
    async def _apply(self, update: pb.Update) -> None:
        await super()._apply(update)
        for message in self._picture.messages.values():
            if message.deleted:
                message.deleted, message.content = False, "while bob was away"


class SkipsARestart(ReferenceClient):
    """Only looks as if it stopped: its stream stays, and what is started again is the same."""

    running: ClassVar[dict[str, "SkipsARestart"]] = {}

    async def start(self) -> None:
        if self._user not in self.running:
            self.running[self._user] = self
            await super().start()

    async def stop(self) -> None:
        """Stay."""

    def __getattribute__(self, name: str) -> Any:
        mine = object.__getattribute__(self, "__dict__")
        other = SkipsARestart.running.get(mine.get("_user", ""))
        return object.__getattribute__(other or self, name)


class ForgetsItsToken(ReferenceClient):
    async def start(self) -> None:
        self._token_file.unlink(missing_ok=True)
        await super().start()


class TakesFailuresForSuccess(ReferenceClient):
    async def call(self, method: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return await super().call(method, request)
        except CallFailedError:
            return {"message": {"messageId": "msg_00000000000000000000"}}


class ForgetsReasons(ReferenceClient):
    async def call(self, method: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return await super().call(method, request)
        except CallFailedError as error:
            raise CallFailedError("INVALID_ARGUMENT", error.fields) from error


class ForgetsFields(ReferenceClient):
    async def call(self, method: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return await super().call(method, request)
        except CallFailedError as error:
            raise CallFailedError(error.reason) from error


class ReadsOnePage(ReferenceClient):
    async def pages(self, method: str, request: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return (await super().pages(method, request))[:1]


class LosesMeta(ReferenceClient):
    async def call(self, method: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return await super().call(method, {**request, "meta": {}} if "meta" in request else request)


class LosesQuotes(ReferenceClient):
    async def call(self, method: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return await super().call(
            method, {key: value for key, value in request.items() if key != "quotedMessageId"}
        )


class KeepsADialogItLeft(ReferenceClient):
    async def store(self) -> Mapping[str, tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]:
        left: dict[str, Any] = {"dialogId": "dlg_00000000000000000000"}
        gone: dict[str, Any] = {left["dialogId"]: (left, [])}
        return {**await super().store(), **(gone if self._user == "carol" else {})}


class CountsReactionsForItself(ReferenceClient):
    async def _apply(self, update: pb.Update) -> None:
        await super()._apply(update)
        for message in self._picture.messages.values():
            for row in message.reactions:
                row.mine = True


SABOTEURS: Mapping[type[ReferenceClient], str] = {
    DropsAnUpdate: r"alice lacks 1 updates: .*MESSAGE_REACTION_GIVEN",
    MergesButHidesAnUpdate: r"bob lacks 1 updates: .*DIALOG_CHANGED",
    HandsUpdatesTwice: "duplicates of bob: 1 instead of 0",
    SwapsTwoUpdates: "bob got updates in another order",
    DoublesASend: r"messages in bob's picture of d: .*\?two",
    IgnoresTheKey: "send, message: 'm3-again' instead of 'm3'",
    LosesAnEdit: "history, messages, m1, text: 'one' instead of 'one, edited'",
    NeverMergesAnEdit: "m1 in alice's picture of d, text: 'one' instead of 'one, edited'",
    LosesADeletion: "m4 in bob's picture of d, deleted: False instead of True",
    SkipsARestart: r"starts of bob: \['FRESH'\]",
    ForgetsItsToken: "bob lacks 2 updates",
    TakesFailuresForSuccess: "send, failed: 'nothing' instead of 'ERROR_REASON_NOT_A_MEMBER'",
    ForgetsReasons: "send, failed: 'INVALID_ARGUMENT' instead of 'ERROR_REASON_INVALID_FIELD'",
    ForgetsFields: r"send, fields: 'nothing' instead of \['dialog_id'\]",
    ReadsOnePage: "history, messages, m1: 'nothing'",
    LosesMeta: "send, shown, meta, a: 'nothing' instead of",
    LosesQuotes: "send, shown, quotes: None instead of 'm1'",
    KeepsADialogItLeft: r"dialogs of carol: \['\?'\] instead of \[\]",
    CountsReactionsForItself: "m1 in alice's picture of d, reactions, 👍, mine: True instead of",
}
"""Players that do something wrong, and what has to be found of it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Service]:
    async with service() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def honest(running: Service, tmp_path_factory: pytest.TempPathFactory) -> model.Outcome:
    return await running.play(SCENARIO, tmp_path_factory.mktemp("honest"))


@pytest.mark.asyncio(loop_scope="module")
async def test_an_honest_player_differs_in_nothing(
    running: Service, honest: model.Outcome, tmp_path: Path
) -> None:
    again = await running.play(SCENARIO, tmp_path)
    assert COMPARISON.compare(honest, again, faults=False).differences == []
    failed = [result.get("failed") for result in again.results]
    assert [each for each in failed if each] == [
        step.fails for step in SCENARIO.steps if step.fails is not msgspec.UNSET
    ]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("saboteur", SABOTEURS, ids=lambda saboteur: saboteur.__name__)
async def test_a_player_that_does_it_wrong_differs(
    running: Service, honest: model.Outcome, tmp_path: Path, saboteur: type[ReferenceClient]
) -> None:
    outcome = await running.play(SCENARIO, tmp_path, saboteur)
    found = COMPARISON.compare(honest, outcome, faults=True).differences
    assert any(re.search(SABOTEURS[saboteur], each) for each in found), found
