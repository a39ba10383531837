"""What the streams of a user hand over."""

from typing import Any

import betterproto2

from chat3_api.chat3.user.v1 import MemberAdded, MemberChanged, MemberRemoved, Update
from chat3_client import Connected, Gap
from player.names import Id


class Record:
    """What the streams of one user handed over, over all of the user's clients."""

    def __init__(self) -> None:
        self.starts: list[str] = []
        self.updates: list[list[str]] = []
        self.gaps: list[str] = []
        self.duplicates = self.reconnects = 0
        self._seen: set[str] = set()

    def take(self, event: object) -> None:
        """Note an event."""
        match event:
            case Connected(first=True):
                self.starts.append(event.outcome.name or "")
            case Connected():
                self.reconnects += 1
            case Gap():
                self.gaps.append(event.reason.removeprefix("GAP_REASON_"))
                self.updates.append(["GAP", "", ""])
            case Update() if event.typing is None:
                self.duplicates += event.update_id in self._seen
                self._seen.add(event.update_id)
                about = Id(event.message_id) if event.message_id else ""
                _, payload = betterproto2.which_one_of(event, "payload")
                member = getattr(payload, "member", None)
                if isinstance(payload, MemberAdded | MemberRemoved | MemberChanged) and member:
                    about = member.user_id
                dialog = Id(event.dialog_id) if event.dialog_id else ""
                self.updates.append([event.kind.name or "", dialog, about])

    def shown(self) -> dict[str, Any]:
        """Return it as the outcome has it."""
        return {
            "starts": self.starts,
            "updates": self.updates,
            "duplicates": self.duplicates,
            "gaps": self.gaps,
            "reconnects": self.reconnects,
        }
