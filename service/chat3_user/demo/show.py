"""The demo as a whole: a platform before the service starts, a page and a welcome once it runs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from chat3_user.demo.own_listener import own_listener
from chat3_user.demo.page import PageListener, page_listener, serving_page
from chat3_user.demo.platform import DemoPlatform, demo_platform
from chat3_user.demo.settings import DemoSettings
from chat3_user.demo.welcome import print_welcome
from chat3_user.tls.settings import TlsFiles
from chat3_user.transport.cors import CorsSettings
from chat3_user.updates.amqp.settings import AmqpSettings
from chat3_user.updates.broker import Broker


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo whose platform runs, and whose page waits for the service."""

    platform: DemoPlatform
    page: PageListener | None

    def calling(self, cors: CorsSettings) -> CorsSettings:
        """Return the allow list of origins, with the page's."""
        return cors if self.page is None else self.page.calling(cors)

    @asynccontextmanager
    async def shown(self, host: str, port: int, tls: TlsFiles) -> AsyncIterator[None]:
        """Serve the page for the block, now that the service listens, and print what to try."""
        own = await own_listener(host, port, tls)
        async with AsyncExitStack() as stack:
            if self.page is not None:
                await stack.enter_async_context(serving_page(self.page, self.platform, own))
            print_welcome(own, tls, self.platform, self.page.url if self.page else "")
            yield


@asynccontextmanager
async def open_demo(
    settings: DemoSettings, rabbitmq: AmqpSettings, broker: Broker, page_host: str | None
) -> AsyncIterator[Demo]:
    """Run the platform within the block; without ``page_host`` the demo has no page."""
    async with AsyncExitStack() as stack:
        page = page_host and stack.enter_context(page_listener(page_host, settings.page_port))
        platform = await stack.enter_async_context(demo_platform(settings, rabbitmq, broker))
        yield Demo(platform, page or None)
