"""Runs each command: one call, one answer, one exit code."""

from argparse import Namespace
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from chat3_api.chat3.user.v1 import (
    GetDialogMessagesRequest,
    GetUserDialogsRequest,
    ReactionAction,
    SendMessageRequest,
    SendTypingIndicatorRequest,
    SetMessageReactionRequest,
    SetMessageStatusRequest,
)
from chat3_api.google.protobuf import Struct
from chat3_cli import json_output, render
from chat3_cli.arguments import STATUSES
from chat3_cli.failures import EXIT_OK, EXIT_UNAVAILABLE
from chat3_cli.output import Output
from chat3_cli.session import OpenSession
from chat3_cli.style import safe
from chat3_cli.watching import watch

Command = Callable[[Namespace, OpenSession, Output], Coroutine[Any, Any, int]]


async def _dialogs(args: Namespace, open_session: OpenSession, out: Output) -> int:
    request = GetUserDialogsRequest(
        page=args.page,
        page_size=args.page_size,
        filter=args.filter,
        sort=args.sort,
        include_last_message=args.last_message,
    )
    async with open_session() as session:
        response = await session.call(session.stub.get_user_dialogs, request)
    out.answer(response, render.dialogs(response, out.style))
    return EXIT_OK


async def _messages(args: Namespace, open_session: OpenSession, out: Output) -> int:
    request = GetDialogMessagesRequest(
        dialog_id=args.dialog_id,
        page=args.page,
        page_size=args.page_size,
        filter=args.filter,
        sort=args.sort,
    )
    async with open_session() as session:
        response = await session.call(session.stub.get_dialog_messages, request)
    out.answer(response, render.messages(response, out.style))
    return EXIT_OK


async def _send(args: Namespace, open_session: OpenSession, out: Output) -> int:
    request = SendMessageRequest(
        dialog_id=args.dialog_id,
        content=args.text,
        type=args.type,
        meta=Struct.from_dict(args.meta) if args.meta is not None else None,
        quoted_message_id=args.quote,
        topic_id=args.topic,
        idempotency_key=args.idempotency_key,
    )
    async with open_session() as session:
        response = await session.call(session.stub.send_message, request)
        out.answer(response, render.sent(response, replayed=session.replayed))
    if missing := render.missing_parts(response):
        out.warning(missing)
    return EXIT_OK


async def _status(args: Namespace, open_session: OpenSession, out: Output) -> int:
    request = SetMessageStatusRequest(
        dialog_id=args.dialog_id,
        message_id=args.message_id,
        status=STATUSES[args.status],
        idempotency_key=args.idempotency_key,
    )
    async with open_session() as session:
        response = await session.call(session.stub.set_message_status, request)
    out.answer(response, render.status_set(response))
    return EXIT_OK


async def _react(args: Namespace, open_session: OpenSession, out: Output) -> int:
    request = SetMessageReactionRequest(
        dialog_id=args.dialog_id,
        message_id=args.message_id,
        reaction=args.reaction,
        action=ReactionAction.UNSET if args.unset else ReactionAction.SET,
        idempotency_key=args.idempotency_key,
    )
    async with open_session() as session:
        response = await session.call(session.stub.set_message_reaction, request)
    lines = render.reaction_set(
        args.message_id, args.reaction, unset=args.unset, changed=response.changed
    )
    out.answer(response, lines)
    return EXIT_OK


async def _typing(args: Namespace, open_session: OpenSession, out: Output) -> int:
    request = SendTypingIndicatorRequest(dialog_id=args.dialog_id)
    async with open_session() as session:
        response = await session.call(session.stub.send_typing_indicator, request)
    out.answer(response, render.typing_shown(response))
    return EXIT_OK


async def _health(args: Namespace, open_session: OpenSession, out: Output) -> int:
    async with open_session() as session:
        status = await session.health(args.service)
    out.line(json_output.dump({"status": status}) if out.as_json else safe(status))
    return EXIT_OK if status == "SERVING" else EXIT_UNAVAILABLE


COMMANDS: Mapping[str, Command] = {
    "dialogs": _dialogs,
    "messages": _messages,
    "send": _send,
    "status": _status,
    "react": _react,
    "typing": _typing,
    "watch": watch,
    "health": _health,
}
