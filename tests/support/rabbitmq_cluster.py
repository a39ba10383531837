"""A RabbitMQ cluster of the tests' own: three nodes on this machine, each killable."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.ports import free_port
from support.rabbitmq import RabbitMQ


class RabbitCluster:
    """Nodes that share a cookie and a name server; the first is the one that others join."""

    def __init__(self, folder: Path, *, size: int = 3) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        names_port = free_port()
        self.nodes = [
            RabbitMQ(folder / f"node{number}", home=folder, names_port=names_port)
            for number in range(size)
        ]

    @property
    def url(self) -> str:
        """The form of `RABBITMQ_URL` that names all nodes."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"amqp://guest:guest@{hosts}/"

    def start(self) -> None:
        """Start all nodes and join them."""
        first, *others = self.nodes
        first.start()  # It writes the cookie that the others read.
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(RabbitMQ.start, others))
        for node in others:
            node.ctl("stop_app")
            node.ctl("join_cluster", first.name)
            node.ctl("start_app")

    def stop(self) -> None:
        """Stop all nodes at once: one alone would wait for another when it is started again."""
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(RabbitMQ.stop, self.nodes))
        self.nodes[0].end_names()
