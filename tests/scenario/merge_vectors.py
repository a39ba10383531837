"""Writes `merge_vectors.json`: for each case of the merge rules, what is known after the updates.

PYTHONPATH=tests python -m scenario.merge_vectors
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from chat3_api.chat3.user import v1 as pb
from scenario.merge_cases import cases
from scenario.merge_parts import Case
from support.merging import Picture, Read, ReadDialog, merge, put_dialog, put_messages

VECTORS: Final = Path(__file__).resolve().parent / "merge_vectors.json"
_EXACT: Final = 2.0**53
"""From here on a double no longer holds every integer."""

Json = Mapping[str, Any]


def vector(case: Case) -> dict[str, Any]:
    """Return a case with what is known after it, and what each update asks to be read again."""
    picture = _picture(case.known)
    updates = [pb.Update.from_dict(dict(update)) for update in case.updates]
    reads = [[_read(what) for what in merge(picture, update)] for update in updates]
    return {
        "name": case.name,
        "rule": case.rule,
        "about": case.about,
        "known": case.known,
        "updates": list(case.updates),
        "after": _known(picture),
        "untold": {name: sorted(map(_camel, said)) for name, said in picture.untold.items()},
        "readAgain": reads,
    }


def document() -> str:
    """Return the vectors as the file has them."""
    return (
        json.dumps([_plain(vector(case)) for case in cases()], indent=1, ensure_ascii=False) + "\n"
    )


def _picture(known: Json) -> Picture:
    picture = Picture(known["userId"])
    for dialog in known["dialogs"]:
        put_dialog(picture, dialog["dialogId"], pb.Dialog.from_dict(dict(dialog)))
    put_messages(picture, [pb.Message.from_dict(dict(message)) for message in known["messages"]])
    picture.packs = {
        pack["packId"]: pb.PartialPack.from_dict(dict(pack)) for pack in known.get("packs", ())
    }
    if "profile" in known:
        picture.profile = pb.PartialUser.from_dict(dict(known["profile"]))
    if "stats" in known:
        picture.stats = pb.UserStats.from_dict(dict(known["stats"]))
    return picture


def _known(picture: Picture) -> dict[str, Any]:
    known: dict[str, Any] = {
        "userId": picture.user_id,
        "dialogs": [dialog.to_dict() for dialog in picture.dialogs.values()],
        "messages": [message.to_dict() for message in picture.messages.values()],
    }
    if picture.packs:
        known["packs"] = [pack.to_dict() for pack in picture.packs.values()]
    if picture.profile is not None:
        known["profile"] = picture.profile.to_dict()
    if picture.stats is not None:
        known["stats"] = picture.stats.to_dict()
    return known


def _read(what: Read) -> dict[str, str]:
    if isinstance(what, ReadDialog):
        return {"read": "dialog", "dialogId": what.dialog_id}
    if what.message_id:
        return {"read": "message", "dialogId": what.dialog_id, "messageId": what.message_id}
    return {"read": "messages", "dialogId": what.dialog_id}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _plain(value: Any) -> Any:
    """Write the integers of custom data, which knows doubles only, as integers."""
    match value:
        case float() if value.is_integer() and abs(value) < _EXACT:
            return int(value)
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return value


if __name__ == "__main__":
    VECTORS.write_text(document())
