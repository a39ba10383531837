"""An example client on grpcio and google's protobuf: lists dialogs, sends, explains, watches."""
# ruff: noqa: T201, INP001 - an example prints, and is no package

import os
import random
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import grpc
from chat3.user.v1 import (
    dialog_calls_pb2,
    dialog_pb2,
    message_calls_pb2,
    message_pb2,
    update_calls_pb2,
    update_pb2,
    update_stream_pb2,
    user_service_pb2_grpc,
)
from google.rpc import error_details_pb2
from grpc_status import rpc_status

ATTEMPTS = 4
TIMEOUT = 15.0  # seconds: what was cut off is looked for during 10 of them


class Client:
    """The generated stub, and the identity that travels with every call."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.stub = user_service_pb2_grpc.UserServiceStub(channel)
        # The user id is percent-encoded.
        self.metadata = (
            ("x-api-key", os.environ["CHAT3_API_KEY"]),
            ("x-tenant-id", os.environ.get("CHAT3_TENANT", "tnt_default")),
            ("x-user-id", quote(os.environ["CHAT3_USER"], safe="")),
        )

    def greet(self) -> None:
        """List the dialogs, write into the first one, and show what a failure looks like."""
        dialogs = self.listed()
        for dialog in dialogs:
            title = dialog.meta.fields["title"].string_value
            print(f"dialog {dialog.dialog_id} {title!r}, {dialog.membership.unread_count} unread")
        if not dialogs:
            return
        message = self.send(dialogs[0].dialog_id, "Hello from Python")
        print(f"sent {message.message_id}")
        try:
            self.send("no-such-dialog", "Hello?")
        except grpc.RpcError as error:
            explain(error)

    def listed(self) -> list[dialog_pb2.Dialog]:
        """Read all pages of the dialogs; a dialog that moves meanwhile can come twice."""
        dialogs: list[dialog_pb2.Dialog] = []
        request = dialog_calls_pb2.GetUserDialogsRequest(page_size=20)
        while True:
            page = self.stub.GetUserDialogs(request, timeout=TIMEOUT, metadata=self.metadata)
            dialogs.extend(page.dialogs)
            if not page.next_page_token:
                return dialogs
            request.page_token = page.next_page_token

    def send(self, dialog_id: str, text: str) -> message_pb2.Message:
        """Write a message once, however often it has to ask: all attempts have the same key."""
        request = message_calls_pb2.SendMessageRequest(
            dialog_id=dialog_id, content=text, idempotency_key=str(uuid.uuid4())
        )
        attempt = 1
        while True:
            try:
                return self.stub.SendMessage(
                    request, timeout=TIMEOUT, metadata=self.metadata
                ).message
            except grpc.RpcError as error:
                if attempt == ATTEMPTS or not passing(error):
                    raise
                pause(attempt, error)
            attempt += 1

    def watch(self, count: int, opened: Callable[[], None] | None) -> None:
        """Print updates until `count` were seen; open the stream again where it broke."""
        token = ""
        failures = 0
        while True:
            request = update_calls_pb2.SubscribeUpdatesRequest(resume_token=token)
            stream = self.stub.SubscribeUpdates(request, metadata=self.metadata)
            try:
                for response in stream:
                    failures = 0  # any response shows that the service works
                    show(response)
                    if response.HasField("connection_established") and opened is not None:
                        opened()
                        opened = None
                    elif response.HasField("update"):
                        count -= 1
                    # After its response was dealt with: a crash shows one again and loses none.
                    token = response.resume_token
                    if count == 0:
                        return
            except grpc.RpcError as error:
                # A failure without a reason comes from the way to the service: a cut connection.
                if not passing(error) and detail(error, error_details_pb2.ErrorInfo) is not None:
                    raise
                explain(error)
                failures += 1
                pause(failures, error)
            else:
                # A stream never ends with OK; when it seems to, something between cut it off.
                failures += 1
                pause(failures, None)
            finally:
                stream.cancel()


def show(response: update_calls_pb2.SubscribeUpdatesResponse) -> None:
    """Print one response of the stream."""
    event = response.WhichOneof("event")
    if event == "connection_established":
        outcome = response.connection_established.resume_outcome
        print(f"connected, {name(update_stream_pb2.ResumeOutcome, outcome)}")
    elif event == "update" and response.update.HasField("message_created"):
        message = response.update.message_created.message
        print(f"message {message.sender_id}: {message.content}")
    elif event == "update":
        kind = name(update_pb2.UpdateKind, response.update.kind)
        print(f"{kind} {response.update.dialog_id}")
    elif event == "gap":
        targets = update_stream_pb2.ReloadTarget
        reload = ", ".join(name(targets, target) for target in response.gap.reload)
        print(f"gap {name(update_stream_pb2.GapReason, response.gap.reason)}: reload {reload}")


def name(enum: Any, number: int) -> str:
    """Name an enum's value; a later contract can have values without a name here."""
    known = enum.DESCRIPTOR.values_by_number.get(number)
    return known.name if known is not None else str(number)


def passing(error: grpc.RpcError) -> bool:
    """Say whether the same call can succeed later: the service says so, or is away."""
    retry = detail(error, error_details_pb2.RetryInfo)
    return retry is not None or error.code() is grpc.StatusCode.UNAVAILABLE


def pause(attempt: int, error: grpc.RpcError | None) -> None:
    """Wait as long as the service wants or a little longer, else below a bound that doubles."""
    wanted = detail(error, error_details_pb2.RetryInfo) if error is not None else None
    if wanted is not None:
        time.sleep(wanted.retry_delay.ToTimedelta().total_seconds() * random.uniform(1.0, 1.5))
    else:
        time.sleep(random.uniform(0.0, min(30.0, 0.5 * 2.0 ** min(attempt, 10))))


def explain(error: grpc.RpcError) -> None:
    """Print the reason, which code can rely on, and the fields that break a rule."""
    info = detail(error, error_details_pb2.ErrorInfo)
    reason = info.reason if info is not None else error.code().name
    print(f"{reason}: {error.details()}", file=sys.stderr)
    bad = detail(error, error_details_pb2.BadRequest)
    for violation in bad.field_violations if bad is not None else ():
        print(f"  {violation.field}: {violation.description}", file=sys.stderr)


def detail(error: grpc.RpcError, wanted: type) -> Any:
    """Find the status detail of one type."""
    status = rpc_status.from_call(error)
    for packed in status.details if status is not None else ():
        found = wanted()
        if packed.Unpack(found):
            return found
    return None


def main() -> None:
    """Open a stream, act once it is open, and print what comes."""
    address = os.environ.get("CHAT3_ADDRESS", "127.0.0.1:50051")
    if os.environ.get("CHAT3_TLS"):
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials())
    else:
        channel = grpc.insecure_channel(address)
    with channel:
        client = Client(channel)
        # Everything that happens after the stream is open is on the stream: what is read then and
        # what comes later make a complete picture.
        client.watch(int(os.environ.get("CHAT3_COUNT", "-1")), client.greet)


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as failure:
        explain(failure)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
