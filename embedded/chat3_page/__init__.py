"""The page of the demo: a chat in the browser, and the small back end that signs its users in."""

from chat3_page.issuing import BackEnd, back_end
from chat3_page.server import Page, SignInError, UserToken, create_page_app, serve_page

__all__ = [
    "BackEnd",
    "Page",
    "SignInError",
    "UserToken",
    "back_end",
    "create_page_app",
    "serve_page",
]
