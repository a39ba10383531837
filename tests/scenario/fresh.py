"""Reads from the service what each user's picture must be."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from scenario import model
from scenario.reference_client import Account, ReferenceClient
from scenario.shown import DialogId, Names, dialog_shown
from scenario.stream_record import StreamRecord


async def pictures(
    scenario: model.Scenario, outcome: model.Outcome, address: str, tenant: str, api_key: str
) -> model.Outcome:
    """Return the outcome with the pictures that the service gives now."""
    names = Names()
    bound = (name for step in scenario.steps for name in _bound(step))
    for name in bound:
        if name in outcome.names:
            names.bind(name, outcome.names[name])
    read = {
        user: await _read(Account(address, tenant, api_key, user), names)
        for user in outcome.pictures
    }
    found = msgspec.convert(names.named(read), Mapping[str, Mapping[str, model.DialogShown]])
    return msgspec.structs.replace(outcome, pictures=found)


def _bound(step: model.AnyStep) -> list[str]:
    """Return the names that a step binds, in their order."""
    if isinstance(step, model.Burst):
        return [f"{step.bind}-{number}" for number in range(1, len(step.texts) + 1)]
    name = getattr(step, "bind", msgspec.UNSET)
    return [] if name is msgspec.UNSET else [name]


async def _read(account: Account, names: Names) -> dict[DialogId, object]:
    client = ReferenceClient(account, StreamRecord(), Path())
    try:
        request = {"pageSize": 100, "includeLastMessage": True}
        found: dict[DialogId, object] = {}
        for page in await client.pages("GetUserDialogs", request):
            for dialog in page.get("dialogs", ()):
                request = {"dialogId": dialog["dialogId"], "pageSize": 100}
                messages = [
                    message
                    for each in await client.pages("GetDialogMessages", request)
                    for message in each.get("messages", ())
                ]
                found[DialogId(dialog["dialogId"])] = dialog_shown(dialog, messages, names)
        return found
    finally:
        await client.stop()
