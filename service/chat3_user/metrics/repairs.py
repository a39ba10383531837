"""Metrics of what the platform left half done, and what became of it."""

from typing import Final

from chat3_user.metrics.instruments import Instruments

_CHANGES: Final = (
    "deletion", "edit", "members", "move", "pack", "reaction", "reading", "restoration", "status",
)  # fmt: skip


class RepairMetrics:
    """Counts repairs; see `docs/guarantees.md`."""

    def __init__(self, instruments: Instruments) -> None:
        instruments.about("Repairs")
        self._messages = instruments.counter(
            "chat3_message_repairs_total",
            "Messages that tenant-api had written only in part: replaced by complete"
            " ones, or incomplete, with their missing parts reported to their senders.",
            "outcome",
            source="sending",
            at_zero=[("replaced",), ("incomplete",)],
        )
        self._creations = instruments.counter(
            "chat3_creations_finished_total",
            "Dialogs, topics and packs of creations with an unknown outcome that were"
            " completed, announced again, and reported to their creators as possibly"
            " unannounced.",
            "kind",
            source="creating",
            at_zero=[("dialog",), ("topic",), ("pack",)],
        )
        self._unshown = instruments.counter(
            "chat3_changes_unshown_total",
            "Changes of attempts with an unknown outcome that were found, and reported to"
            " their callers as possibly unannounced.",
            "kind",
            source="changing",
            at_zero=[(kind,) for kind in _CHANGES],
        )

    def repaired(self, outcome: str) -> None:
        """Count a message that tenant-api had written in part, by what was done about it."""
        self._messages.labels(outcome).inc()

    def finished(self, kind: str) -> None:
        """Count a dialog or topic of an interrupted creation that was found and completed."""
        self._creations.labels(kind).inc()

    def unshown(self, kind: str) -> None:
        """Count a change that was found after an interruption, and whose update may be missing."""
        self._unshown.labels(kind).inc()
