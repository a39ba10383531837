"""The transport: calls in, answers out; limits before anybody is known.

`ServerCall` is all that the call chain knows of it. Below stand the wire protocols (`grpc_call`,
`grpc_web_call`, `connect_*`; `protocols` chooses), HTTP (`http_stream`): HTTP/2 (`http2_*`) on
an engine, HTTP/1.1 (`http1_*`) on aiohttp's server; `first_bytes` chooses.
"""

from chat3_user.transport.call import Peer, Route, ServerCall
from chat3_user.transport.cors import CorsSettings
from chat3_user.transport.http_stream import ClientGoneError, SlowClientError
from chat3_user.transport.library import library_route
from chat3_user.transport.limits import ConnectionLimits
from chat3_user.transport.listener import Connection, Listener
from chat3_user.transport.places import Places

__all__ = [
    "ClientGoneError",
    "Connection",
    "ConnectionLimits",
    "CorsSettings",
    "Listener",
    "Peer",
    "Places",
    "Route",
    "ServerCall",
    "SlowClientError",
    "library_route",
]
