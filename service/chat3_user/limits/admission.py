"""Who is let in: calls while this worker has room, streams while their API key may have more.

A worker with more calls than it can serve answers all of them late; one that refuses the rest at
once serves as many as it can. No address and no key holds all places, and neither do all strangers
together: a key counts as a stranger's until the platform has taken it. A user who was proved shares
a key with all users of an app, and has half of what the key has.
"""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError, reasons
from chat3_user.limits.keys import KnownKeys
from chat3_user.limits.rates import Kind, Rates
from chat3_user.limits.settings import PlaceSettings
from chat3_user.transport import Peer, Places
from chat3_user.validation import Identity

Prove = Callable[[Identity], Awaitable[object]]

_SHARE: Final = 0.8
"""The part of all places that one address, one key, or all unproved callers may have."""

_USERS_SHARE: Final = 0.4
"""The part of all places that one user may have who was proved."""

_OPENINGS: Final = 5000
"""Streams of unproved callers that may be opening at once: a new worker's clients all come as such,
and each is proved, or gone, as soon as the platform has answered."""

_NOT_OF_THE_KEY: Final = frozenset(
    {ErrorReason.PERMISSION_MISSING, ErrorReason.TENANT_NOT_FOUND, ErrorReason.USER_NOT_FOUND}
)
"""Failures of a proof that only a caller with a good key gets to see."""


class Opening:
    """A stream whose caller may not be proved yet."""

    def __init__(self, proved: Callable[[], None]) -> None:
        self._proved: Callable[[], None] | None = proved

    def proved(self) -> None:
        """Note that the stream's caller is proved."""
        if self._proved is not None:
            self._proved()
            self._proved = None


class CallPlace(AbstractContextManager[None]):
    """The place of one unary call; a class, because every call has one."""

    __slots__ = ("_address", "_key", "_keys", "_places", "_strange", "_unproved")

    def __init__(
        self, places: Places, unproved: Places, keys: KnownKeys, key: str, address: str
    ) -> None:
        self._places = places
        self._unproved = unproved
        self._keys = keys
        self._key = key
        self._address = address
        self._strange = False

    def __enter__(self) -> None:
        """Take the place."""
        strange = not self._keys.proved(self._key)
        if strange:
            self._keys.check(self._address)
        self._places.take(self._address, (self._key,))
        if strange:
            try:
                self._unproved.take(self._address)
            except CallError:
                self._places.free(self._address, (self._key,))
                raise
        self._strange = strange

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        """Give the place back; note what the platform said of the key."""
        self._places.free(self._address, (self._key,))
        if self._strange:
            self._unproved.free(self._address)
            if error is None:
                self._keys.note_proved(self._key)
        if isinstance(error, CallError) and error.reason is ErrorReason.API_KEY_INVALID:
            self._keys.note_refused(self._key, self._address)


class UserPlace(AbstractContextManager[None]):
    """The place of one unary call of a user who was proved, within ``place``."""

    __slots__ = ("_place", "_user", "_users")

    def __init__(self, users: Places, identity: Identity, place: CallPlace) -> None:
        self._users = users
        self._user = (identity.tenant_id, identity.user_id)
        self._place = place

    def __enter__(self) -> None:
        """Take the place."""
        self._users.take(self._user)
        try:
            self._place.__enter__()
        except CallError:
            self._users.free(self._user)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        """Give the place back."""
        self._users.free(self._user)
        self._place.__exit__(kind, error, trace)


class Admission:
    """Places and rates of one worker; ``prove`` asks the platform about a key."""

    def __init__(
        self,
        settings: PlaceSettings,
        rates: Rates,
        keys: KnownKeys,
        prove: Prove | None = None,
    ) -> None:
        share = math.ceil(settings.calls * _SHARE)
        self._places = Places(settings.calls, share)
        self._unproved = Places(share, share)
        self._users = Places(settings.calls, math.ceil(settings.calls * _USERS_SHARE))
        openings = max(settings.streams_per_key, _OPENINGS)
        self._openings = Places(openings, math.ceil(openings * _SHARE))
        self._streams_max = settings.streams_per_key
        self._streams: Counter[str] = Counter()
        self._keys = keys
        self._prove = prove
        self.rates = rates

    @property
    def calls(self) -> int:
        """The number of unary calls under way."""
        return self._places.taken

    @property
    def streams(self) -> int:
        """The number of streams under way."""
        return self._streams.total()

    def call(self, identity: Identity, peer: Peer) -> AbstractContextManager[None]:
        """Return the place of a unary call, to be entered.

        Entering raises `CallError`; the outcome tells whether the call's key is good.
        """
        place = CallPlace(self._places, self._unproved, self._keys, identity.api_key, peer.address)
        return UserPlace(self._users, identity, place) if identity.user_proved else place

    @contextmanager
    def stream(self, identity: Identity, peer: Peer) -> Iterator[Opening]:
        """Hold a place for a stream of the caller's API key.

        Raises `CallError`.
        """
        key = identity.api_key
        if self._streams[key] >= self._streams_max:
            raise reasons.too_many_streams(self._streams_max, "API key")
        with ExitStack() as unproved:
            if not self._keys.proved(key):
                self._keys.check(peer.address)
                unproved.enter_context(self._openings.place(peer.address))

            def proved() -> None:
                self._keys.note_proved(key)
                unproved.close()

            self._streams[key] += 1
            try:
                with self._judged(key, peer.address):
                    yield Opening(proved)
            finally:
                self._streams[key] -= 1
                if not self._streams[key]:
                    del self._streams[key]

    async def spend(self, kind: Kind, identity: Identity, trailing: dict[str, str]) -> None:
        """Spend the rates of a call, in the name of who is proved.

        Raises `CallError`.
        """
        if not self.rates.limited:
            return
        if self._prove is not None and not self._keys.proved(identity.api_key):
            try:
                await self._prove(identity)
            except CallError as error:
                if error.reason not in _NOT_OF_THE_KEY:
                    raise
            self._keys.note_proved(identity.api_key)
        await self.rates.spend(kind, identity, trailing)

    @contextmanager
    def _judged(self, key: str, address: str) -> Iterator[None]:
        try:
            yield
        except CallError as error:
            if error.reason is ErrorReason.API_KEY_INVALID:
                self._keys.note_refused(key, address)
            raise
