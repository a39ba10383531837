"""Ports are claimed at the start: by this service alone, unless it is asked to share."""

import errno
import os
import socket

from chat3_user.config import Config
from chat3_user.settings import ConfigError

_HIGHEST = 65_535


def claim(config: Config) -> socket.socket:
    """Bind the gRPC port without listening, for the workers of this service and nobody else.

    The workers' listeners share it by SO_REUSEPORT as long as the claim is open. Another claim is
    refused then, unless it comes with GRPC_PORT_SHARED. Raises `ConfigError`.
    """
    host, port = config.server.host, config.server.port
    try:
        if config.server.port_shared:
            return _bound(host, port, socket.SO_REUSEPORT)
        try:
            claimed = _bound(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            # Connections of an earlier process may linger; with this option they do not count,
            # while whoever listens does.
            claimed = _bound(host, port, socket.SO_REUSEADDR)
            claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except OSError as error:
        raise ConfigError(_problem("GRPC", host, port, error)) from error
    return claimed


def check_ops_ports(config: Config, workers: int) -> None:
    """Check that every worker's operators' HTTP can have its port.

    Raises `ConfigError`.
    """
    first = config.ops.port
    last = first + workers - 1 if first else 0
    if last > _HIGHEST:
        raise ConfigError(f"OPS_PORT: with {workers} workers the last one is {last}")
    for port in range(first, last + 1):
        try:
            _bound(config.ops.host, port, socket.SO_REUSEADDR, listen=True).close()
        except OSError as error:
            raise ConfigError(_problem("OPS", config.ops.host, port, error)) from error


def check_page_port(config: Config) -> None:
    """Check that the demo's page, where there is one, can have its port.

    Raises `ConfigError`.
    """
    host, port = config.server.host, config.demo.page_port
    if not config.serves_page:
        return
    try:
        _bound(host, port, socket.SO_REUSEADDR, listen=True).close()
    except OSError as error:
        raise ConfigError(_problem("DEMO_PAGE", host, port, error)) from error


def _bound(host: str, port: int, *options: int, listen: bool = False) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        for option in options:
            bound.setsockopt(socket.SOL_SOCKET, option, 1)
        bound.bind((host, port))
        if listen:
            bound.listen(1)
    except BaseException:
        bound.close()
        raise
    return bound


def _problem(whose: str, host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        hint = "; GRPC_PORT_SHARED=true shares it" if whose == "GRPC" else ""
        return f"{whose}_PORT: {port} on {host} is in use by another process{hint}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{whose}_PORT: {port} on {host} is not for this user"
    reason = error.strerror or os.strerror(error.errno or 0)
    whose = "GRPC" if whose == "DEMO_PAGE" else whose
    return f"{whose}_HOST: cannot listen on {host!r}: {reason}"
