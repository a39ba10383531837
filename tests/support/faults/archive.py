"""A foreign back end that keeps all updates of its tenant, from one stream after another.

What it sees of a user is noted as if the user had a stream of their own, so that the checker judges
every user alone. ``kept`` is the whole, in the order in which it came.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from support.faults.client import StreamClient
from support.faults.history import (
    ClientHistory,
    Delivered,
    Ended,
    Established,
    Event,
    GapSeen,
    Recorder,
)
from support.faults.wire import FOLLOW, enum_numbers, message_class

_PACKAGE = "chat3.tenant.v1"

Named = tuple[str, str]
"""What names an update in its tenant: the user, and the update's id."""


class Archive(StreamClient):
    """One back end; ``histories`` are those of its users, who are of one tenant.

    ``kinds`` (names without their prefix) and ``dialogs`` are its filter. One that has a filter
    does not have all of any user: it is judged by a recording alone. ``begun`` is when the chain of
    its streams did.
    """

    def __init__(
        self,
        recorder: Recorder,
        histories: Sequence[ClientHistory],
        port: int,
        key: str,
        rng: random.Random,
        *,
        kinds: Sequence[str] = (),
        dialogs: Sequence[str] = (),
    ) -> None:
        super().__init__(recorder, histories[0], port, key, rng)
        numbers = enum_numbers("UpdateKind")
        self.update_kinds = tuple(numbers[f"UPDATE_KIND_{kind}"] for kind in kinds)
        self.kinds, self.dialogs = tuple(kinds), tuple(dialogs)
        self.kept: list[Named] = []
        self.begun = 0.0
        self.gaps: list[GapSeen] = []
        self._users = {history.address.user: history for history in histories}

    @property
    def histories(self) -> Sequence[ClientHistory]:
        return [] if self.kinds or self.dialogs else list(self._users.values())

    @property
    def tenant(self) -> str:
        return self.history.address.tenant

    @property
    def metadata(self) -> Mapping[str, str]:
        return {"x-api-key": self._key, "x-tenant-id": self.tenant}

    def _request(self) -> Any:
        request = message_class("SubscribeTenantUpdatesRequest", _PACKAGE)(
            resume_token=self.token, update_kinds=self.update_kinds, dialog_ids=self.dialogs
        )
        request.heartbeat_interval.seconds = self._heartbeat
        return request

    def _call(self, channel: Any) -> Any:
        return channel.unary_stream(
            FOLLOW,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_class(
                "SubscribeTenantUpdatesResponse", _PACKAGE
            ).FromString,
        )(self.next_request(), metadata=tuple(self.metadata.items()))

    def _saw(self, event: Event) -> None:
        """Note what came of a user in the user's history, and what is of nobody in all of them."""
        if isinstance(event, Delivered):
            self.kept.append((event.user, event.update_id))
            history = self._users.get(event.user)
            if history is not None:
                self._recorder.saw(history, event)
            return
        if isinstance(event, GapSeen):
            self.gaps.append(event)
            if event.reason != "GAP_REASON_LOG_UNREADABLE":
                # The place was lost: what follows begins anew.
                self.kept.clear()
                self.begun = event.to_time
        elif isinstance(event, Established) and not event.resumed_from:
            self.kept.clear()
            self.begun = event.at
        for history in self._users.values():
            self._recorder.saw(history, event)

    def _ends(self, ended: Ended) -> None:
        self._saw(ended)
