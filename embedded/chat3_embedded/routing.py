"""Routing keys of updates, in the forms of both generations, and while one replaces the other."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from chat3_embedded.generations import Generation


class Worker(Enum):
    """Which of the platform's two workers publishes an update."""

    UPDATES = "update-worker"
    COUNTERS = "counter-worker"


class KeyForm(StrEnum):
    """The form of the keys; the last two are a platform that is only partly rolled out."""

    OLD = "old"
    NEW = "new"
    # The update-worker is new already, the counter-worker is not yet.
    BY_WORKER = "by-worker"
    # Several workers of both generations share the queue: each update has either form.
    BY_CHANCE = "by-chance"


@dataclass(frozen=True, slots=True)
class Address:
    """Whom an update is for and of what kind it is."""

    tenant_id: str
    category: str
    user_type: str
    user_id: str
    segment: str


class RoutingKeys:
    """Writes the key of each update; `form` may be changed at any time, as in an upgrade."""

    def __init__(self, form: KeyForm) -> None:
        self.form = form

    @classmethod
    def of(cls, generation: Generation, form: KeyForm | None = None) -> RoutingKeys:
        """Return the keys of a generation, or those of the given form."""
        new = generation.can(Capability.TENANT_IN_ROUTING_KEY)
        return cls(form or (KeyForm.NEW if new else KeyForm.OLD))

    def key(self, address: Address, worker: Worker) -> str:
        """Return the one key under which an update is published."""
        tenant = (address.tenant_id,) if self._with_tenant(worker) else ()
        words = (address.category, *tenant, address.user_type, address.user_id, address.segment)
        return ".".join(("update", *words))

    def _with_tenant(self, worker: Worker) -> bool:
        if self.form is KeyForm.BY_WORKER:
            return worker is Worker.UPDATES
        if self.form is KeyForm.BY_CHANCE:
            return random.random() < 0.5  # noqa: PLR2004 - either form alike
        return self.form is KeyForm.NEW
