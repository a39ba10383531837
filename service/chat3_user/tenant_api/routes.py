"""The routes of tenant-api that this service asks, and what their refusals mean."""

from http import HTTPStatus
from typing import Any, Final

from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import (
    NoMetaKeyError,
    NoSuchReactionError,
    NotInPackError,
    NoTopicToClearError,
    PermittedError,
    TopicTakenError,
)
from chat3_user.tenant_api.models import Problem
from chat3_user.tenant_api.route import Meaning, Request, Route


def _no_user(_: Problem, request: Request[Any]) -> CallError:
    return reasons.user_not_found(request.segments.get("user_id", request.identity.user_id))


def _user_exists(_: Problem, request: Request[Any]) -> CallError:
    return reasons.user_exists(str(request.content.get("userId")))


def _not_a_member(_: Problem, request: Request[Any]) -> CallError:
    """Tell a back end whether the dialog exists, and a user nothing of that."""
    dialog_id = request.segments["dialog_id"]
    if request.identity.user_id:
        return reasons.not_a_member(dialog_id)
    return reasons.dialog_not_found(dialog_id)


def _no_message(_: Problem, request: Request[Any]) -> CallError:
    return reasons.message_not_found(request.segments["message_id"])


def _no_meta_key(problem: Problem, request: Request[Any]) -> CallError | None:
    if not problem.message.startswith("Meta key "):
        return _no_entity(problem, request)
    refused = reasons.upstream_rejected(request.route.name, HTTPStatus.NOT_FOUND)
    return NoMetaKeyError(refused.reason, refused.message, refused.metadata)


def _no_pack(_: Problem, request: Request[Any]) -> CallError:
    return reasons.pack_not_found(request.segments["pack_id"])


def _no_pack_or_dialog(problem: Problem, request: Request[Any]) -> CallError:
    if problem.message == "Dialog not found":
        return reasons.dialog_not_found(str(request.content.get("dialogId")))
    return _no_pack(problem, request)


def _no_pack_or_not_in_it(problem: Problem, request: Request[Any]) -> CallError:
    missing = _no_pack(problem, request)
    if problem.message == "Dialog not found in pack":
        return NotInPackError(missing.reason, missing.message, missing.metadata)
    return missing


def _no_topic(problem: Problem, request: Request[Any]) -> CallError:
    if problem.error == "ERROR_NO_TOPIC":
        return reasons.topic_not_found(request.segments["topic_id"])
    return _not_a_member(problem, request)


def _no_dialog_or_topic(problem: Problem, request: Request[Any]) -> CallError:
    if problem.error == "ERROR_NO_TOPIC":
        return reasons.topic_not_found(str(request.content.get("topicId")))
    return _not_a_member(problem, request)


def _no_reaction_or_message(problem: Problem, request: Request[Any]) -> CallError:
    missing = _no_message(problem, request)
    if problem.message == "Reaction not found":
        return NoSuchReactionError(missing.reason, missing.message, missing.metadata)
    return missing


def _no_message_or_topic(problem: Problem, request: Request[Any]) -> CallError:
    if problem.code == "ERROR_TOPIC_NOT_FOUND":
        return reasons.topic_not_found(str(request.content.get("topicId")))
    return _no_message(problem, request)


def _topic_stays(problem: Problem, request: Request[Any]) -> CallError | None:
    refused = reasons.upstream_rejected(request.route.name, HTTPStatus.BAD_REQUEST)
    match problem.code:
        case "ERROR_TOPIC_CHANGE_NOT_ALLOWED":
            return TopicTakenError(refused.reason, refused.message, refused.metadata)
        case "ERROR_TOPIC_CLEAR_NOT_ALLOWED":
            return NoTopicToClearError(refused.reason, refused.message, refused.metadata)
    return None


def _no_entity(_: Problem, request: Request[Any]) -> CallError | None:
    """Of the kinds whose existence the routes of meta check, and that they are asked about."""
    entity_id = request.segments["entity_id"]
    match request.segments["kind"]:
        case "dialog" if not request.identity.user_id:
            return reasons.dialog_not_found(entity_id)
        case "topic":
            return reasons.topic_not_found(entity_id)
        case "pack":
            return reasons.pack_not_found(entity_id)
    return None


def _meta_refused(problem: Problem, request: Request[Any]) -> CallError | None:
    return _refused_of(request.segments.get("kind", "dialog"), problem)


def _pack_refused(problem: Problem, _: Request[Any]) -> CallError | None:
    return _refused_of("pack", problem)


def _message_refused(problem: Problem, _: Request[Any]) -> CallError | None:
    return _refused_of("message", problem)


def _refused_of(kind: str, problem: Problem) -> CallError | None:
    if problem.code not in META_INDEX_CODES:
        return None
    return reasons.meta_index_conflict(
        kind,
        problem.code,
        index_id=problem.detail("indexId"),
        key=problem.detail("key") or problem.detail("missingKeys"),
    )


def _index_refused(problem: Problem, request: Request[Any]) -> CallError | None:
    """Return why an index was not created: `details` has at most 20 of the things that break it."""
    if problem.code not in REFUSED_INDEX_CODES:
        return None
    details = problem.details if isinstance(problem.details, dict) else {}
    found = {"violation_count": details.get("totalViolations")}
    rows = details.get("violations")
    ids = [row.get("entityId") for row in rows if isinstance(row, dict)] if rows else []
    named = " ".join(str(each)[:_ID_MAX] for each in ids[:_SHOWN_IDS] if each)
    more = {name: str(count) for name, count in found.items() if isinstance(count, int)}
    if named:
        more["entity_ids"] = named
    return reasons.meta_index_refused(request.segments["kind"], problem.code, **more)


def _no_index(_: Problem, request: Request[Any]) -> CallError:
    return reasons.meta_index_not_found(request.segments["kind"], request.segments["index_id"])


def _permitted(_: Problem, request: Request[Any]) -> CallError:
    invalid = reasons.upstream_invalid_response(request.route.name)
    return PermittedError(invalid.reason, invalid.message, invalid.metadata)


DUPLICATE: Final = "DUPLICATE_INDEX"
KEYS_REQUIRED: Final = "INDEX_KEYS_REQUIRED"
KEY_NOT_ALLOWED: Final = "META_KEY_NOT_ALLOWED"
META_INDEX_CODES: Final = frozenset(
    (DUPLICATE, KEYS_REQUIRED, KEY_NOT_ALLOWED, "INDEX_VALUE_TYPE_NOT_ALLOWED")
)
"""What the routes of meta say of custom data that a tenant's meta indexes refuse."""

REFUSED_INDEX_CODES: Final = frozenset(
    (
        "INDEX_CONFLICT_EXISTING_DATA",
        "SCHEMA_CONFLICT_EXISTING_DATA",
        "INDEX_DEFINITION_CONFLICT",
        "INDEX_KEYS_NOT_IN_ALLOWLIST",
    )
)
"""What the routes of meta indexes say of one that contradicts what is there."""

_SHOWN_IDS: Final = 20
_ID_MAX: Final = 80

_DIALOG: Final = "/api/users/{user_id}/dialogs/{dialog_id}"
_MESSAGE: Final = _DIALOG + "/messages/{message_id}"

# These check no permission.
USER: Final = Route("GET", "/api/users/{user_id}", m.Data[m.User], _no_user)
USERS: Final = Route("GET", "/api/users", m.Page[m.User])
CREATE_USER: Final = Route("POST", "/api/users", m.Model, conflict=_user_exists)
CHANGE_USER: Final = Route("PUT", "/api/users/{user_id}", m.Model, _no_user)
DELETE_USER: Final = Route("DELETE", "/api/users/{user_id}", m.Model, _no_user)

# Checks the permission `read`.
USER_DIALOGS: Final = Route("GET", "/api/users/{user_id}/dialogs", m.Page[m.UserDialog])

# As the calling user sees a dialog: membership is checked.
USER_MESSAGES: Final = Route(
    "GET", _DIALOG + "/messages", m.Page[m.Message], forbidden=_not_a_member
)
MESSAGE_ID: Final = Route("GET", _MESSAGE, m.Data[m.MessageId], _no_message, _not_a_member)
USER_MESSAGE: Final = Route("GET", _MESSAGE, m.Data[m.Message], _no_message, _not_a_member)
STATUSES: Final = Route(
    "GET", _MESSAGE + "/statuses", m.Page[m.StatusRecord], _no_message, _not_a_member
)
OWN_REACTIONS: Final = Route(
    "GET", _MESSAGE + "/reactions", m.Data[m.OwnReactions], _no_message, _not_a_member
)

MARK_READ: Final = Route(
    "POST", _DIALOG + "/markAllRead", m.Data[m.ReadDialog], _not_a_member, _not_a_member
)
TOPICS: Final = Route(
    "GET", _DIALOG + "/topics", m.Page[m.Topic], _not_a_member, forbidden=_not_a_member
)

# That the message belongs to the dialog is not checked. Older platforms set a status by PUT.
SET_STATUS: Final = Route(
    "POST", _MESSAGE + "/status/{status}", m.Data[m.StatusRecord], _no_message, _not_a_member
)
SET_STATUS_BY_PUT: Final = Route(
    "PUT", _MESSAGE + "/status/{status}", m.Data[m.StatusRecord], _no_message, _not_a_member
)
SET_REACTION: Final = Route(
    "POST", _MESSAGE + "/reactions/set", m.Model, _no_message, _not_a_member
)
UNSET_REACTION: Final = Route(
    "POST", _MESSAGE + "/reactions/unset", m.Model, _no_reaction_or_message, _not_a_member
)

# As an administrator sees a dialog: membership is not checked.
SEND_MESSAGE: Final = Route(
    "POST", "/api/dialogs/{dialog_id}/messages", m.Data[m.Message], _no_dialog_or_topic
)
# Asked with what is no dialog: permission is judged before that.
PROVE_WRITER: Final = Route(
    "POST", "/api/dialogs/{dialog_id}/messages", m.Model, bad_request=_permitted
)
PROVE_READER: Final = Route("GET", "/api/dialogs/{dialog_id}", m.Model, bad_request=_permitted)
PROVE_DELETER: Final = Route("DELETE", "/api/dialogs/{dialog_id}", m.Model, bad_request=_permitted)
MEMBERS: Final = Route("GET", "/api/dialogs/{dialog_id}/members", m.Page[m.Member], _not_a_member)
ADD_MEMBER: Final = Route("POST", "/api/dialogs/{dialog_id}/members/add", m.Model, _not_a_member)
REMOVE_MEMBER: Final = Route(
    "POST", "/api/dialogs/{dialog_id}/members/{user_id}/remove", m.Model, _not_a_member
)
CREATE_TOPIC: Final = Route(
    "POST", "/api/dialogs/{dialog_id}/topics", m.Data[m.Topic], _not_a_member
)
CHANGE_TOPIC: Final = Route(
    "PATCH", "/api/dialogs/{dialog_id}/topics/{topic_id}", m.Data[m.Topic], _no_topic
)
SET_DIALOG_META: Final = Route(
    "PUT",
    "/api/meta/dialog/{dialog_id}/{key}",
    m.Model,
    _not_a_member,
    bad_request=_meta_refused,
    conflict=_meta_refused,
)
# Custom data of a dialog, a user or a topic. Keys that are set in bulk are told to nobody.
_META: Final = "/api/meta/{kind}/{entity_id}"


def _meta_change(method: str, template: str, not_found: Meaning = _no_entity) -> Route[m.Model]:
    return Route(
        method,
        template,
        m.Model,
        not_found,
        bad_request=_meta_refused,
        conflict=_meta_refused,
    )


META: Final = Route("GET", _META, m.Data[m.Json], _no_entity)
SET_META_KEYS: Final = _meta_change("PUT", _META)
SET_META_KEY: Final = _meta_change("PUT", _META + "/{key}")
REMOVE_META_KEYS: Final = _meta_change("DELETE", _META)
REMOVE_META_KEY: Final = _meta_change("DELETE", _META + "/{key}", _no_meta_key)
# What the tenant demands of the custom data of a kind.
_INDEXES: Final = "/api/meta/index/{kind}"
META_INDEXES: Final = Route("GET", _INDEXES, m.Data[list[m.MetaIndex]], since="0.0.80")
CREATE_META_INDEX: Final = Route(
    "POST",
    _INDEXES,
    m.Data[m.MetaIndex],
    bad_request=_index_refused,
    conflict=_index_refused,
    since="0.0.80",
)
DELETE_META_INDEX: Final = Route(
    "DELETE", _INDEXES + "/{index_id}", m.Model, _no_index, since="0.0.80"
)
# Checks membership, and says so with 404.
TYPING: Final = Route(
    "POST",
    "/api/dialogs/{dialog_id}/member/{user_id}/typing",
    m.Data[m.TypingAccepted],
    _not_a_member,
    _not_a_member,
)

# Of the whole tenant: who is a member is not asked.
DIALOGS: Final = Route("GET", "/api/dialogs", m.Page[m.Dialog])
CREATE_DIALOG: Final = Route("POST", "/api/dialogs", m.Data[m.Dialog])
DIALOG: Final = Route("GET", "/api/dialogs/{dialog_id}", m.Data[m.Dialog], _not_a_member)
DELETE_DIALOG: Final = Route("DELETE", "/api/dialogs/{dialog_id}", m.Model, _not_a_member)
DIALOG_TOPICS: Final = Route(
    "GET", "/api/dialogs/{dialog_id}/topics", m.Page[m.Topic], _not_a_member
)
ALL_TOPICS: Final = Route("GET", "/api/topics", m.Page[m.Topic])
ALL_MESSAGES: Final = Route("GET", "/api/messages", m.Page[m.MessageId])

MESSAGE: Final = Route("GET", "/api/messages/{message_id}", m.Data[m.Message], _no_message)
# Its pages have 100 rows at most, and its sorts are by time or sender alone.
DIALOG_MESSAGES: Final = Route(
    "GET", "/api/dialogs/{dialog_id}/messages", m.Page[m.Message], _not_a_member
)
TENANT_MESSAGES: Final = Route("GET", "/api/messages", m.Page[m.Message])

# Of the whole tenant, by ids that must have been proved.
DELETIONS: Final = Route("GET", "/api/messages", m.Page[m.Deletion])
# From 0.0.82 on.
VERSIONS: Final = Route(
    "GET", "/api/messages/{message_id}/versions", m.Data[list[m.MessageVersion]], _no_message
)
# From 0.0.81 on.
DELETE_MESSAGE: Final = Route("PATCH", "/api/messages/{message_id}", m.Data[m.Message], _no_message)
EDIT_MESSAGE: Final = Route("PUT", "/api/messages/{message_id}", m.Data[m.Message], _no_message)
SET_MESSAGE_TOPIC: Final = Route(
    "PATCH",
    "/api/messages/{message_id}/topic",
    m.Data[m.Message],
    _no_message_or_topic,
    bad_request=_topic_stays,
)
TOPIC: Final = Route(
    "GET", "/api/dialogs/{dialog_id}/topics/{topic_id}", m.Data[m.Topic], _no_topic
)
SET_MESSAGE_META: Final = Route(
    "PUT",
    "/api/meta/message/{message_id}/{key}",
    m.Model,
    _no_message,
    bad_request=_message_refused,
    conflict=_message_refused,
)

# Packs as the tenant has them.
_TENANT_PACK: Final = "/api/packs/{pack_id}"
PACKS: Final = Route("GET", "/api/packs", m.Page[m.Pack], since="0.0.80")
CREATE_PACK: Final = Route(
    "POST",
    "/api/packs",
    m.Data[m.Pack],
    bad_request=_pack_refused,
    conflict=_pack_refused,
    since="0.0.80",
)
PACK: Final = Route("GET", _TENANT_PACK, m.Data[m.Pack], _no_pack, since="0.0.80")
DELETE_PACK: Final = Route("DELETE", _TENANT_PACK, m.Model, _no_pack, since="0.0.80")
DIALOGS_OF_PACK: Final = Route(
    "GET", _TENANT_PACK + "/dialogs", m.Page[m.PackDialog], _no_pack, since="0.0.80"
)
ADD_PACK_DIALOG: Final = Route(
    "POST", _TENANT_PACK + "/dialogs", m.Model, _no_pack_or_dialog, since="0.0.80"
)
REMOVE_PACK_DIALOG: Final = Route(
    "DELETE",
    _TENANT_PACK + "/dialogs/{dialog_id}",
    m.Model,
    _no_pack_or_not_in_it,
    since="0.0.80",
)
USERS_OF_PACK: Final = Route(
    "GET", _TENANT_PACK + "/users", m.Data[list[m.PackUser]], _no_pack, since="0.0.80"
)
MARK_PACK_READ_BY_ALL: Final = Route(
    "POST",
    _TENANT_PACK + "/markAllReadForAllUsers",
    m.Data[m.ReadPackOfAll],
    _no_pack,
    since="0.0.80",
)
MESSAGES_OF_PACK: Final = Route(
    "GET", _TENANT_PACK + "/messages", m.Cursored[m.Message], _no_pack, since="0.0.80"
)

# Of packs that hold a dialog of the user: others are 404.
_PACK: Final = "/api/users/{user_id}/packs/{pack_id}"
USER_PACKS: Final = Route("GET", "/api/users/{user_id}/packs", m.Page[m.UserPack])
USER_PACK: Final = Route("GET", _PACK, m.Data[m.UserPackDetails], _no_pack)
PACK_MESSAGES: Final = Route("GET", _PACK + "/messages", m.Cursored[m.Message], _no_pack)
PACK_DIALOGS: Final = Route("GET", _PACK + "/dialogs", m.Page[m.PackDialog], _no_pack)
MARK_PACK_READ: Final = Route("POST", _PACK + "/markAllRead", m.Data[m.ReadPack], _no_pack)
