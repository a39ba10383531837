"""The RabbitMQ of tests and benchmarks is nobody's but theirs: it listens on this machine only."""

import socket

import pytest

from support.rabbitmq import RabbitMQ


def test_every_port_of_the_broker_is_bound_to_loopback(rabbitmq: RabbitMQ) -> None:
    for port in (rabbitmq.port, rabbitmq.distribution_port, rabbitmq.names_port):
        socket.create_connection(("127.0.0.1", port), 5).close()
        # Another address of this machine, which needs no network.
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port), 5)
