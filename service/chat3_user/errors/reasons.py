"""Constructors of the failures that more than one part of the service raises."""

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors._failures import CallError, FieldViolation, Resource


def api_key_invalid() -> CallError:
    """Return the failure for an API key the platform does not take."""
    return CallError(ErrorReason.API_KEY_INVALID, "the API key is unknown, inactive or expired")


def permission_missing(permission: str) -> CallError:
    """Return the failure for an API key without ``permission``."""
    return CallError(
        ErrorReason.PERMISSION_MISSING,
        f"the API key lacks the permission '{permission}'",
        metadata={"permission": permission},
    )


def not_a_member(dialog_id: str) -> CallError:
    """Return the failure for a user outside a dialog, be it real or not."""
    return CallError(
        ErrorReason.NOT_A_MEMBER,
        "the user is not a member of this dialog",
        metadata={"dialog_id": dialog_id},
        resource=Resource("chat3.dialog", dialog_id),
    )


def dialog_not_found(dialog_id: str) -> CallError:
    """Return the failure for a dialog that the tenant does not have, for a back end."""
    return CallError(
        ErrorReason.DIALOG_NOT_FOUND,
        "the tenant has no such dialog",
        metadata={"dialog_id": dialog_id},
        resource=Resource("chat3.dialog", dialog_id),
    )


def no_members(dialog_id: str) -> CallError:
    """Return the failure for what the platform shows to members alone, in a dialog without any."""
    return CallError(
        ErrorReason.NO_MEMBERS,
        "the dialog has no members, and the platform returns this only through a member",
        metadata={"dialog_id": dialog_id},
        resource=Resource("chat3.dialog", dialog_id),
    )


def meta_index_conflict(kind: str, code: str, *, index_id: str = "", key: str = "") -> CallError:
    """Return the failure for custom data that the tenant's meta indexes refuse.

    ``kind`` is what it belongs to, ``code`` the platform's word; ``index_id`` is the index that
    refuses and ``key`` the first key that breaks it, where they are known.
    """
    named = {"index_id": index_id, "key": key}
    return CallError(
        ErrorReason.META_INDEX_CONFLICT,
        f"a meta index of the tenant refuses this custom data of a {kind}",
        metadata={
            "code": code,
            "kind": kind,
            **{name: word for name, word in named.items() if word},
        },
    )


def service_key_not_allowed(kind: str, index_id: str, key: str) -> CallError:
    """Return the failure for an index of allowed keys that leaves out a key of this service."""
    return CallError(
        ErrorReason.SERVICE_KEY_NOT_ALLOWED,
        f"a meta index does not allow the key {key}, which this service needs for a {kind}",
        metadata={"index_id": index_id, "key": key, "kind": kind},
    )


def leaving(refusal: CallError, left_id: str) -> CallError:
    """Return a refusal that names what a creation left behind."""
    metadata = {**refusal.metadata, "left_id": left_id}
    return CallError(refusal.reason, refusal.message, metadata)


def meta_index_not_found(kind: str, index_id: str) -> CallError:
    """Return the failure for a meta index that the tenant does not have."""
    return CallError(
        ErrorReason.META_INDEX_NOT_FOUND,
        "the tenant has no such meta index",
        metadata={"index_id": index_id, "kind": kind},
        resource=Resource("chat3.metaIndex", f"{kind}/{index_id}"),
    )


def meta_index_refused(kind: str, code: str, **more: str) -> CallError:
    """Return the failure for a meta index that contradicts custom data or another index.

    ``code`` is the platform's word for it.
    """
    return CallError(
        ErrorReason.META_INDEX_REFUSED,
        f"the meta index conflicts with existing data of a {kind} or with another index",
        metadata={"code": code, "kind": kind, **more},
    )


def member_in_other_case(dialog_id: str, member_id: str) -> CallError:
    """Return the failure for a member whose id the platform holds in another letter case."""
    return CallError(
        ErrorReason.MEMBER_IN_OTHER_CASE,
        "the platform has this member's id in another letter case",
        metadata={"dialog_id": dialog_id, "member_id": member_id},
        resource=Resource("chat3.dialog", dialog_id),
    )


def tenant_not_found(tenant_id: str) -> CallError:
    """Return the failure for an unknown tenant."""
    return CallError(
        ErrorReason.TENANT_NOT_FOUND,
        "the tenant does not exist",
        metadata={"tenant_id": tenant_id},
        resource=Resource("chat3.tenant", tenant_id),
    )


def user_not_found(user_id: str) -> CallError:
    """Return the failure for an unknown user."""
    return CallError(
        ErrorReason.USER_NOT_FOUND,
        "the user does not exist",
        metadata={"user_id": user_id},
        resource=Resource("chat3.user", user_id),
    )


def user_exists(user_id: str) -> CallError:
    """Return the failure for a user to be created who is there already."""
    return CallError(
        ErrorReason.USER_EXISTS,
        "the user already exists",
        metadata={"user_id": user_id},
        resource=Resource("chat3.user", user_id),
    )


def message_not_found(message_id: str) -> CallError:
    """Return the failure for a message that the dialog does not have."""
    return CallError(
        ErrorReason.MESSAGE_NOT_FOUND,
        "the dialog has no such message",
        metadata={"message_id": message_id},
        resource=Resource("chat3.message", message_id),
    )


def not_the_sender(message_id: str) -> CallError:
    """Return the failure for a change of a message that somebody else has sent."""
    return CallError(
        ErrorReason.NOT_THE_SENDER,
        "only its sender may change this message",
        metadata={"message_id": message_id},
        resource=Resource("chat3.message", message_id),
    )


def message_deleted(message_id: str) -> CallError:
    """Return the failure for an edit of a deleted message."""
    return CallError(
        ErrorReason.MESSAGE_DELETED,
        "a deleted message cannot be edited",
        metadata={"message_id": message_id},
        resource=Resource("chat3.message", message_id),
    )


def member_not_found(dialog_id: str, user_id: str) -> CallError:
    """Return the failure for a user to be removed who is not in the dialog."""
    return CallError(
        ErrorReason.MEMBER_NOT_FOUND,
        "the dialog has no such member",
        metadata={"dialog_id": dialog_id, "user_id": user_id},
        resource=Resource("chat3.member", f"{dialog_id}:{user_id}"),
    )


def last_member(dialog_id: str) -> CallError:
    """Return the failure for the removal of a dialog's last member."""
    return CallError(
        ErrorReason.LAST_MEMBER,
        "the last member of a dialog cannot leave it",
        metadata={"dialog_id": dialog_id},
        resource=Resource("chat3.dialog", dialog_id),
    )


def pack_not_found(pack_id: str) -> CallError:
    """Return the failure for a pack that is not there, or holds no dialog of the user."""
    return CallError(
        ErrorReason.PACK_NOT_FOUND,
        "the pack does not exist",
        metadata={"pack_id": pack_id},
        resource=Resource("chat3.pack", pack_id),
    )


def platform_too_old(needs: str) -> CallError:
    """Return the failure for a method that needs the platform's version ``needs``."""
    return CallError(
        ErrorReason.PLATFORM_TOO_OLD,
        f"this method needs version {needs} of the platform, which is older",
        metadata={"needs": needs},
    )


def page_token_invalid() -> CallError:
    """Return the failure for a page token that is damaged or belongs to another list."""
    return CallError(
        ErrorReason.PAGE_TOKEN_INVALID, "the page token is damaged or belongs to another list"
    )


def topic_not_found(topic_id: str) -> CallError:
    """Return the failure for a topic that the dialog does not have."""
    return CallError(
        ErrorReason.TOPIC_NOT_FOUND,
        "the dialog has no such topic",
        metadata={"topic_id": topic_id},
        resource=Resource("chat3.topic", topic_id),
    )


def upstream_unavailable(retry_after: float = 1.0) -> CallError:
    """Return the failure for a platform that is down; ``retry_after`` in seconds."""
    return CallError(
        ErrorReason.UPSTREAM_UNAVAILABLE,
        "the platform cannot be reached at the moment",
        retry_after=retry_after,
    )


def upstream_invalid_response(route: str) -> CallError:
    """Return the failure for an answer of the platform that cannot be understood."""
    return CallError(
        ErrorReason.UPSTREAM_INVALID_RESPONSE,
        "the platform sent a response that this service does not understand",
        metadata={"route": route},
    )


def upstream_rejected(route: str, http_status: int) -> CallError:
    """Return the failure for a request the platform refused against expectation."""
    return CallError(
        ErrorReason.UPSTREAM_REJECTED,
        "the platform refused the request",
        metadata={"route": route, "http_status": str(http_status)},
    )


def request_too_large(limit_bytes: int) -> CallError:
    """Return the failure for a request that exceeds what the platform takes."""
    return CallError(
        ErrorReason.REQUEST_TOO_LARGE,
        f"the request is larger than {limit_bytes} bytes",
        metadata={"limit_bytes": str(limit_bytes)},
    )


def metadata_too_large(limit_bytes: int) -> CallError:
    """Return the failure for a call with more metadata than this service takes."""
    return CallError(
        ErrorReason.METADATA_TOO_LARGE,
        f"the call's metadata is larger than {limit_bytes} bytes",
        metadata={"limit_bytes": str(limit_bytes)},
    )


def method_unknown(method: str) -> CallError:
    """Return the failure for a path that is no method of this service."""
    return CallError(
        ErrorReason.METHOD_UNKNOWN, "there is no such method", metadata={"method": method}
    )


def compression_unsupported() -> CallError:
    """Return the failure for a request that is compressed in an unknown way."""
    return CallError(
        ErrorReason.COMPRESSION_UNSUPPORTED, "this service accepts uncompressed requests and gzip"
    )


def message_count_invalid(problem: str) -> CallError:
    """Return the failure for a request with no message or several."""
    return CallError(ErrorReason.MESSAGE_COUNT_INVALID, f"{problem}; the method takes one")


def message_framing_invalid() -> CallError:
    """Return the failure for a message whose first byte does not fit its call."""
    return CallError(
        ErrorReason.MESSAGE_FRAMING_INVALID,
        "a message is marked as compressed, but the call names no encoding",
    )


def overloaded(retry_after: float) -> CallError:
    """Return the failure for a call while the process is at its limit of concurrent calls."""
    return CallError(
        ErrorReason.OVERLOADED,
        "the service process is at its limit of concurrent calls",
        retry_after=retry_after,
    )


def rate_limited(subject: str, kind: str, limit: str, retry_after: float) -> CallError:
    """Return the failure for a caller that calls more often than its limit allows."""
    return CallError(
        ErrorReason.RATE_LIMITED,
        f"the {subject} made more {kind} calls than {limit}",
        metadata={"calls": kind, "limit": limit, "subject": subject},
        retry_after=retry_after,
        quota=f"{kind} calls per {subject}",
    )


def deadline_exceeded() -> CallError:
    """Return the failure for a call that was not done in time."""
    return CallError(ErrorReason.DEADLINE_EXCEEDED, "the call did not end before its deadline")


def slow_consumer() -> CallError:
    """Return the failure that ends a stream whose client does not read as fast as updates come."""
    return CallError(
        ErrorReason.SLOW_CONSUMER,
        "the client reads more slowly than updates arrive",
        retry_after=1.0,
    )


def stream_max_age(retry_after: float) -> CallError:
    """Return the failure that ends a stream which was open for as long as a stream may be."""
    return CallError(
        ErrorReason.STREAM_MAX_AGE,
        "the stream reached its maximum age; subscribe again on a new connection",
        retry_after=retry_after,
    )


def shutting_down(retry_after: float) -> CallError:
    """Return the failure that ends calls and streams when the process is being stopped."""
    return CallError(
        ErrorReason.SHUTTING_DOWN,
        "the service process is stopping; retry on a new connection",
        retry_after=retry_after,
    )


def updates_unavailable() -> CallError:
    """Return the failure for a stream that cannot be opened without a broker."""
    return CallError(
        ErrorReason.UPDATES_UNAVAILABLE,
        "the service has no connection to its broker at the moment",
        retry_after=2.0,
    )


def too_many_streams(limit: int, subject: str = "user") -> CallError:
    """Return the failure for a user, or an API key, with as many open streams as one may have."""
    return CallError(
        ErrorReason.TOO_MANY_STREAMS,
        f"the {subject} has reached its limit of {limit} open streams on this worker",
        metadata={"limit": str(limit)},
        quota=f"streams per {subject}",
    )


def too_many_tenant_streams(limit: int) -> CallError:
    """Return the failure for a worker with as many streams of whole tenants as it may have."""
    return CallError(
        ErrorReason.TOO_MANY_STREAMS,
        f"this worker has reached its limit of {limit} open streams of whole tenants",
        metadata={"limit": str(limit)},
        quota="tenant streams per worker",
    )


def updates_log_unavailable() -> CallError:
    """Return the failure for a stream of a tenant where there is no updates log to follow."""
    return CallError(
        ErrorReason.UPDATES_LOG_UNAVAILABLE,
        "the broker has no updates log, or the log cannot be read at the moment",
        retry_after=30.0,
    )


def too_many_watched(limit: int, subject: str) -> CallError:
    """Return the failure for a stream, or an API key, that watches as many users as one may."""
    return CallError(
        ErrorReason.TOO_MANY_STREAMS,
        f"one {subject} can watch at most {limit} users on this worker",
        metadata={"limit": str(limit)},
        quota=f"watched users per {subject}",
    )


def resume_token_invalid(problem: str) -> CallError:
    """Return the failure for a resume token that cannot be read."""
    return CallError(
        ErrorReason.RESUME_TOKEN_INVALID,
        f"the resume token is {problem}",
        violations=(FieldViolation("resume_token", problem),),
    )


def resume_token_foreign() -> CallError:
    """Return the failure for another user's resume token."""
    return CallError(
        ErrorReason.RESUME_TOKEN_FOREIGN, "the resume token was issued to another user or tenant"
    )


def idempotency_key_reused() -> CallError:
    """Return the failure for a key that stands for another request."""
    return CallError(
        ErrorReason.IDEMPOTENCY_KEY_REUSED, "the idempotency key was used for a different request"
    )


def idempotency_outcome_unknown(retry_after: float) -> CallError:
    """Return the failure for a write that may or may not have happened."""
    return CallError(
        ErrorReason.IDEMPOTENCY_OUTCOME_UNKNOWN,
        "the service cannot find out at the moment whether an earlier call wrote",
        retry_after=retry_after,
    )


def idempotency_store_unavailable() -> CallError:
    """Return the failure for a keyed write while keys cannot be kept; nothing was written."""
    return CallError(
        ErrorReason.IDEMPOTENCY_STORE_UNAVAILABLE,
        "the store of idempotency keys cannot be reached at the moment; nothing was written",
        retry_after=1.0,
    )


def internal() -> CallError:
    """Return the failure for a fault of this service."""
    return CallError(ErrorReason.INTERNAL, "internal error")
