"""The parts of the service that methods may use."""

from collections.abc import Callable
from dataclasses import dataclass

from chat3_user.domain.access import Access
from chat3_user.domain.created_dialogs import CreatedDialogs
from chat3_user.domain.created_packs import CreatedPacks
from chat3_user.domain.created_topics import CreatedTopics
from chat3_user.domain.custom_data import CustomDataChanges
from chat3_user.domain.deleted import DeletedMessages
from chat3_user.domain.dialogs import Dialogs
from chat3_user.domain.direct_dialogs import DirectDialogs
from chat3_user.domain.existing_users import ExistingUsers
from chat3_user.domain.members import Members
from chat3_user.domain.message_changes import MessageChanges
from chat3_user.domain.messages import Messages
from chat3_user.domain.meta_indexes import MetaIndexes
from chat3_user.domain.meta_rules import MetaRules
from chat3_user.domain.pack_members import PackMembers
from chat3_user.domain.pack_reading import PackReading
from chat3_user.domain.packs import Packs
from chat3_user.domain.past_changes import PastChanges
from chat3_user.domain.past_marks import PastMarks
from chat3_user.domain.reading import Reading
from chat3_user.domain.sent_messages import SentMessages
from chat3_user.domain.tenant_history import TenantHistory
from chat3_user.domain.tenant_users import TenantUsers
from chat3_user.domain.users import Users
from chat3_user.idempotency import Once
from chat3_user.tenant_api import TenantApi
from chat3_user.tokens import UserTokens
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.settings import StreamSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """The parts that the composition root made; each has one owner, which is not a method."""

    api: TenantApi
    access: Access
    deleted: DeletedMessages
    sent: SentMessages
    past_marks: PastMarks
    past_changes: PastChanges
    messages: Messages
    message_changes: MessageChanges
    tenant_history: TenantHistory
    users: Users
    tenant_users: TenantUsers
    existing_users: ExistingUsers
    dialogs: Dialogs
    created_dialogs: CreatedDialogs
    direct_dialogs: DirectDialogs
    created_topics: CreatedTopics
    packs: Packs
    created_packs: CreatedPacks
    pack_members: PackMembers
    pack_reading: PackReading
    members: Members
    custom_data: CustomDataChanges
    meta_indexes: MetaIndexes
    meta_rules: MetaRules
    reading: Reading
    once: Once
    hub: Hub
    streams: StreamSettings
    tokens: UserTokens
    count_dropped: Callable[[str], None]
