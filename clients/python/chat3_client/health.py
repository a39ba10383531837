"""Asks the standard health service, which wants to know nothing about the caller."""

from grpclib.health.v1.health_grpc import HealthStub
from grpclib.health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from chat3_client.answers import Answer
from chat3_client.connection import Connection, in_own_task, noting
from chat3_client.deadline import Deadline
from chat3_client.translation import translated


async def health(connection: Connection, service: str, timeout: float) -> str:
    """Return the name of a service's status, such as `SERVING`; an empty name is the whole server.

    Asks once, within ``timeout`` seconds. Raises `Chat3Error`.
    """
    answer = await in_own_task(_asked(connection, service, timeout))
    return HealthCheckResponse.ServingStatus.Name(answer.status)


async def _asked(connection: Connection, service: str, timeout: float) -> HealthCheckResponse:
    answer = Answer()
    noting(answer)
    deadline = Deadline(timeout)
    async with connection.shared(deadline.left) as line:
        with translated(answer, connection.understood, timeout):
            request = HealthCheckRequest(service=service)
            return await HealthStub(line.channel).Check(request, timeout=deadline.left)
