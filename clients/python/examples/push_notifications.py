"""A push-notification back end: follows a tenant, and notifies a phone once of each new message.

Its place on the stream and what it has to send are one SQLite database. A notification is noted
before the place moves behind its update, under a key that the same update always has: a crash at
any moment loses nothing and notifies nobody twice. One thing needs the help of the push service: a
crash between its answer and our note of it. So the key goes along, and the push service drops a key
that it had before.
"""
# ruff: noqa: T201, INP001 - an example prints, and is no package

import json
import os
import sqlite3
import sys
import urllib.error
import urllib.request
from contextlib import closing
from datetime import timedelta

from chat3_api.chat3.user.v1 import Update, UpdateKind
from chat3_client import Chat3Error, Connected, Gap
from chat3_client.sync import TenantClient

_SCHEMA = """
CREATE TABLE IF NOT EXISTS place (only INTEGER PRIMARY KEY CHECK (only = 1), token TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notification (
    key TEXT PRIMARY KEY, user_id TEXT NOT NULL, text TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS waiting ON notification (sent) WHERE sent = 0;
INSERT OR IGNORE INTO place VALUES (1, '');
"""


class Outbox:
    """The place on the stream, and the notifications: those that wait and those that were sent."""

    def __init__(self, path: str) -> None:
        # The client saves the place from its own thread; nobody uses the database meanwhile.
        self.database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.executescript(_SCHEMA)

    async def load(self) -> str:
        """Return where the stream goes on."""
        return str(self.database.execute("SELECT token FROM place").fetchone()[0])

    async def save(self, token: str) -> None:
        """Note that everything before this place was dealt with."""
        self.database.execute("UPDATE place SET token = ?", (token,))

    def note(self, update: Update) -> None:
        """Note what an update asks for. Every member is told of a message, its sender too."""
        created = update.message_created
        if created is None or created.message is None:
            return
        message = created.message
        if message.sender_id != update.user_id:
            key = f"{update.user_id}/{update.update_id}"
            row = (key, update.user_id, f"{message.sender_id}: {message.content}")
            self.database.execute(
                "INSERT OR IGNORE INTO notification (key, user_id, text) VALUES (?, ?, ?)", row
            )

    def send(self, push_url: str) -> None:
        """Send what waits, oldest first; what the push service does not take waits on."""
        for key, user_id, text in self.database.execute(
            "SELECT key, user_id, text FROM notification WHERE sent = 0 ORDER BY rowid"
        ).fetchall():
            if not pushed(push_url, key, {"user_id": user_id, "text": text}):
                return
            self.database.execute("UPDATE notification SET sent = 1 WHERE key = ?", (key,))


def pushed(url: str, key: str, notification: dict[str, str]) -> bool:
    """Give one notification to the push service; return whether it has taken it."""
    request = urllib.request.Request(  # noqa: S310 - the operator's own URL
        url,
        json.dumps(notification).encode(),
        {"Content-Type": "application/json", "Idempotency-Key": key},
    )
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            return True
    except (urllib.error.URLError, OSError) as error:
        print(f"push service: {error}", file=sys.stderr)
        return False


def main() -> None:
    """Follow the tenant and send what waits, for ever."""
    push_url = os.environ["PUSH_URL"]
    outbox = Outbox(os.environ.get("PUSH_DATABASE", "push.db"))
    kinds = [UpdateKind.MESSAGE_CREATED]
    with closing(outbox.database), TenantClient.from_environment() as back_end:
        for event in back_end.updates(outbox, kinds=kinds, heartbeat=timedelta(seconds=10)):
            match event:
                case Connected():
                    print("connected", flush=True)
                case Update():
                    outbox.note(event)
                case Gap():
                    # A late notification is worth less than none: only say so.
                    print(f"some messages were not notified: {event}", file=sys.stderr)
                case _:
                    print(event, file=sys.stderr)
            outbox.send(push_url)


if __name__ == "__main__":
    try:
        main()
    except Chat3Error as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit(130)
