"""Notes what the streams of one user hand to the application, over all of the user's clients."""

from collections.abc import Mapping
from typing import Any

from scenario.shown import DialogId, MessageId

Json = Mapping[str, Any]


class StreamRecord:
    """What becomes a `model.Stream`."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._starts: list[str] = []
        self._updates: list[tuple[str, str, str]] = []
        self._ids: set[str] = set()
        self._duplicates = 0
        self._gaps: list[str] = []
        self._reconnects = 0
        self._fresh = False

    def starts(self) -> None:
        """Note that a client starts: the next connection is its first."""
        self._fresh = True

    def take(self, response: Json) -> None:
        """Note a `SubscribeUpdatesResponse` in proto3 JSON."""
        if "connectionEstablished" in response:
            if self._fresh:
                outcome = response["connectionEstablished"]["resumeOutcome"]
                self._starts.append(outcome.removeprefix("RESUME_OUTCOME_"))
            else:
                self._reconnects += 1
            self._fresh = False
        elif "gap" in response:
            self._gaps.append(response["gap"]["reason"].removeprefix("GAP_REASON_"))
            self._updates.append(("GAP", "", ""))
        elif "update" in response:
            self._take_update(response["update"])

    def _take_update(self, update: Json) -> None:
        kind = update.get("kind", "UPDATE_KIND_UNSPECIFIED").removeprefix("UPDATE_KIND_")
        if kind == "TYPING":
            return
        self._duplicates += update["updateId"] in self._ids
        self._ids.add(update["updateId"])
        about = MessageId(update.get("messageId", ""))
        if kind.startswith("MEMBER_"):
            payload = update["member" + kind.removeprefix("MEMBER_").capitalize()]
            about = payload["member"]["userId"]
        dialog = update.get("dialogId", "")
        self._updates.append((kind, DialogId(dialog) if dialog else "", about or ""))

    def shown(self) -> dict[str, Any]:
        """Return the record as data; ids in it are still ids."""
        return {
            "starts": self._starts,
            "updates": [list(update) for update in self._updates],
            "duplicates": self._duplicates,
            "gaps": self._gaps,
            "reconnects": self._reconnects,
        }
