"""Updates that were made up from recorded ones, and how a client reads them."""

import copy
import json
from pathlib import Path
from typing import Any

import betterproto2
import msgspec
from mapping_read_bodies import BODIES, DIALOG

from betterproto2_compiled import decode, encode
from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping.updates import UpdateDecoder

RECORDED = Path(__file__).parents[2] / "contract" / "recorded" / "updates"
UPDATES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text())["body"] for path in sorted(RECORDED.glob("*.json"))
} | BODIES
"""All updates that the platform was recorded to send, and those that were read, by name."""

FULL = UPDATES["dialog__dialog_changed"]["data"]["dialog"]
BARE = {"dialogId": DIALOG, "stats": {"unreadCount": 1}}
OWN = {"userId": "alice", "state": {"unreadCount": 1}}


def read(body: dict[str, Any]) -> pb.Update:
    """Return an update as a client reads it."""
    decoded = UpdateDecoder().decode(msgspec.json.encode(body))
    assert decoded is not None
    update = decode(pb.Update, encode(decoded.update))
    assert update.kind is decoded.kind
    return update


def of_dialog(event: str, context: dict[str, Any] | None = None, **sections: Any) -> dict[str, Any]:
    body = copy.deepcopy(UPDATES["dialog__dialog_changed"])
    data = {"dialog": FULL, **sections, "context": {"dialogId": DIALOG, **(context or {})}}
    return body | {"sourceEventType": event, "userId": "alice", "data": data}


def of_user(event: str, fields: list[str], **more: Any) -> dict[str, Any]:
    body = copy.deepcopy(UPDATES["user__user_changed"])
    user = {"userId": "alice", "type": "user", **more}
    return body | {
        "sourceEventType": event,
        "data": {"user": user, "context": {"updatedFields": fields}},
    }


def carried(body: dict[str, Any]) -> Any:
    _, payload = betterproto2.which_one_of(read(body), "payload")
    assert payload is not None
    return payload
