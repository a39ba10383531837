"""Operators read the API documentation at /docs, with all its pages."""

import re

from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from chat3_user.ops import create_ops_app, documentation


async def test_the_documentation_is_served_with_what_its_pages_load() -> None:
    async with TestClient(TestServer(create_ops_app())) as client:
        landing = await client.get("/docs")
        assert landing.url.path == "/docs/index.html"
        text = await landing.text()
        page = re.search(r'href="([\w./-]+/SubscribeUpdates\.html)', text)
        assert page is not None
        deep = await client.get(f"/docs/{page[1]}")
        assert deep.status == 200
        addresses = re.findall(r'(?:script src|stylesheet" href)="([^"]+)"', await deep.text())
        assert len(addresses) >= 5
        for address in addresses:
            asset = await client.get(deep.url.join(URL(address)).path)
            assert asset.status == 200, address


def test_the_installed_documentation_has_its_landing_page() -> None:
    folder = documentation()

    assert folder is not None
    assert (folder / "assets/search-index.js").exists()
