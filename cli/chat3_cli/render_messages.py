"""Says what became of a message, and shows one whole."""

from argparse import Namespace

from chat3_api.chat3.tenant import v1 as tenant
from chat3_api.chat3.user.v1 import (
    DeleteMessageResponse,
    EditMessageResponse,
    GetMessageResponse,
    Message,
    ReactionAction,
    RestoreMessageResponse,
    SendMessageResponse,
    SetMessageReactionResponse,
    SetMessageStatusResponse,
    SetMessageTopicResponse,
)
from chat3_cli.render import (
    TEXT_TYPE,
    deleted_by,
    message_notes,
    message_text,
    meta_fields,
    quote_of,
    status_name,
    user_name,
)
from chat3_cli.style import clock, date_and_clock, moment
from chat3_cli.views import Record, Says


def shown(args: Namespace, response: GetMessageResponse | tenant.GetMessageResponse) -> Record:
    """Show one message with all that is known about it."""
    message = response.message or Message()
    edited = moment(message.edit_time) or ("yes" if message.edited else None)
    by = f" by {message.edited_by}" if edited and message.edited_by else ""
    quoted = message.quoted_message
    return Record(
        f"{user_name(message.sender_id, message.sender)}, {date_and_clock(message.create_time)}",
        [
            ("message", message.message_id or args.message_id),
            ("dialog", message.dialog_id),
            ("type", message.type if message.type != TEXT_TYPE else None),
            ("edited", f"{edited}{by}" if edited else None),
            ("deleted", moment(message.delete_time)),
            ("quotes", quote_of(quoted) if quoted is not None else None),
            ("marks", ", ".join(message_notes(message))),
            *meta_fields(message.meta),
        ],
        deleted_by(message.deleted_by) if message.deleted else message.content,
    )


def sent(_args: Namespace, response: SendMessageResponse | tenant.SendMessageResponse) -> Says:
    """Say which message was written."""
    message = response.message or Message()
    time = clock(message.create_time)
    return Says(f"sent {message.message_id} to {message.dialog_id} at {time}")


def edited(args: Namespace, response: EditMessageResponse | tenant.EditMessageResponse) -> Says:
    """Say what became of an edit."""
    if response.changed:
        return Says(f"edited {args.message_id}: {message_text(response.message or Message())}")
    return Says(f"{args.message_id} had this text already", changed=False)


def deleted(
    args: Namespace, response: DeleteMessageResponse | tenant.DeleteMessageResponse
) -> Says:
    """Say what became of a deletion."""
    if response.changed:
        return Says(f"deleted {args.message_id}")
    return Says(f"{args.message_id} was deleted already", changed=False)


def restored(
    args: Namespace, response: RestoreMessageResponse | tenant.RestoreMessageResponse
) -> Says:
    """Say what became of a restoration."""
    if response.changed:
        return Says(f"restored {args.message_id}: {message_text(response.message or Message())}")
    return Says(f"{args.message_id} was not deleted", changed=False)


def status_set(
    _args: Namespace, response: SetMessageStatusResponse | tenant.SetMessageStatusResponse
) -> Says:
    """Say which status was recorded."""
    record = response.record
    if record is None:
        return Says("")
    name = status_name(record.status, record.status_name)
    return Says(f"{record.message_id} is {name} for {record.user_id}")


def reacted(
    args: Namespace, response: SetMessageReactionResponse | tenant.SetMessageReactionResponse
) -> Says:
    """Say what became of a reaction."""
    what = {
        (ReactionAction.SET, True): "given to",
        (ReactionAction.SET, False): "was already given to",
        (ReactionAction.UNSET, True): "taken back from",
        (ReactionAction.UNSET, False): "was not given to",
    }[args.action, response.changed]
    return Says(f"{args.reaction} {what} {args.message_id}", changed=response.changed)


def moved(
    args: Namespace, response: SetMessageTopicResponse | tenant.SetMessageTopicResponse
) -> Says:
    """Say where a message was moved."""
    if args.topic_id:
        text = "is now in" if response.changed else "was already in"
        return Says(f"{args.message_id} {text} {args.topic_id}", changed=response.changed)
    text = "is now in no topic" if response.changed else "was in no topic"
    return Says(f"{args.message_id} {text}", changed=response.changed)
