"""A push-notification back end: follows a tenant, and notifies a phone once of each new message.

Its place on the stream and what it has to send are one SQLite database. Both change in one
transaction, so a crash at any moment loses nothing and notifies nobody twice. One thing needs the
help of the push service: a crash between its answer and our note of it. So every notification has
a key, which is the same whenever it is sent, and the push service drops a key that it had before.
"""
# ruff: noqa: T201, INP001 - an example prints, and is no package

import json
import os
import random
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from typing import Any

import grpc
from chat3.tenant.v1 import tenant_service_pb2_grpc, update_calls_pb2
from chat3.user.v1 import update_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status

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
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.executescript(_SCHEMA)

    @property
    def token(self) -> str:
        """Where the next stream begins."""
        return str(self.database.execute("SELECT token FROM place").fetchone()[0])

    def take(self, response: update_calls_pb2.SubscribeTenantUpdatesResponse) -> None:
        """Note what a response asks for, and the place behind it: both or neither."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            if response.HasField("update") and response.update.HasField("message_created"):
                update, message = response.update, response.update.message_created.message
                # Every member is told, the sender too. User and update together are the key.
                if message.sender_id != update.user_id:
                    key = f"{update.user_id}/{update.update_id}"
                    text = f"{message.sender_id}: {message.content}"
                    self.database.execute(
                        "INSERT OR IGNORE INTO notification (key, user_id, text) VALUES (?, ?, ?)",
                        (key, update.user_id, text),
                    )
            self.database.execute("UPDATE place SET token = ?", (response.resume_token,))
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

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


def follow(channel: grpc.Channel, outbox: Outbox, push_url: str) -> None:
    """Follow the tenant; open the stream again where the database says, for ever."""
    stub = tenant_service_pb2_grpc.TenantServiceStub(channel)
    metadata = (
        ("x-api-key", os.environ["CHAT3_API_KEY"]),
        ("x-tenant-id", os.environ.get("CHAT3_TENANT", "tnt_default")),
    )
    failures = 0
    while True:
        outbox.send(push_url)
        request = update_calls_pb2.SubscribeTenantUpdatesRequest(
            resume_token=outbox.token, update_kinds=[update_pb2.UPDATE_KIND_MESSAGE_CREATED]
        )
        request.heartbeat_interval.FromSeconds(10)
        stream = stub.SubscribeTenantUpdates(request, metadata=metadata)
        try:
            for response in stream:
                failures = 0
                if response.HasField("connection_established"):
                    print("connected", flush=True)
                elif response.HasField("gap"):
                    # A late notification is worth less than none: only say so.
                    print(f"some messages were not notified: {response.gap}", file=sys.stderr)
                # Heartbeats too: they move the place on while nothing is written.
                outbox.take(response)
                outbox.send(push_url)
        except grpc.RpcError as error:
            retry = detail(error, error_details_pb2.RetryInfo)
            if error.code() is not grpc.StatusCode.UNAVAILABLE and retry is None:
                raise
            failures += 1
            delay = retry.retry_delay.ToTimedelta().total_seconds() if retry is not None else 0.0
            time.sleep((delay or min(30.0, 0.2 * 2.0**failures)) * random.uniform(1.0, 1.5))
        finally:
            stream.cancel()


def detail(error: grpc.RpcError, wanted: type) -> Any:
    """Find the status detail of one type."""
    status = rpc_status.from_call(error)
    for packed in status.details if status is not None else ():
        found = wanted()
        if packed.Unpack(found):
            return found
    return None


def main() -> None:
    """Follow the tenant and send what waits, for ever."""
    address = os.environ.get("CHAT3_ADDRESS", "127.0.0.1:50051")
    if os.environ.get("CHAT3_TLS"):
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials())
    else:
        channel = grpc.insecure_channel(address)
    outbox = Outbox(os.environ.get("PUSH_DATABASE", "push.db"))
    with channel, closing(outbox.database):
        follow(channel, outbox, os.environ["PUSH_URL"])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
