"""The figures that sizing starts from, each with where it comes from."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("constants.json")


@dataclass(frozen=True, slots=True)
class Constants:
    """One number for each entry of ``constants.json``, which says unit, meaning and source."""

    worker_megabytes: float
    stream_kilobytes: float
    open_us: float
    storm_seconds: float
    open_seconds: float
    connection_us: float
    heartbeat_us: float
    delivery_us: float
    stranger_us: float
    broker_copy_us: float
    log_reads_per_second: float
    page_us: float
    dialogs_us: float
    send_us: float
    status_us: float
    typing_us: float
    key_bytes: float
    update_bytes: float
    updates_per_message: float
    log_publishes_per_second: float
    redis_commands_per_second: float
    messages_per_second: float
    pages_per_second: float
    dialogs_per_second: float
    reads_per_message: float
    typing_per_message: float
    worker_full: float
    log_read_ahead: float
    worker_busy: float
    broker_cores: float
    broker_busy: float
    mean_of_day: float
    redis_gigabytes: float
    redis_busy: float
    machine_cores: float
    platform_spare_requests: float
    platform_core_requests: float


def entries() -> dict[str, dict[str, Any]]:
    """Return all entries by name, with their kind (``measured``, ``published``, ``assumed``)."""
    groups: dict[str, dict[str, dict[str, Any]]] = json.loads(FILE.read_text())
    return {
        name: {"kind": kind, **entry}
        for kind, group in groups.items()
        for name, entry in group.items()
    }


def constants() -> Constants:
    """Return the numbers; raises `TypeError` when one is missing or unknown."""
    return Constants(**{name: float(entry["value"]) for name, entry in entries().items()})


NAMES = frozenset(each.name for each in fields(Constants))
