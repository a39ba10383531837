"""RabbitMQ as a broker that may come and go: one session at a time, supervised."""

import asyncio
import logging
import random
import secrets
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress

from aiormq.abc import AbstractConnection
from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelPreconditionFailed,
    ConnectionNotImplemented,
)

from chat3_user.logs.words import described
from chat3_user.metrics.broker import BrokerMetrics
from chat3_user.metrics.instruments import Instruments
from chat3_user.updates.amqp.connection import connect_any
from chat3_user.updates.amqp.deliveries import Deliveries
from chat3_user.updates.amqp.failures import (
    FAILURES,
    BrokerProblem,
    cancelled_by_owner,
    end_if_cancelled,
    problem_of,
    unavailable,
)
from chat3_user.updates.amqp.log import AmqpLog
from chat3_user.updates.amqp.log_declaration import LogDeclaration, log_arguments
from chat3_user.updates.amqp.node_losses import NodeLosses
from chat3_user.updates.amqp.session import AmqpSession, SessionEndedError
from chat3_user.updates.broker import BrokerUnavailableError, LogError, Sink
from chat3_user.updates.delivery_limits import DeliveryLimits

log = logging.getLogger(__name__)

_Failures = (*FAILURES, SessionEndedError, LogError)
_Refusals = (ChannelAccessRefused, ChannelPreconditionFailed, ConnectionNotImplemented)

_START_TIMEOUT = 60.0

_START_TIMEOUT_OF_SEVERAL = 10.0
"""Seconds after which another queue is tried where there are several nodes: the one that has it may
hang."""

_LOG_TIMEOUT = 10.0

_LOG_RETRY = 10.0
"""Seconds between attempts, while the session goes on, to get a log that failed or to reach a node
that is away."""


class AmqpBroker:
    """Keeps a session alive, begins another after every loss, and says what became of it.

    ``nodes`` are the URLs of a cluster's nodes, or of the only one; a session is with any of them.
    ``retention_seconds`` and ``retention_bytes`` bound the updates log, ``limits`` bound what is
    under way; ``back_off`` (seconds) is the shortest and the longest wait between two attempts to
    connect. ``traced`` has the trace contexts of updates read from their headers.
    """

    def __init__(
        self,
        nodes: Sequence[str],
        *,
        exchange: str,
        log_queue: str,
        worker: str,
        retention_seconds: int,
        retention_bytes: int,
        replicas: int = 3,
        connect_timeout: float = 10.0,
        back_off: tuple[float, float] = (0.2, 10.0),
        tls: ssl.SSLContext | None = None,
        limits: DeliveryLimits,
        metrics: BrokerMetrics | None = None,
        traced: bool = False,
    ) -> None:
        self._metrics = metrics or BrokerMetrics(Instruments())
        self._nodes = nodes
        self._traced = traced
        self._tls = tls
        self._limits = limits
        self._exchange = exchange
        self._log_queue = log_queue
        self._worker = worker
        self._connect_timeout = connect_timeout
        self._back_off = back_off
        self._delay = back_off[0]
        self._log = AmqpLog(log_queue)
        self._losses = NodeLosses(nodes, log_queue, tls)
        self._declaration = LogDeclaration(
            self._log,
            self._losses,
            exchange=exchange,
            queue=log_queue,
            arguments=log_arguments(retention_seconds, retention_bytes, replicas),
        )
        self._whole_queue: str | None = None
        """The queue that has missed nothing and can be resumed."""
        self._session: AmqpSession | None = None
        self._begun = False
        self._supervisor: asyncio.Task[None] | None = None
        self.problem: BrokerProblem | None = None
        """Why the last session ended."""
        self.log_problem: str | None = "not declared yet"
        self._log_failing_since: float | None = None

    def _new_queue(self) -> str:
        host = socket.gethostname()
        return f"{self._exchange}.worker.{host}.{self._worker}.{secrets.token_hex(4)}"

    @property
    def log(self) -> AmqpLog:
        """The updates log."""
        return self._log

    @property
    def live(self) -> bool:
        """Whether there is a session."""
        return self._session is not None

    async def open(self, sink: Sink) -> None:
        """Begin to connect; `Sink.regained` tells when it succeeded."""
        self._supervisor = asyncio.create_task(self._supervise(sink), name="amqp-broker")

    async def close(self) -> None:
        """End the session; its queue goes with it."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor

    async def send_barrier(self, barrier: str) -> None:
        """Send a barrier through the queue."""
        if self._session is None:
            raise BrokerUnavailableError
        with unavailable():
            await self._session.send_barrier(barrier)

    async def _supervise(self, sink: Sink) -> None:
        longest = self._back_off[1]
        while True:
            problem = BrokerProblem("unreachable", "the session ended")
            try:
                await self._run_session(sink)
            except _Failures as error:
                problem = problem_of(error)
            except asyncio.CancelledError:
                if cancelled_by_owner():
                    raise
                problem = BrokerProblem("unreachable", "the connection was lost")
                log.warning("aiormq cancelled the session", exc_info=True)
            except Exception as error:
                problem = BrokerProblem("unreachable", described(error))
                log.exception("broker session failed")
            self.problem = problem
            if cancelled_by_owner():
                # aiormq can turn a cancellation into an error of its own.
                return
            if self._begun:
                self._metrics.session_lost()
            else:
                self._metrics.session_failed()
            log.warning(
                "broker session ended",
                extra={"problem": problem.text, "retry_in_s": self._delay},
            )
            await asyncio.sleep(self._delay * random.uniform(0.5, 1.0))
            self._delay = min(longest, self._delay * 2)

    async def _run_session(self, sink: Sink) -> None:
        deliveries, self._begun = Deliveries(), False
        connection = await connect_any(
            self._nodes, deliveries, timeout=self._connect_timeout, tls=self._tls
        )
        session = AmqpSession(
            connection,
            deliveries,
            exchange=self._exchange,
            log_queue=self._log_queue,
            sink=sink,
            limits=self._limits,
            traced=self._traced,
        )
        try:
            await self._open_log(connection, deliveries, self._limits.log_patience)
            kept = await self._start(session)
            end_if_cancelled()
            self._session = session
            self._delay = self._back_off[0]
            self._begun = True
            self._metrics.session_begun()
            log.info(
                "broker session is live",
                extra={"queue": session.queue, "kept": kept},
            )
            sink.regained(complete=kept)
            await self._until_ended(session, connection, deliveries)
        finally:
            self._log.detach()
            if cancelled_by_owner():
                await session.delete()
            if self._session is not None:
                # Before the close, which can take seconds: nothing comes any more.
                self._session = None
                sink.lost()
            async with session.judging:
                if session.unbound:
                    self._whole_queue, self._declaration.was_unbound = None, True
            await session.close()

    async def _start(self, session: AmqpSession) -> bool:
        """Start a session; return whether its queue has all that was published meanwhile."""
        several = len(self._nodes) > 1
        async with asyncio.timeout(_START_TIMEOUT_OF_SEVERAL if several else _START_TIMEOUT):
            if self._whole_queue is not None and await session.resume(self._whole_queue):
                return True
            # Never by the same name again: the old queue is left to expire, and so is one whose
            # declaration still waits in a connection that has failed.
            self._whole_queue = None
            await session.start(self._new_queue())
            if self.log_problem is None and not await session.log_is_bound():
                self._declaration.was_unbound = True
                raise SessionEndedError("the exchange was deleted meanwhile")
        # A queue misses what is published by way of other nodes while its own is away.
        self._whole_queue = None if several else session.queue
        return False

    async def _until_ended(
        self, session: AmqpSession, connection: AbstractConnection, deliveries: Deliveries
    ) -> None:
        ended = asyncio.ensure_future(session.ended())
        keeping = asyncio.ensure_future(self._keep(connection, deliveries))
        try:
            await asyncio.wait({ended, keeping}, return_when=asyncio.FIRST_COMPLETED)
            await (ended if ended.done() else keeping)
        finally:
            for task in (ended, keeping):
                task.cancel()
            await asyncio.gather(ended, keeping, return_exceptions=True)

    async def _keep(self, connection: AbstractConnection, deliveries: Deliveries) -> None:
        """Ask, while a session goes on, for a log that failed and for nodes that were lost."""
        while True:
            await self._losses.watch(connection)
            end_if_cancelled()
            well = self._losses.complete and self._log_failing_since is None
            with suppress(TimeoutError):
                async with asyncio.timeout(None if well else _LOG_RETRY):
                    await self._losses.seen.wait()
            await self._open_log(connection, deliveries, 0.0)

    async def _open_log(
        self, connection: AbstractConnection, deliveries: Deliveries, patience: float
    ) -> None:
        """Declare the log and feed it; where that cannot be, say so and go on without.

        A broker that has just started may not have its logs yet. So what is no refusal counts
        as a failed session, to be tried again, until ``patience`` seconds are over.
        """
        try:
            async with asyncio.timeout(_LOG_TIMEOUT):
                await self._declaration.declare(connection, deliveries, self._log_lost)
        except _Refusals as error:
            self._log_failing_since = None
            self._go_without_log(error)
        except _Failures as error:
            self._log_failing_since = self._log_failing_since or time.monotonic()
            failing = time.monotonic() - self._log_failing_since
            if failing < patience or connection.is_closed:
                raise
            self._go_without_log(error)
        else:
            self._log_failing_since = None
            self.log_problem = None

    def _log_lost(self) -> None:
        """Begin a new session, which declares the log anew: somebody has deleted it."""
        if self._session is not None:
            self._session.end("the updates log is gone")

    def _go_without_log(self, error: Exception) -> None:
        self._log.detach()
        self.log_problem = str(error) or type(error).__name__
        log.warning(
            "no updates log: resuming is not possible",
            extra={"queue": self._log_queue, "problem": self.log_problem},
        )
