"""What the compose file starts, started here as processes: its own command lines and variables."""

from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
from deploy_vocabulary import Reader, answers, client, compose, running_task, send, started

from support.ports import free_port
from support.rabbitmq import RabbitMQ
from support.redis import RedisServer


async def test_the_whole_system_starts_and_a_message_arrives(
    project: Path, tmp_path: Path, rabbitmq: RabbitMQ
) -> None:
    services = compose(project)
    redis = RedisServer(tmp_path / "redis")
    redis.start()
    grpc, platform, page = (free_port() for _ in range(3))
    ops = free_port(2)

    def here(text: str) -> str:
        """Return a part of the compose file with this machine's addresses."""
        for there, address in (
            ("amqp://chat3:development@rabbitmq/", rabbitmq.url),
            ("redis://redis/0", redis.url),
            ("http://tenant-api:3000", f"http://127.0.0.1:{platform}"),
            ("127.0.0.1:50051", f"127.0.0.1:{grpc}"),
            (":8080", f":{page}"),
            ("0.0.0.0", "127.0.0.1"),
            ("/var/lib/chat3", str(tmp_path)),
        ):
            text = text.replace(there, address)
        return text

    def command(service: str, *more: str) -> list[str]:
        python, module, *rest = services[service]["entrypoint"]
        assert (python, module) == ("python", "-m")
        return [*rest, *map(here, services[service]["command"]), *more]

    environment = {
        name: here(str(value)) for name, value in services["gateway"]["environment"].items()
    }
    environment |= {
        "GRPC_PORT": str(grpc),
        "OPS_PORT": str(ops),
        "RABBITMQ_UPDATES_LOG": "log_compose",
    }
    try:
        async with AsyncExitStack() as stack:
            for name, arguments, ready, variables in (
                ("double", command("tenant-api", f"--port={platform}"), f"{platform}/health", {}),
                ("gateway", ["chat3_user"], f"{ops}/readyz/machine", environment),
                (
                    "page",
                    command("page", f"--port={page}"),
                    f"{page}/",
                    services["page"]["environment"],
                ),
            ):
                log = tmp_path / f"{name}.log"
                url = f"http://127.0.0.1:{ready}"
                await stack.enter_async_context(started(arguments, log, url, variables))
            assert await answers(f"http://127.0.0.1:{ops + 1}/readyz")
            session = await stack.enter_async_context(aiohttp.ClientSession())
            reader = Reader(grpc)
            await stack.enter_async_context(running_task(reader.run()))
            await reader.live.wait()
            first = await send(client(session, grpc), "hello", key="one")
            assert await send(client(session, grpc), "hello", key="one") == first
            await reader.has(["hello"])
    finally:
        redis.kill()
