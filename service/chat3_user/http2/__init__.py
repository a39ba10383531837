"""The HTTP/2 listener: connections with limits, compressed headers, GOAWAY and drain."""

from chat3_user.http2.connection import Connection
from chat3_user.http2.server import Http2Server

__all__ = ["Connection", "Http2Server"]
