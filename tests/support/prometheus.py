"""A Prometheus of the tests' own, which scrapes a service every other second."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp

from support.patience import HANGS
from support.ports import free_port

JOB = "chat3-user-service"
_CONFIG = """
global: {{ scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s }}
rule_files: [{rules}]
scrape_configs:
  - job_name: {job}
    static_configs: [{{ targets: {targets} }}]
"""


class Prometheus:
    """Reads ``rules``; its answers are those of its HTTP API."""

    def __init__(self, folder: Path, rules: Path, targets: Sequence[str]) -> None:
        self._url = f"http://127.0.0.1:{free_port()}"
        config = _CONFIG.format(rules=rules, job=JOB, targets=json.dumps(list(targets)))
        (folder / "prometheus.yml").write_text(config)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("prometheus")
        if program is None:
            raise RuntimeError("prometheus is missing: run `make test`, which installs it")
        with (self._folder / "out").open("ab") as output:
            self._process = subprocess.Popen(
                [
                    program,
                    f"--config.file={self._folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self._folder / 'data'}",
                    f"--web.listen-address={self._url.removeprefix('http://')}",
                    "--enable-feature=exemplar-storage",
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an instant query.

        Raises ``ValueError`` with Prometheus's own words.
        """
        found: list[dict[str, Any]] = (await self._get("query", query=expression))["result"]
        return found

    async def rules(self) -> list[dict[str, Any]]:
        """Return all rules, with their health and state."""
        groups = (await self._get("rules"))["groups"]
        return [rule for group in groups for rule in group["rules"]]

    async def alert(self, name: str, **labels: str) -> dict[str, Any]:
        """Wait until an alert with these labels is pending or fires, and return it."""

        def fits(alert: dict[str, Any]) -> bool:
            return {"alertname": name, **labels}.items() <= alert["labels"].items()

        return await self._until("alerts", lambda data: list(filter(fits, data["alerts"])))

    async def until(self, expression: str) -> dict[str, Any]:
        """Wait until a query has an answer, and return its first series."""
        return await self._until("query", lambda data: data["result"], query=expression)

    async def _until(
        self, what: str, found: Callable[[Any], list[dict[str, Any]]], **parameters: str
    ) -> dict[str, Any]:
        try:
            async with asyncio.timeout(2 * HANGS):
                while True:
                    with suppress(aiohttp.ClientError):  # it may not have started yet
                        series = found(await self._get(what, **parameters))
                        if series:
                            return series[0]
                    await asyncio.sleep(0.1)
        except TimeoutError:
            targets = (await self._get("targets"))["activeTargets"]
            failures = [target["lastError"] for target in targets]
            raise AssertionError(f"no answer: {what} {parameters}; scrapes: {failures}") from None

    async def _get(self, what: str, **parameters: str) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self._url}/api/v1/{what}", params=parameters) as answer,
        ):
            body = await answer.json()
        if body.get("status") != "success":
            raise ValueError(f"{parameters}: {body.get('error')}")
        return body["data"]
