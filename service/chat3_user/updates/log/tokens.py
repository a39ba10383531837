"""Resume tokens: where a stream was, in a form that any worker can go on from.

A token names a position in the updates log behind which everything has been delivered, and the
updates delivered since. It is bound to its user, versioned, and protected against damage; it is no
secret and grants nothing, for the caller's identity is proved anew with every call.
"""

import base64
import binascii
import hashlib
import struct
from collections import deque
from collections.abc import Sequence

import msgspec

from chat3_user.updates.broker import LogPosition

ID_BYTES = 6
IDS_MAX = 16
"""A token carries the digests of so many updates that were delivered, the last ones."""

NO_FEED = bytes(4)
"""The issuer of tokens that stand for a place in the log, and in no memory."""

_VERSION = 1
_HEAD = struct.Struct(">B6s4sQQqIB")
_CHECK_BYTES = 4
_NO_OFFSET = -1
_FUTURE_MS = 300_000


class TokenError(Exception):
    """The token is damaged, of an unknown version, or from the future."""


class ForeignTokenError(Exception):
    """The token was issued to another user or tenant."""


class Token(msgspec.Struct, frozen=True):
    """A stream's position.

    ``scope`` names tenant and user, ``feed`` what issued the token in some worker and ``sequence``
    its count of updates for the user: together they find the place in that feed's memory.
    ``position`` finds it in the log: everything up to it was delivered, and so were ``ids``, the
    oldest first. ``complete`` says that ``ids`` are all since the position, not just the last.
    The first ``passed`` of complete ids stand before the position: what is published once more
    is not delivered once more.
    """

    scope: bytes
    feed: bytes
    sequence: int
    time_ms: int
    position: LogPosition | None
    ids: Sequence[bytes]
    complete: bool
    passed: int = 0

    def encode(self) -> str:
        """Return the token as text: URL-safe, at most 200 characters."""
        position = self.position or LogPosition(_NO_OFFSET, 0)
        raw = b"".join(
            (
                _HEAD.pack(
                    _VERSION,
                    self.scope,
                    self.feed,
                    self.sequence,
                    self.time_ms,
                    position.offset,
                    position.checksum,
                    # Workers of an older version read whether this is zero.
                    1 + self.passed if self.complete else 0,
                ),
                *self.ids,
            )
        )
        return base64.urlsafe_b64encode(raw + _check(raw)).rstrip(b"=").decode()


def decode_token(text: str, scope: bytes, now_ms: int) -> Token:
    """Return the token in ``text``.

    Raises `TokenError`, or `ForeignTokenError` when it is sound but not of ``scope``.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenError("not base64") from error
    body, check = raw[:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
    if not body or body[0] != _VERSION:
        raise TokenError("of an unknown version")
    ids = body[_HEAD.size :]
    if len(body) < _HEAD.size or check != _check(body) or len(ids) % ID_BYTES:
        raise TokenError("damaged")
    _, owner, feed, sequence, time_ms, offset, checksum, complete = _HEAD.unpack_from(body)
    passed = max(0, complete - 1)
    if passed * ID_BYTES > len(ids):
        raise TokenError("damaged")
    if owner != scope:
        raise ForeignTokenError
    if time_ms > now_ms + _FUTURE_MS:
        raise TokenError("from the future")
    return Token(
        scope=owner,
        feed=feed,
        sequence=sequence,
        time_ms=time_ms,
        position=None if offset == _NO_OFFSET else LogPosition(offset, checksum),
        ids=[ids[start : start + ID_BYTES] for start in range(0, len(ids), ID_BYTES)],
        complete=bool(complete),
        passed=passed,
    )


def scope_of(tenant_id: str, user_id: str) -> bytes:
    """Return the digest of a tenant's user that binds tokens to it."""
    return hashlib.blake2b(f"{tenant_id}\0{user_id}".encode(), digest_size=6).digest()


def digest_of(update_id: str) -> bytes:
    """Return the digest of an update id that stands for it in tokens."""
    return hashlib.blake2b(update_id.encode(), digest_size=ID_BYTES).digest()


def _check(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=_CHECK_BYTES).digest()


class Missed:
    """Tells, update by update in the log's order, which ones a stream has not had yet.

    ``ids`` are the digests of updates it had behind its position; the first ``passed`` of them
    before it. When they are not ``complete``, everything before the first of the newest half of
    them is taken as had: the log may differ from the order of delivery by as many places as a
    quarter of the ids.
    """

    __slots__ = ("_ahead", "_had", "_ids", "_passed", "_waiting_for")

    def __init__(self, ids: Sequence[bytes], *, complete: bool, passed: int = 0) -> None:
        self._ids = ids
        self._had = set(ids)
        self._waiting_for = None if complete else set(ids[len(ids) // 2 :])
        self._passed = deque(ids[:passed], IDS_MAX)
        self._ahead = dict.fromkeys(ids[passed:])

    @classmethod
    def since(cls, token: Token) -> "Missed":
        """Return what a stream has not had whose position ``token`` is."""
        return cls(token.ids, complete=token.complete, passed=token.passed)

    def admits(self, digest: bytes) -> bool:
        """Return whether the update must be delivered."""
        if digest in self._ahead:
            del self._ahead[digest]
            self._passed.append(digest)
        if self._waiting_for is not None:
            if digest not in self._waiting_for:
                return False
            self._waiting_for = None
        return digest not in self._had

    @property
    def lost_track(self) -> bool:
        """Whether the place was never found: what was read cannot be told apart."""
        return self._waiting_for is not None

    def is_fresh(self, digest: bytes) -> bool:
        """Return whether the update has not been delivered, wherever its place in the log."""
        return digest not in self._had

    def had(self, digest: bytes) -> None:
        """Note that the update has been delivered after all."""
        self._had.add(digest)
        self._passed.append(digest)

    def token_within(self, token: Token, position: LogPosition) -> Token:
        """Return the token of a stream that began at ``token`` and has had all up to ``position``.

        What was judged so far are the updates up to there; more of them follow in the log.
        """
        if self.lost_track:
            return _moved(token, position, self._ids, complete=False)
        ahead = list(self._ahead)
        passed = list(self._passed)[max(0, len(self._passed) + len(ahead) - IDS_MAX) :]
        return _moved(token, position, [*passed, *ahead], passed=len(passed))

    def token_at_end(self, token: Token, end: LogPosition, time_ms: int) -> Token:
        """Return the token of a stream that has had all that was published by ``time_ms``."""
        # What is not found by now never reached the log; it could still be published again.
        ids = [] if self.lost_track else [*self._ahead, *self._passed][-IDS_MAX:]
        return msgspec.structs.replace(_moved(token, end, ids, passed=len(ids)), time_ms=time_ms)


def _moved(
    token: Token,
    position: LogPosition,
    ids: Sequence[bytes],
    *,
    complete: bool = True,
    passed: int = 0,
) -> Token:
    return Token(
        scope=token.scope,
        feed=NO_FEED,
        sequence=0,
        time_ms=token.time_ms,
        position=position,
        ids=ids,
        complete=complete,
        passed=passed,
    )
