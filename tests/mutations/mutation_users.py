"""Users whom a back end creates, and what the platform has of them."""

from dataclasses import dataclass

import msgspec
from mutation_cases import BACK_END
from mutation_creations import Creation
from mutation_tally import Tally

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.store import Store
from support.gateway import TENANT

_TYPE = "bot"
_TELL = frozenset({"user.add", "user.changed"})


@dataclass
class NewUser(Creation):
    """A user with open data; the caller's own id in the metadata is not read."""

    method = BACK_END + "CreateUser"
    response = pb.CreateUserResponse

    @property
    def user_id(self) -> str:
        return f"user-{self.key}".lower()

    @property
    def request(self) -> pb.CreateUserRequest:
        return pb.CreateUserRequest(
            user_id=self.user_id,
            type=_TYPE,
            meta=Struct.from_dict(dict(self.meta)),
            idempotency_key=self.key,
        )


def check_user(store: Store, case: NewUser, tally: Tally) -> None:
    """Count what is broken about a user's creation, once nothing more is to come."""
    if not case.answers:
        tally.breaks("unanswered", case.key)
        return
    row = store.users.get(TENANT, case.user_id)
    if row is None:
        tally.breaks("lost", case.key)
    elif row.type != _TYPE or store.meta.of(TENANT, "user", case.user_id) != case.meta:
        tally.breaks("incomplete", case.key)
    if any(answer != case.answers[0] for answer in case.answers):
        tally.breaks("phantom", f"{case.key}: answers differ")
    updates = (msgspec.json.decode(outgoing.body) for outgoing in store.outgoing.kept())
    about = [
        update["data"]["user"].get("meta")
        for update in updates
        if update["userId"] == case.user_id and update["sourceEventType"] in _TELL
    ]
    if not about or about[-1] != case.meta:
        tally.breaks("unannounced", f"{case.key}: told {about}")
