"""Prints the updates of many users from one stream."""

from contextlib import aclosing

from chat3_api.chat3.tenant.v1 import WatchRefused, WatchUpdatesResponse
from chat3_cli.failures import EXIT_OK, of_a_refused_request, title
from chat3_cli.session import OpenSession
from chat3_cli.style import safe
from chat3_cli.watching import Printing
from chat3_client import Disconnected, WatchedUsers


class WatchingUsers(Printing[WatchUpdatesResponse]):
    """One run of `chat3 tenant updates watch`.

    The library keeps each user's token in memory: a run that begins anew begins with the present.
    """

    async def run(self, open_session: OpenSession) -> int:
        """Print updates until enough were seen, or until the stream fails for good."""
        watched = False
        async with (
            open_session() as session,
            session.back_end.watch(self.args.user_ids, heartbeat=self.heartbeat) as stream,
            aclosing(stream.responses()) as responses,
        ):
            async for response in responses:
                if isinstance(response, Disconnected):
                    self.lost(response)
                    continue
                if response.refused is not None:
                    self._refused(response.refused, stream)
                self.show(response)
                if response.acknowledged is not None and response.acknowledged.watched:
                    watched = True
                if watched and self.left == 0:
                    break
        return EXIT_OK

    def line_of(self, response: WatchUpdatesResponse) -> str | None:
        """Return the line of a response behind the user whom it is about."""
        if response.acknowledged is not None or response.refused is not None:
            return None
        if response.dropped is not None:
            line: str | None = f"dropped: {safe(str(response.dropped.reason))}"
        else:
            line = self.renderer.line(response)
        return self.for_user(response.user_id, line)

    def _refused(self, refused: WatchRefused, stream: WatchedUsers) -> None:
        """End when somebody is not to be watched; what passes, the library asks again."""
        error = of_a_refused_request(refused)
        if len(stream.users) < len({user.lower() for user in self.args.user_ids}):
            raise error
        self.out.warning(title(error))
