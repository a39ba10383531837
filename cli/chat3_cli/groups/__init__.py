"""All commands, by the kind of thing that they are about."""

from collections.abc import Sequence

from chat3_cli.command import Group
from chat3_cli.groups.dialogs import DIALOGS
from chat3_cli.groups.health import HEALTH
from chat3_cli.groups.me import ME
from chat3_cli.groups.members import MEMBERS
from chat3_cli.groups.messages import MESSAGES
from chat3_cli.groups.packs import PACKS
from chat3_cli.groups.profiles import PROFILES
from chat3_cli.groups.setup import SETUP
from chat3_cli.groups.tenant import BACK_END
from chat3_cli.groups.tenant.dialogs import TENANT_DIALOGS
from chat3_cli.groups.tenant.members import TENANT_MEMBERS
from chat3_cli.groups.tenant.messages import TENANT_MESSAGES
from chat3_cli.groups.tenant.meta_indexes import TENANT_META_INDEXES
from chat3_cli.groups.tenant.packs import TENANT_PACKS
from chat3_cli.groups.tenant.tokens import TENANT_TOKENS
from chat3_cli.groups.tenant.topics import TENANT_TOPICS
from chat3_cli.groups.tenant.updates import TENANT_UPDATES
from chat3_cli.groups.tenant.users import TENANT_USERS
from chat3_cli.groups.topics import TOPICS
from chat3_cli.groups.updates import UPDATES
from chat3_cli.groups.users import USERS

__all__ = ["BACK_END", "GROUPS"]

GROUPS: Sequence[Group] = (
    DIALOGS,
    MEMBERS,
    MESSAGES,
    TOPICS,
    USERS,
    ME,
    PACKS,
    UPDATES,
    TENANT_USERS,
    TENANT_DIALOGS,
    TENANT_MEMBERS,
    TENANT_MESSAGES,
    TENANT_TOPICS,
    TENANT_PACKS,
    TENANT_META_INDEXES,
    TENANT_UPDATES,
    TENANT_TOKENS,
    SETUP,
    PROFILES,
    HEALTH,
)
