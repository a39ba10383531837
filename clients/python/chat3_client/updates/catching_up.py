"""What a user has missed, without a stream: for programs that wake up for a moment."""

from collections.abc import AsyncIterator, Awaitable, Callable

from chat3_api.chat3.user.v1 import ListUpdatesResponse, Update
from chat3_client.failures import ResumeTokenRefusedError
from chat3_client.updates.events import Gap
from chat3_client.updates.resume import ResumeStore


async def missed_updates(
    list_updates: Callable[[str], Awaitable[ListUpdatesResponse]], store: ResumeStore
) -> AsyncIterator[Update | Gap]:
    """Yield everything behind the stored token, and save the token page by page.

    A page counts as dealt with when what follows it is asked for. The first time there is no token:
    nothing is yielded, and the token of the present is saved; read dialogs and messages after that.
    """
    token = await store.load()
    while True:
        refused = ""
        try:
            page = await list_updates(token)
        except ResumeTokenRefusedError as error:
            if not token:
                raise
            refused = error.reason
            page = await list_updates("")
        if refused:
            yield Gap(refused)
        elif page.gap is not None:
            yield Gap.of(page.gap)
        for update in page.updates:
            yield update
        token = page.next_resume_token
        await store.save(token)
        if not page.has_more:
            return
