"""What a broker refuses is told in its own words, and by a reason that programs can read."""

import pytest

from chat3_user.updates.amqp.connection import connect
from chat3_user.updates.amqp.deliveries import Deliveries
from chat3_user.updates.amqp.failures import FAILURES, BrokerProblem, problem_of
from support.patience import HANGS
from support.ports import free_port
from support.rabbitmq import RabbitMQ


async def problem_at(url: str) -> BrokerProblem:
    with pytest.raises(FAILURES) as caught:
        await connect(url, Deliveries(), timeout=HANGS)
    return problem_of(caught.value)


async def test_a_vhost_that_does_not_exist_is_named(rabbitmq: RabbitMQ) -> None:
    problem = await problem_at(f"{rabbitmq.url}nowhere")
    assert problem == BrokerProblem(
        "vhost_refused",
        "the vhost does not exist: NOT_ALLOWED - vhost nowhere not found",
    )


async def test_a_wrong_password_is_no_lost_connection(rabbitmq: RabbitMQ) -> None:
    problem = await problem_at(rabbitmq.url.replace("guest:guest", "guest:wrong"))
    assert problem.reason == "access_refused"
    assert problem.text.startswith("refused, wrong user or password: ACCESS_REFUSED")


async def test_a_broker_that_is_not_there_is_unreachable() -> None:
    port = free_port()
    problem = await problem_at(f"amqp://guest:guest@127.0.0.1:{port}/")
    assert problem.reason == "unreachable"
    assert problem.text.startswith("no node can be reached: ")
    assert f"'127.0.0.1', {port}" in problem.text
