"""Members that the platform holds in another letter case: a refusal that has this cause says so.

User ids are lower case here, so that nobody is two people. The platform compares them as they are,
and other writers can add a member as `Zoe`: no call of `zoe`, who is the same person, finds that
membership. Only a call that was refused asks, and only for the caller's own id: a stranger learns
nothing of others, for whom the answer stays that they are no member or that there is no dialog.
"""

import asyncio
import re
from typing import Final

from cachetools import TTLCache

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api.query import WHOLE_PAGE, paged
from chat3_user.validation import Identity

REMEMBERED_SECONDS: Final = 5.0
_ANSWERS_MAX: Final = 10_000
# A refusal is not worth more waiting than this.
_PATIENCE: Final = 2.0
# The platform's filters have no escapes, and fold the case of ASCII for certain; what else an id
# holds matches any character, and is compared here.
_INEXACT: Final = re.compile("[^a-z0-9_-]")


class LetterCase:
    """Looks for the spelling under which a refused caller is a member; needs `read`."""

    def __init__(self, api: TenantApi) -> None:
        self._api = api
        self._answers: TTLCache[tuple[Identity, str], str | None] = TTLCache(
            _ANSWERS_MAX, REMEMBERED_SECONDS
        )

    async def named(self, error: CallError, identity: Identity, dialog_id: str) -> CallError:
        """Return the failure that says more than ``error``, or ``error`` itself.

        Never raises `CallError`: where the platform cannot be asked, the refusal stands as it is.
        """
        if error.reason is not ErrorReason.NOT_A_MEMBER:
            return error
        asked = (identity, dialog_id)
        if asked not in self._answers:
            try:
                async with asyncio.timeout(_PATIENCE):
                    self._answers[asked] = await self._spelling(identity, dialog_id)
            except (CallError, TimeoutError):
                return error
        spelling = self._answers.get(asked)
        return error if spelling is None else reasons.member_in_other_case(dialog_id, spelling)

    async def _spelling(self, identity: Identity, dialog_id: str) -> str | None:
        # tenant-api ignores case in it, and does not ask whether the caller is a member.
        pattern = f"^{_INEXACT.sub('.', identity.user_id)}$"
        query = paged(1, WHOLE_PAGE, f"(userId,regex,{pattern})")
        page = await self._api.call(routes.MEMBERS, identity, query=query, dialog_id=dialog_id)
        same = {row.user_id for row in page.data if row.user_id.lower() == identity.user_id}
        return min(same - {identity.user_id}, default=None)
