"""A port that cannot be had is told at the start, by its variable; our own workers share theirs."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from chat3_user.__main__ import main
from chat3_user.config import Config, composed
from chat3_user.process.ports import check_ops_ports, claim
from chat3_user.settings import ConfigError
from support.ports import free_port


def config(port: int, *, host: str = "127.0.0.1", shared: bool = False) -> Config:
    return composed(demo=True, grpc_host=host, grpc_port=port, grpc_port_shared=shared)


def port_of(claimed: socket.socket) -> int:
    port: int = claimed.getsockname()[1]
    return port


def listener(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Listen as a worker does."""
    return socket.create_server((host, port), reuse_port=True)


@pytest.fixture
def taken() -> Iterator[int]:
    with listener(0) as listening:
        yield listening.getsockname()[1]


def test_a_claim_keeps_others_out_and_lets_workers_in() -> None:
    with claim(config(0)) as claimed:
        port = port_of(claimed)
        with listener(port), listener(port), pytest.raises(ConfigError) as refused:
            claim(config(port))
        assert str(refused.value).startswith(f"GRPC_PORT: {port} on 127.0.0.1 is in use")
        with pytest.raises(ConfigError):
            claim(config(port))
    with claim(config(port)):
        pass


def test_whoever_listens_keeps_the_port(taken: int) -> None:
    for host in ("127.0.0.1", "0.0.0.0"):
        with pytest.raises(ConfigError, match="GRPC_PORT_SHARED"):
            claim(config(taken, host=host))


def test_who_asks_to_share_may() -> None:
    with claim(config(0)) as claimed:
        port = port_of(claimed)
        with claim(config(port, shared=True)), claim(config(port, shared=True)), listener(port):
            pass


def test_connections_that_linger_do_not_count() -> None:
    with claim(config(0)) as claimed:
        port = port_of(claimed)
        with listener(port) as listening, socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = listening.accept()
            accepted.close()  # the side that closes first lingers in TIME_WAIT
            assert client.recv(1) == b""
    with pytest.raises(OSError, match="in use"), closing(socket.socket()) as plain:
        plain.bind(("127.0.0.1", port))
    with claim(config(port)) as claimed, listener(port), pytest.raises(ConfigError):
        claim(config(port))


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.1", "::zz"])
def test_a_host_that_is_not_ours_is_told(host: str) -> None:
    with pytest.raises(ConfigError, match=r"^GRPC_HOST: cannot listen on"):
        claim(config(free_port(), host=host))


def test_every_workers_operators_port_is_looked_at(taken: int) -> None:
    check_ops_ports(composed(demo=True, ops_port=0), 4)
    for first, workers in ((taken, 1), (taken - 1, 2)):
        with pytest.raises(ConfigError, match=r"^OPS_PORT: \d+ on 127\.0\.0\.1 is in use"):
            check_ops_ports(composed(demo=True, ops_port=first), workers)
    with pytest.raises(ConfigError, match=r"^OPS_PORT: with 2 workers the last one is 65536"):
        check_ops_ports(composed(demo=True, ops_port=65_535), 2)


def test_everything_that_is_wrong_is_told_at_once(
    taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    ports = ["--grpc-port", str(taken), "--ops-port", str(taken), "--demo-page-port", str(taken)]
    missing = ["--grpc-tls-cert", "/none", "--grpc-tls-key", "/none", "--redis-ca-file", "/none"]
    database = ["--idempotency-database", "/proc/none/keys"]
    assert main(["--demo", *ports, *missing, *database]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        *("GRPC_TLS_CERT", "REDIS_CA_FILE", "IDEMPOTENCY_DATABASE"),
        *("GRPC_PORT", "OPS_PORT", "DEMO_PAGE_PORT"),
    ]
    # Nothing is left behind of what was right.
    free = ["--demo", "--grpc-port", "0", "--demo-page-port", "0"]
    assert main([*free, "--ops-port", str(taken)]) == 2
    assert [line.split(": ")[1] for line in capsys.readouterr().err.splitlines()] == ["OPS_PORT"]
