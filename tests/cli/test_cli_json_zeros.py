"""`--json` leaves out only what is absent: zeros, empty texts and empty lists are printed."""

import json
from typing import Any

import betterproto2
import pytest
from cli_filled_messages import filled_message
from cli_scripted_service import METHODS, ScriptedService
from cli_vocabulary import Run
from google.protobuf import json_format

from chat3_api.chat3.user.v1 import (
    Dialog,
    DialogMembership,
    GetUserDialogsRequest,
    GetUserDialogsResponse,
)
from chat3_api.google.protobuf import Value
from chat3_cli import json_output
from support.faults.wire import message_class

REPLIES = {handler.reply_type for handler in METHODS.values()}


def with_empty_parts(kind: Any, depth: int = 3) -> Any:
    """A message whose parts are there and say nothing; of a oneof, its last member."""
    message = kind()
    for name, field in kind._betterproto.meta_by_field_name.items():
        of = kind._betterproto.cls_by_field[name]
        # A value of custom data that says nothing is no JSON.
        if depth and issubclass(of, betterproto2.Message) and of is not Value:
            ours = of.__module__ == kind.__module__
            part = with_empty_parts(of, depth - 1) if ours else of()
            for other, meta in kind._betterproto.meta_by_field_name.items():
                if field.group and meta.group == field.group:
                    setattr(message, other, None)
            setattr(message, name, [part] if field.repeated else part)
    return message


@pytest.mark.parametrize("kind", REPLIES, ids=lambda each: each.__qualname__)
@pytest.mark.parametrize("how", ["empty", "with empty parts", "filled"])
def test_json_is_what_google_prints_with_fields_that_cannot_be_absent(kind: Any, how: str) -> None:
    made = {"empty": kind, "with empty parts": lambda: with_empty_parts(kind)}
    message = made[how]() if how in made else filled_message(kind, "text")
    google = message_class(kind.__name__, kind.__module__.removeprefix("chat3_api."))
    expected = json_format.MessageToDict(
        google.FromString(bytes(message)), always_print_fields_with_no_presence=True
    )
    assert json.loads(json_output.line(message)) == expected


async def test_an_unread_count_of_zero_is_printed(service: ScriptedService, run: Run) -> None:
    dialog = Dialog(dialog_id="dlg_1", membership=DialogMembership(user_id="alice"))
    service.answers[GetUserDialogsRequest] = [GetUserDialogsResponse(dialogs=[dialog])]
    (shown,) = json.loads((await run("dialogs", "--json")).out)["dialogs"]
    assert shown["membership"]["unreadCount"] == 0
    assert "lastMessage" not in shown
