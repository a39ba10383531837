"""Recognises what is not the service: its port for operators, the platform, other servers."""

from chat3_cli.doctor import peer
from chat3_cli.doctor.findings import Finding, unavailable
from chat3_cli.doctor.peer import Speaks, Web
from chat3_cli.session import Target

CHECK = "protocol"
GRPC_PORT = "use the port of gRPC: GRPC_PORT of the service, 50051 by default"


async def wrong_port(target: Target, speaks: Speaks) -> Finding:
    """Say what listens at the target in place of the service."""
    match speaks:
        case Speaks.AMQP:
            return unavailable(CHECK, "this is RabbitMQ's port", GRPC_PORT)
        case Speaks.NOTHING:
            text = f"what listens there says nothing within {target.timeout:g} s"
            advice = "check the port; a service that is overloaded may answer later (--timeout)"
            return unavailable(CHECK, text, advice)
        case Speaks.HTTP1:
            return await _web(target) or _some_web_server()
        case Speaks.HUNG_UP:
            text = "what listens there hangs up at once"
            advice = "check the port; behind a balancer, no worker may be ready"
        case _:
            text = "what listens there does not speak HTTP/2, which gRPC needs"
            advice = GRPC_PORT
    # Some web servers do not even answer the first words of HTTP/2 in words of their own.
    return await _web(target) or unavailable(CHECK, text, advice)


async def _web(target: Target) -> Finding | None:
    try:
        healthz = await peer.ask_web(target, target.tls, "/healthz", target.timeout)
        health = await peer.ask_web(target, target.tls, "/health", target.timeout)
    except (OSError, TimeoutError, ValueError):
        return None
    if _is_operators(healthz):
        text = "this is the service's port for operators (OPS_PORT: health and metrics)"
        return unavailable(CHECK, text, GRPC_PORT)
    if _is_platform(health):
        text = "this is the REST API of the platform (tenant-api), behind the service"
        return unavailable(CHECK, text, f"{GRPC_PORT}; an API key of the platform stays the same")
    return _some_web_server()


def _some_web_server() -> Finding:
    text = "what listens there speaks HTTP/1.1 only, and gRPC needs HTTP/2"
    advice = f"{GRPC_PORT}; a proxy in between has to speak HTTP/2 to its clients"
    return unavailable(CHECK, text, advice)


def _is_operators(healthz: Web) -> bool:
    document = healthz.document
    return isinstance(document, dict) and document.keys() == {"status", "pid"}


def _is_platform(health: Web) -> bool:
    document = health.document
    return isinstance(document, dict) and document.keys() >= {"status", "version"}
