"""The calls that are measured: their requests, in the contract's bytes."""

from collections.abc import Callable
from dataclasses import dataclass

from upstream import bodies

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.paging import TIME_MAX, Cut, CutToken, Tokens
from chat3_user.validation import parse_identity

IDENTITY = (
    ("x-api-key", "chat3_rwd"),
    ("x-tenant-id", bodies.TENANT),
    ("x-user-id", bodies.USER),
)
SUBSCRIBE = "/chat3.user.v1.UserService/SubscribeUpdates"


@dataclass(frozen=True, kw_only=True)
class MeasuredCall:
    """A call; ``request`` makes the bytes of the n-th request.

    ``varies`` says that no two requests are alike, which h2load cannot send. ``target`` is the
    largest share of the reference's CPU that the project allows itself; none where it is only told.
    """

    name: str
    method: str
    request: Callable[[int], bytes]
    target: float | None = None
    varies: bool = False

    @property
    def path(self) -> str:
        return f"/chat3.user.v1.UserService/{self.method}"


def _page(size: int) -> Callable[[int], bytes]:
    return lambda _: bytes(pb.GetDialogMessagesRequest(dialog_id=bodies.DIALOG, page_size=size))


def _numbered_page(_: int) -> bytes:
    return bytes(pb.GetDialogMessagesRequest(dialog_id=bodies.DIALOG, page_size=20, page=1))


def _next_page(_: int) -> bytes:
    """Return a page that continues, from a place behind which all messages lie."""
    request = pb.GetDialogMessagesRequest(dialog_id=bodies.DIALOG, page_size=20)
    call = Call("GetDialogMessages", "bench", parse_identity(dict(IDENTITY)))
    cut = Cut(TIME_MAX, bodies.MESSAGE, above=False)
    request.page_token = CutToken(newer=False, cut=cut).write(Tokens(request, call))
    return bytes(request)


def _send(number: int) -> bytes:
    return bytes(
        pb.SendMessageRequest(
            dialog_id=bodies.DIALOG,
            content="Sure, I have changed the delivery to tomorrow between 18:00 and 21:00.",
            idempotency_key=f"key-{number:012d}",
        )
    )


def _status(message: Callable[[int], str]) -> Callable[[int], bytes]:
    return lambda number: bytes(
        pb.SetMessageStatusRequest(
            dialog_id=bodies.DIALOG, message_id=message(number), status=pb.MessageStatus.READ
        )
    )


def _dialogs(_: int) -> bytes:
    return bytes(pb.GetUserDialogsRequest(page_size=20, include_last_message=True))


def _typing(_: int) -> bytes:
    return bytes(pb.SendTypingIndicatorRequest(dialog_id=bodies.DIALOG))


_same_message = _status(lambda _: bodies.MESSAGE)
_new_messages = _status(lambda number: f"msg_{number:020d}")

CALLS = (
    MeasuredCall(name="page-20", method="GetDialogMessages", request=_page(20), target=0.6),
    MeasuredCall(name="page-100", method="GetDialogMessages", request=_page(100), target=0.55),
    MeasuredCall(name="page-20-next", method="GetDialogMessages", request=_next_page),
    MeasuredCall(name="page-20-by-number", method="GetDialogMessages", request=_numbered_page),
    MeasuredCall(name="dialogs-20", method="GetUserDialogs", request=_dialogs),
    MeasuredCall(name="typing", method="SendTypingIndicator", request=_typing, target=1.0),
    MeasuredCall(name="status", method="SetMessageStatus", request=_same_message, target=1.0),
    # Every call proves another message: two requests to the upstream where the reference makes one.
    MeasuredCall(name="status-new", method="SetMessageStatus", request=_new_messages, varies=True),
    MeasuredCall(name="send-key", method="SendMessage", request=_send, varies=True, target=1.2),
)
