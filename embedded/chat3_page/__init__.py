"""The page of the demo: a chat in the browser, and the small back end that signs its users in."""

from chat3_page.server import Page, UserToken, create_page_app, serve_page

__all__ = ["Page", "UserToken", "create_page_app", "serve_page"]
