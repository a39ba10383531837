"""Tasks of the dialog-read-worker: whose statuses in which dialog are to be set to `read`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded.store.records import ReadTask

if TYPE_CHECKING:
    from chat3_embedded.store.database import Database


class ReadTaskTable:
    """At most one task a member; they survive a restart."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, task: ReadTask) -> None:
        """Add a task; with one that is there already it becomes one, up to the later time."""
        self._db.run(
            "INSERT INTO read_tasks VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " read_until = max(read_until, excluded.read_until)",
            task.tenant_id,
            task.dialog_id,
            task.user_id,
            task.read_until,
        )

    def first(self) -> ReadTask | None:
        """Return the task with the earliest time."""
        row = self._db.row("SELECT * FROM read_tasks ORDER BY read_until LIMIT 1")
        return ReadTask(*row) if row else None

    def done(self, task: ReadTask) -> bool:
        """Remove a task; False when its time was raised meanwhile, so that it is not done."""
        sql = (
            "DELETE FROM read_tasks WHERE tenant_id = ? AND dialog_id = ? AND user_id = ?"
            " AND read_until = ?"
        )
        values = (task.tenant_id, task.dialog_id, task.user_id, task.read_until)
        return self._db.run(sql, *values) == 1
