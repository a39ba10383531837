"""The transport: calls in, answers out; limits before anybody is known.

`ServerCall` is all that the call chain knows of it. Below stand the wire protocol (`grpc_*`),
HTTP/2 (`connection`, `stream`), and the engine.
"""

from chat3_user.transport.call import Peer, Route, ServerCall
from chat3_user.transport.connection import Http2Connection
from chat3_user.transport.library import library_route
from chat3_user.transport.limits import ConnectionLimits
from chat3_user.transport.listener import Listener
from chat3_user.transport.places import Places
from chat3_user.transport.stream import ClientGoneError, SlowClientError

__all__ = [
    "ClientGoneError",
    "ConnectionLimits",
    "Http2Connection",
    "Listener",
    "Peer",
    "Places",
    "Route",
    "ServerCall",
    "SlowClientError",
    "library_route",
]
