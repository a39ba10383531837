"""What a known direct dialog still needs before it is the answer."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.direct_dialogs import DirectDialog
from chat3_user.idempotency import Standing
from chat3_user.methods.user.get_or_create_direct_dialog import METHOD
from chat3_user.tenant_api.models import UserDialog
from chat3_user.validation import Identity

DIALOG = "dlg_aaaaaaaaaaaaaaaaaaaa"


@pytest.mark.parametrize(
    ("standing", "done"),
    [
        (Standing.CLEAR, []),
        # Who works on it may die before the two are told.
        (Standing.OPEN, ["announced"]),
        (Standing.IN_DOUBT, ["alone"]),
    ],
)
async def test_what_is_known_is_announced_or_looked_into_where_others_may_not_have(
    standing: Standing, done: list[str]
) -> None:
    row = msgspec.convert({"dialogId": DIALOG, "context": {"userId": "alice"}}, UserDialog)
    known = DirectDialog(row, created=False)
    seen: list[str] = []

    async def alone(*_: object) -> pb.GetOrCreateDirectDialogResponse:
        seen.append("alone")
        return pb.GetOrCreateDirectDialogResponse(dialog=pb.Dialog(dialog_id=DIALOG))

    async def told(*_: object) -> None:
        seen.append("announced")

    dependencies: Any = SimpleNamespace(
        direct_dialogs=SimpleNamespace(
            known=lambda _: _given(known), announce=told, search=lambda _: _SEARCH
        ),
        once=SimpleNamespace(standing=lambda *_: _given(standing), alone=alone),
    )
    call = Call("GetOrCreateDirectDialog", "request", Identity("key", "tnt_one", "alice"))
    request = pb.GetOrCreateDirectDialogRequest(user_id="bob")
    response = await METHOD.run(dependencies, call, request)
    assert not response.created
    assert seen == done


_SEARCH = SimpleNamespace(write=None, find=None, ready=None)


async def _given(value: Any) -> Any:
    return value
