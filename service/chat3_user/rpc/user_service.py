"""UserService: the generated base, served by the methods of the registry."""

from functools import partial

import grpclib.const

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import CallChain
from chat3_user.calls.chain import Serve
from chat3_user.methods import METHODS, Dependencies, Method, Streaming


class UserService(pb.UserServiceBase):
    """The methods of the registry, within the call chain; any other rpc is not served."""

    def __init__(self, chain: CallChain, dependencies: Dependencies) -> None:
        self._chain = chain
        self._dependencies = dependencies

    def __mapping__(self) -> dict[str, grpclib.const.Handler]:
        """Return what serves a `ServerCall`, by path."""
        return {
            path: handler._replace(func=self._served(METHODS[name]))
            for path, handler in super().__mapping__().items()
            if (name := path.rpartition("/")[2]) in METHODS
        }

    def _served(self, method: Method) -> Serve:
        if isinstance(method, Streaming):
            return self._chain.streaming(method, partial(method.run, self._dependencies))
        return self._chain.unary(method, partial(method.run, self._dependencies))
