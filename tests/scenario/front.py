"""The address that clients know: a load balancer before the workers, which can misbehave."""

import random
from collections.abc import Sequence

from support.faults.proxy import Proxy
from support.faults.workers import Worker


class Front(Proxy):
    """Links each connection to one of the workers that run, by chance."""

    def __init__(self, workers: Sequence[Worker], rng: random.Random) -> None:
        self._workers = workers
        self._rng = rng
        super().__init__(0)

    @property
    def target(self) -> int:
        """The port of a worker."""
        running = [worker for worker in self._workers if worker.running]
        return self._rng.choice(running or list(self._workers)).grpc_port

    @target.setter
    def target(self, _: int) -> None:
        """Ignore it: a target is chosen for each connection."""
