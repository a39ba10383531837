"""A user's dialogs and messages, from snapshots and updates, whoever reads them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from chat3_api.chat3.user.v1 import (
    Dialog,
    Message,
    PartialPack,
    PartialUser,
    Update,
    UserInfo,
    UserStats,
)
from chat3_client.store import picture as pictures
from chat3_client.store.merge import merge
from chat3_client.store.picture import Picture
from chat3_client.store.reads import Read


class LocalStore:
    """Takes what was read and what was published, in any order, and shows what is true in the end.

    `apply` takes updates in the order of the stream and returns what has to be read again; the
    `put_…` methods take what was read. `LiveStore` does both. ``keep_all`` keeps the messages of
    all dialogs; otherwise only those of dialogs that were opened.
    """

    def __init__(self, user_id: str, *, keep_all: bool = False) -> None:
        self._picture = Picture(user_id.lower(), opened=None if keep_all else set())
        self._recorders: list[list[Update]] = []

    @property
    def user_id(self) -> str:
        """The user who sees all this."""
        return self._picture.user_id

    @property
    def dialogs(self) -> list[Dialog]:
        """The dialogs, the one with the newest message first."""
        return self._picture.dialogs_in_order()

    def dialog(self, dialog_id: str) -> Dialog | None:
        """Return a dialog, if it is known."""
        return self._picture.dialogs.get(dialog_id)

    def messages(self, dialog_id: str) -> list[Message]:
        """Return the known messages of a dialog, oldest first."""
        return self._picture.history(dialog_id)

    def message(self, message_id: str) -> Message | None:
        """Return a message, if it is known."""
        return self._picture.messages.get(message_id)

    def unknown_fields(self, message_id: str) -> frozenset[str]:
        """Return the fields of a message that are not known yet: a new one has some."""
        return self._picture.untold.get(message_id, frozenset())

    @property
    def stats(self) -> UserStats | None:
        """The user's counters over all dialogs; None before the first update of them."""
        return self._picture.stats

    @property
    def profile(self) -> PartialUser | None:
        """The user's own profile, as far as updates have told it."""
        return self._picture.profile

    @property
    def packs(self) -> Mapping[str, PartialPack]:
        """What updates have told of packs, by id."""
        return self._picture.packs

    def is_open(self, dialog_id: str) -> bool:
        """Return whether a dialog's messages are kept."""
        return self._picture.keeps(dialog_id)

    def open(self, dialog_id: str) -> None:
        """Keep the messages of a dialog from now on."""
        if self._picture.opened is not None:
            self._picture.opened.add(dialog_id)

    def close_dialog(self, dialog_id: str) -> None:
        """Forget the messages of a dialog, and keep none from now on; the dialog itself stays.

        Without it the messages of every dialog that was ever opened stay in memory. A store that
        keeps all messages goes on to keep them.
        """
        if self._picture.opened is not None:
            self._picture.opened.discard(dialog_id)
            self._picture.forget_messages(dialog_id)

    def apply(self, update: Update) -> list[Read]:
        """Merge an update; return what has to be read again, for no update carries it."""
        for recorder in self._recorders:
            recorder.append(update)
        return merge(self._picture, update)

    def put_dialogs(self, dialogs: Iterable[Dialog]) -> None:
        """Take the whole list of dialogs; what is not in it is gone."""
        pictures.put_dialogs(self._picture, dialogs)

    def put_dialog(self, dialog_id: str, dialog: Dialog | None) -> None:
        """Take one dialog; None when the user is no member of it any more."""
        pictures.put_dialog(self._picture, dialog_id, dialog)

    def put_messages(self, messages: Iterable[Message]) -> None:
        """Take messages, whole."""
        pictures.put_messages(self._picture, messages)

    def put_myself(self, user: UserInfo | None, stats: UserStats | None) -> None:
        """Take the user's own profile and counters."""
        if user is not None:
            self._picture.user_id = self._picture.user_id or user.user_id
            self._picture.profile = PartialUser(
                user_id=user.user_id,
                type=user.type,
                create_time=user.create_time,
                meta=user.meta,
                display_name=user.display_name,
            )
        pictures.put_stats(self._picture, stats)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read within the block and put what was read.

        An answer can be older than updates that were merged while it was on its way. They are
        merged into it once more when the block ends, which changes nothing that it has already.
        """
        meanwhile: list[Update] = []
        self._recorders.append(meanwhile)
        try:
            yield
        finally:
            self._recorders = [each for each in self._recorders if each is not meanwhile]
        for update in meanwhile:
            merge(self._picture, update)
