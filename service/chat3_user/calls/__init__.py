"""The call chain: what happens to every call before and after its method runs."""

from chat3_user.calls.call import Asked, Call
from chat3_user.calls.callers import Callers
from chat3_user.calls.chain import CallChain
from chat3_user.calls.service import Service, service_of

__all__ = ["Asked", "Call", "CallChain", "Callers", "Service", "service_of"]
