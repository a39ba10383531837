"""A service for tests: the real one and a platform's double, in the process of the tests.

Needs the extra `testing`. Everything is as in production (permissions, limits, idempotency,
streams, resume tokens), but the broker and the platform's database are in memory.
"""

from chat3_client.testing.service import TestService, running_service
from chat3_client.testing.threaded import ThreadedTestService, running_service_in_thread

__all__ = ["TestService", "ThreadedTestService", "running_service", "running_service_in_thread"]
