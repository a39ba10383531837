"""A call is repeated when that helps, with one key and within one deadline, and never blindly."""

import asyncio
import contextlib
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from client_scripted_service import FAST, Scripted, failure
from grpclib.const import Status

from chat3_api.chat3.user import v1 as pb
from chat3_client import (
    Chat3Error,
    DeadlineError,
    InvalidFieldError,
    LimitedError,
    OutcomeUnknownError,
    RetryPolicy,
    UnavailableError,
    UnreachableError,
    replayed,
    request_id,
    trailers_of,
)
from chat3_client.connection import in_own_task
from chat3_client.retry import RetryBudget, pause
from chat3_client.translation import lost
from support.ports import free_port

DIALOG = "dlg_aaaaaaaaaaaaaaaaaaaa"
SENT = pb.SendMessageResponse(message=pb.Message(message_id="msg_1"))
AWAY = failure(Status.UNAVAILABLE, "UPSTREAM_UNAVAILABLE", retry=0.001)


async def reset(stream: Any) -> None:
    """Lose the connection before an answer."""
    stream._stream._h2_connection.close_connection()
    stream._stream._transport.close()


async def test_every_attempt_of_a_call_has_the_same_key(scripted: Scripted) -> None:
    scripted.then("SendMessage", AWAY, AWAY, SENT)
    async with scripted.client() as chat:
        sent = await chat.send_message(DIALOG, "Hello")
    keys = [call.request.idempotency_key for call in scripted.calls]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert len(keys[0]) == 36
    assert sent.message is not None
    assert sent.message.message_id == "msg_1"


async def test_two_calls_have_two_keys(scripted: Scripted) -> None:
    scripted.then("SendMessage", SENT, SENT)
    async with scripted.client() as chat:
        for _ in range(2):
            await chat.send_message(DIALOG, "Hello")
    assert len({call.request.idempotency_key for call in scripted.calls}) == 2


async def test_a_lost_connection_is_made_again(scripted: Scripted) -> None:
    scripted.then("SendMessage", reset, SENT)
    async with scripted.client() as chat:
        await chat.send_message(DIALOG, "Hello", idempotency_key="mine")
    assert [call.request.idempotency_key for call in scripted.calls] == ["mine", "mine"]


@pytest.mark.parametrize("step", [AWAY, reset, failure(Status.UNAVAILABLE)])
async def test_a_change_without_a_key_is_not_repeated(scripted: Scripted, step: Any) -> None:
    scripted.then("SendMessage", step, SENT)
    async with scripted.client() as chat:
        with pytest.raises(UnavailableError) as failed:
            await chat.send_message(DIALOG, "Hello", idempotency_key="")
    assert len(scripted.calls) == 1
    assert failed.value.attempts == 1


async def test_what_was_certainly_not_done_is_repeated_without_a_key(scripted: Scripted) -> None:
    overloaded = failure(Status.UNAVAILABLE, "OVERLOADED", retry=0.001)
    scripted.then("SendMessage", overloaded, SENT)
    async with scripted.client() as chat:
        await chat.send_message(DIALOG, "Hello", idempotency_key="")
    assert len(scripted.calls) == 2


async def test_a_call_that_changes_nothing_twice_needs_no_key(scripted: Scripted) -> None:
    scripted.then("SendTypingIndicator", AWAY, pb.SendTypingIndicatorResponse())
    async with scripted.client() as chat:
        await chat.send_typing_indicator(DIALOG)
    assert len(scripted.calls) == 2


@pytest.mark.parametrize(
    "step",
    [
        failure(Status.INVALID_ARGUMENT, "INVALID_FIELD"),
        failure(Status.PERMISSION_DENIED, "NOT_A_MEMBER"),
        failure(Status.INTERNAL, "INTERNAL"),
        failure(Status.FAILED_PRECONDITION, "IDEMPOTENCY_KEY_REUSED"),
        failure(Status.UNAUTHENTICATED, "API_KEY_INVALID"),
        failure(Status.UNIMPLEMENTED, "METHOD_UNKNOWN"),
        failure(Status.RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS"),
    ],
)
async def test_what_no_repetition_helps_is_not_repeated(scripted: Scripted, step: Any) -> None:
    scripted.then("GetDialog", step)
    async with scripted.client() as chat:
        with pytest.raises(Chat3Error):
            await chat.get_dialog(DIALOG)
    assert len(scripted.calls) == 1


async def test_the_attempts_share_one_deadline(scripted: Scripted) -> None:
    again, enough = (failure(Status.UNAVAILABLE, "OVERLOADED", retry=each) for each in (0.05, 600))
    scripted.then("GetDialog", *[again] * 3, enough)
    async with scripted.client(retry=RetryPolicy()) as chat:
        with pytest.raises(UnavailableError):
            await chat.get_dialog(DIALOG, timeout=9.0)
    left = [call.timeout or 0.0 for call in scripted.calls]
    assert left[0] <= 9.0
    assert len(left) == 4
    assert all(later <= sooner - 0.04 for sooner, later in pairwise(left))


async def test_a_delay_beyond_the_deadline_is_not_waited_for(scripted: Scripted) -> None:
    limited = failure(Status.RESOURCE_EXHAUSTED, "RATE_LIMITED", retry=600, limit="300/minute")
    scripted.then("GetDialog", limited)
    async with scripted.client() as chat:
        with pytest.raises(LimitedError) as failed:
            await chat.get_dialog(DIALOG)
    assert failed.value.retry_after == 600
    assert failed.value.metadata == {"limit": "300/minute"}


async def test_a_call_without_an_answer_fails_at_its_deadline_with_its_key(
    scripted: Scripted,
) -> None:
    async def never(_: Any) -> None:
        await asyncio.Event().wait()

    scripted.then("SendMessage", never)
    async with scripted.client() as chat:
        while not scripted.calls:  # on a busy machine the time can be up before it arrives
            with pytest.raises((DeadlineError, UnreachableError)) as failed:
                await chat.send_message(DIALOG, "Hello", timeout=0.1)
        assert isinstance(failed.value, DeadlineError)
        key = failed.value.idempotency_key
        assert key == scripted.calls[0].request.idempotency_key
        scripted.then("SendMessage", SENT)
        # The application goes on with the same key.
        await chat.send_message(DIALOG, "Hello", idempotency_key=key)
    assert scripted.calls[1].request.idempotency_key == key


async def test_calls_carry_the_default_deadline(scripted: Scripted) -> None:
    scripted.then("GetDialog", pb.GetDialogResponse())
    began = time.monotonic()
    async with scripted.client() as chat:
        await chat.get_dialog(DIALOG)
    took = time.monotonic() - began
    # More than ten seconds travel as whole seconds.
    assert 13.9 - took < (scripted.calls[0].timeout or 0.0) <= 15.0


async def test_when_everything_fails_repetitions_end(scripted: Scripted) -> None:
    scripted.then("GetDialog", *[AWAY] * 40)
    policy = RetryPolicy(attempts=3, first=0.001, longest=0.001, budget=3.0)
    async with scripted.client(retry=policy) as chat:
        for _ in range(10):
            with pytest.raises(UnavailableError):
                await chat.get_dialog(DIALOG)
    assert len(scripted.calls) == 10 + 3


def test_a_budget_is_earned_back_by_successes() -> None:
    budget = RetryBudget(1.0)
    assert budget.take()
    assert not budget.take()
    for _ in range(11):  # a tenth is not exact in binary
        budget.succeeded()
    assert budget.take()


def test_a_pause_never_undercuts_the_services_wish_and_spreads_clients() -> None:
    asked = [pause(3, 2.0, first=0.1, longest=1.0) for _ in range(200)]
    assert min(asked) >= 2.0
    assert max(asked) <= 3.0
    unasked = [pause(1, None, first=0.1, longest=1.0) for _ in range(200)]
    assert max(unasked) <= 0.1
    assert len(set(unasked)) > 100
    assert max(pause(30, None, first=0.1, longest=1.0) for _ in range(200)) <= 1.0


async def test_an_address_where_nobody_listens_is_told_as_such() -> None:
    scripted = Scripted(address=f"127.0.0.1:{free_port()}")
    async with scripted.client(retry=RetryPolicy(attempts=2, first=0.001)) as chat:
        with pytest.raises(UnreachableError, match=r"cannot reach 127\.0\.0\.1") as failed:
            await chat.send_message(DIALOG, "Hello", idempotency_key="")
    assert failed.value.attempts == 2  # nothing was sent: even without a key


async def test_an_outcome_that_stays_unknown_says_with_which_key_to_go_on(
    scripted: Scripted,
) -> None:
    unknown = failure(Status.UNAVAILABLE, "IDEMPOTENCY_OUTCOME_UNKNOWN", retry=0.001)
    scripted.then("SendMessage", *[unknown] * 3)
    async with scripted.client(retry=replace(FAST, attempts=3)) as chat:
        with pytest.raises(OutcomeUnknownError) as failed:
            await chat.send_message(DIALOG, "Hello", idempotency_key="mine")
    assert failed.value.idempotency_key == "mine"
    assert failed.value.attempts == 3


async def test_a_cancelled_call_ends_at_once(scripted: Scripted) -> None:
    began = asyncio.Event()

    async def never(_: Any) -> None:
        began.set()
        await asyncio.Event().wait()

    scripted.then("GetDialog", never)
    async with scripted.client() as chat:
        call = asyncio.create_task(chat.get_dialog(DIALOG))
        await began.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_a_lost_connection_leaves_the_callers_timeout_alone(scripted: Scripted) -> None:
    """grpclib cancels the task whose connection is lost: not the caller's, which has a timeout."""
    scripted.then("SendMessage", reset)
    async with scripted.client(retry=RetryPolicy(attempts=1)) as chat:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                with pytest.raises(UnavailableError):
                    await chat.send_message(DIALOG, "Hello")
                assert (task := asyncio.current_task()) is not None
                assert task.cancelling() == 0
                await asyncio.Event().wait()


async def test_an_answer_has_its_metadata(scripted: Scripted) -> None:
    async def replay(stream: Any) -> None:
        await stream.send_message(SENT)
        trailers = {"idempotency-replayed": "true", "x-request-id": "req-7"}
        await stream.send_trailing_metadata(metadata=trailers)

    scripted.then("SendMessage", replay, SENT)
    async with scripted.client() as chat:
        first, second = [await chat.send_message(DIALOG, "Hello") for _ in range(2)]
    assert replayed(first)
    assert request_id(first) == "req-7"
    assert trailers_of(first)["x-request-id"] == "req-7"
    assert not replayed(second)


async def test_fields_that_break_a_rule_are_named(scripted: Scripted) -> None:
    from google.rpc import error_details_pb2

    refused = failure(Status.INVALID_ARGUMENT, "INVALID_FIELD", field_count="1")
    violation = error_details_pb2.BadRequest.FieldViolation(field="dialog_id", description="a rule")
    refused.details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    scripted.then("GetDialog", refused)
    async with scripted.client() as chat:
        with pytest.raises(InvalidFieldError) as failed:
            await chat.get_dialog(DIALOG)
    error = failed.value
    assert [(each.field, each.description) for each in error.violations] == [
        ("dialog_id", "a rule")
    ]
    assert error.reason == "ERROR_REASON_INVALID_FIELD"
    assert error.request_id == "req-1"
    assert str(error).startswith("ERROR_REASON_INVALID_FIELD: it failed; dialog_id: a rule")


async def test_a_reason_of_a_newer_service_has_the_class_of_its_status(scripted: Scripted) -> None:
    scripted.then("GetDialog", failure(Status.RESOURCE_EXHAUSTED, "OF_TOMORROW"))
    async with scripted.client() as chat:
        with pytest.raises(LimitedError) as failed:
            await chat.get_dialog(DIALOG)
    assert failed.value.reason == "ERROR_REASON_OF_TOMORROW"


async def test_a_delay_of_nothing_is_no_invitation_to_ask_without_a_pause() -> None:
    assert len({pause(1, 0.0, first=0.1, longest=1.0) for _ in range(50)}) > 40


async def test_a_cancelled_caller_hears_of_that_even_when_the_connection_is_lost_as_well() -> None:
    async def lost_while_cancelled() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise lost("at the same moment") from None

    call = asyncio.create_task(in_own_task(lost_while_cancelled()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_caller_whom_nobody_cancelled_hears_of_a_lost_connection() -> None:
    async def cancelled_by_the_library() -> None:
        raise asyncio.CancelledError

    with pytest.raises(UnavailableError, match="lost"):
        await in_own_task(cancelled_by_the_library())


async def test_a_user_id_of_any_letters_is_sent(scripted: Scripted) -> None:
    scripted.then("GetDialog", pb.GetDialogResponse())
    async with scripted.client(user="J\u00f6rg 100%") as chat:
        await chat.get_dialog(DIALOG)
    assert scripted.calls[0].metadata["x-user-id"] == "J%C3%B6rg%20100%25"
