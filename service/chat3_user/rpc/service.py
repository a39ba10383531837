"""A service of the contract: its generated base, served by the methods of a registry."""

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import grpclib.const
from betterproto2.grpclib import ServiceBase

from chat3_user.calls import CallChain
from chat3_user.calls.chain import Serve
from chat3_user.methods import Bidi, Dependencies, Method, Streaming


class Served(ServiceBase):
    """The methods of a registry, within the call chain; any other rpc is not served.

    A service inherits from this and from its generated base, and names its registry.
    """

    METHODS: ClassVar[Mapping[str, Method]]

    def __init__(self, chain: CallChain, dependencies: Dependencies) -> None:
        self._chain = chain
        self._dependencies = dependencies

    def __mapping__(self) -> dict[str, grpclib.const.Handler]:
        """Return what serves a `ServerCall`, by path."""
        rpcs: Mapping[str, grpclib.const.Handler] = super().__mapping__()  # type: ignore[misc]
        return {
            path: handler._replace(func=self._served(self.METHODS[name]))
            for path, handler in rpcs.items()
            if (name := path.rpartition("/")[2]) in self.METHODS
        }

    def _served(self, method: Method) -> Serve:
        if isinstance(method, Bidi):
            return self._chain.bidi(method, partial(method.run, self._dependencies))
        if isinstance(method, Streaming):
            return self._chain.streaming(method, partial(method.run, self._dependencies))
        return self._chain.unary(method, partial(method.run, self._dependencies))
