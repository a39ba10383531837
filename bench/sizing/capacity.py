"""How many workers, machines, brokers and requests so many connected users take.

Everything is per second in the busiest hour. A *cell* is a set of users with an exchange, a log and
workers of its own: within one, every worker is sent every update, so its cost at the broker grows
with the square of its users.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from chat3_user.config import SETTINGS
from sizing.constants import Constants

_US = 1e-6
_DAY = 86_400.0
_REQUESTS_TO_OPEN = 2
"""What tenant-api is asked when a stream opens, and each time its caller is proved anew."""
_COMMANDS_PER_WRITE = 2
"""A key is claimed before the write and finished after it."""
_JITTER = 0.9
"""Ages and intervals are up to 20 % shorter than set, 10 % in the mean."""


def setting(name: str) -> float:
    """Return the default of a setting that is a number."""
    return float(SETTINGS[name].default)


def streams_most(given: Constants) -> int:
    """Return the streams that a worker carries, each on a connection of its own."""
    return int(setting("connections_max") * given.worker_full)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one set of users takes; cores are whole ones, rates are per second."""

    users: int
    updates: float
    fan_in: float
    streams: int
    workers: int
    worker_megabytes: float
    broker_cores: float
    log_hours: float
    log_gigabytes_a_day: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What an installation takes: ``cells`` of the same size, and what all of them ask for.

    ``machines`` has one to lose. ``undivided_broker_cores`` is what one cell of all users would
    take of RabbitMQ: infinity when no worker could even pass over all updates.
    """

    users: int
    cells: int
    cell: Cell
    workers: int
    machines: int
    updates: float
    undivided_broker_cores: float
    platform_requests: float
    platform_requests_to_prove: float
    platform_cores: int
    redis_commands: float
    redis_gigabytes: float


def updates_of(users: float, given: Constants) -> float:
    """Return the updates that are published for so many users."""
    return users * given.messages_per_second * given.updates_per_message


def stream_cost(given: Constants) -> float:
    """Return the part of a core that one user takes, with the calls beside the stream."""
    write = given.messages_per_second
    stream = (
        given.heartbeat_us / 30
        + (given.open_us + given.connection_us) / (setting("stream_max_age") * _JITTER)
        + updates_of(1, given) * given.delivery_us
    )
    calls = (
        write * given.send_us
        + write * given.reads_per_message * given.status_us
        + write * given.typing_per_message * given.typing_us
        + given.pages_per_second * given.page_us
        + given.dialogs_per_second * given.dialogs_us
    )
    return (stream + calls) * _US


def fan_in_of(updates: float, given: Constants) -> float:
    """Return the part of its core that a worker takes to pass over everybody's updates."""
    return updates * given.stranger_us * _US


def cell_of(users: int, given: Constants) -> Cell | None:
    """Return what a cell of so many users takes; nothing when no worker could carry its updates."""
    updates = updates_of(users, given)
    fan_in = fan_in_of(updates, given)
    streams = min(streams_most(given), int((given.worker_busy - fan_in) / stream_cost(given)))
    if streams < 1:
        return None
    workers = max(2, math.ceil(users / streams))
    per_worker = min(streams, math.ceil(users / workers))
    log_rate = updates * given.update_bytes
    return Cell(
        users=users,
        updates=updates,
        fan_in=fan_in,
        streams=per_worker,
        workers=workers,
        worker_megabytes=given.worker_megabytes + per_worker * given.stream_kilobytes / 1000,
        broker_cores=updates * workers * given.broker_copy_us * _US,
        log_hours=min(_DAY, setting("updates_log_max_bytes") / log_rate) / 3600,
        log_gigabytes_a_day=log_rate * given.mean_of_day * _DAY / 1e9,
    )


def log_follows(updates: float, given: Constants) -> bool:
    """Return whether a worker reads the log fast enough for those who come back."""
    return updates * given.log_read_ahead <= given.log_reads_per_second


def log_takes(updates: float, given: Constants) -> bool:
    """Return whether one stream queue takes what is published."""
    return updates <= given.log_publishes_per_second * given.broker_busy


def broker_carries(users: int, given: Constants) -> bool:
    """Return whether one RabbitMQ hands all updates to all workers of so many users."""
    cell = cell_of(users, given)
    return cell is not None and cell.broker_cores <= given.broker_cores * given.broker_busy


def fits(users: int, given: Constants) -> bool:
    """Return whether so many users may be one cell."""
    updates = updates_of(users, given)
    return (
        log_follows(updates, given) and log_takes(updates, given) and broker_carries(users, given)
    )


def plan_of(users: int, given: Constants) -> Plan:
    """Return what so many users take, in as few cells as carry them."""
    cells = math.ceil(users / most_users(lambda count: fits(count, given)))
    cell = cell_of(math.ceil(users / cells), given)
    assert cell is not None
    workers = cells * cell.workers
    prove = users * _REQUESTS_TO_OPEN / _JITTER
    proving = prove / setting("stream_recheck_interval") + prove / setting("stream_max_age")
    requests = proving + users * requests_of(given)
    commands = users * writes_of(given) * _COMMANDS_PER_WRITE
    return Plan(
        users=users,
        cells=cells,
        cell=cell,
        workers=workers,
        machines=max(2, math.ceil(workers / given.machine_cores) + 1),
        updates=updates_of(users, given),
        undivided_broker_cores=undivided_cores(users, given),
        platform_requests=requests,
        platform_requests_to_prove=proving,
        platform_cores=math.ceil(requests / given.platform_core_requests),
        redis_commands=commands,
        redis_gigabytes=keys_of(users, given) * given.key_bytes / 1e9,
    )


def writes_of(given: Constants) -> float:
    """Return the writes with a key of one user."""
    return given.messages_per_second * (1 + given.reads_per_message)


def keys_of(users: int, given: Constants) -> float:
    """Return the keys of writes that Redis keeps at once."""
    kept = setting("idempotency_retention")
    return users * writes_of(given) * given.mean_of_day * kept


def requests_of(given: Constants) -> float:
    """Return what tenant-api is asked for one user, two requests a write; proofs come on top."""
    typing = given.messages_per_second * given.typing_per_message
    return writes_of(given) * 2 + typing + given.pages_per_second + given.dialogs_per_second


def undivided_cores(users: int, given: Constants) -> float:
    """Return the broker's cores for all users as one cell; infinity when no worker could follow."""
    cell = cell_of(users, given)
    return math.inf if cell is None else cell.broker_cores


def most_users(holds: Callable[[int], bool]) -> int:
    """Return the most users for which ``holds`` is true; it is true up to them, false beyond."""
    low, high = 0, 1
    while holds(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


@dataclass(frozen=True, slots=True)
class Limit:
    """What ends first: ``users`` connected users are the most for which it holds."""

    users: int
    what: str
    then: str


def limits(given: Constants) -> list[Limit]:
    """Return what breaks, in the order of users at which it does."""
    size, day = setting("updates_log_max_bytes"), setting("updates_log_max_age")
    found = [
        (
            lambda n: updates_of(n, given) * given.update_bytes * given.mean_of_day * day <= size,
            "the log keeps a day of updates in `UPDATES_LOG_MAX_BYTES`",
            "a larger `UPDATES_LOG_MAX_BYTES`, and disks for it",
        ),
        (
            lambda n: n <= setting("streams_per_key"),
            "one worker accepts all streams of one API key (`STREAMS_PER_KEY`)",
            "a second worker, or a larger `STREAMS_PER_KEY` if all users share one key",
        ),
        (
            lambda n: n <= streams_most(given),
            "one worker accepts all connections (`CONNECTIONS_MAX`)",
            "a worker for each core, more machines, a load balancer",
        ),
        (
            lambda n: log_follows(updates_of(n, given), given),
            "a worker reads the log twice as fast as it grows",
            "a second cell",
        ),
        (
            lambda n: broker_carries(n, given),
            "half of RabbitMQ's cores can send all updates to all workers",
            "a second cell",
        ),
        (
            lambda n: log_takes(updates_of(n, given), given),
            "one stream queue accepts all updates",
            "a second cell, with its own log",
        ),
        (
            lambda n: cell_of(n, given) is not None,
            "half of a worker's core is enough to skip other users' updates",
            "a second cell",
        ),
        (
            lambda n: keys_of(n, given) * given.key_bytes / 1e9 <= given.redis_gigabytes,
            "one Redis stores the keys of a day's writes",
            "a Redis for each cell, or a shorter `IDEMPOTENCY_RETENTION`",
        ),
        (
            lambda n: (
                n * writes_of(given) * _COMMANDS_PER_WRITE
                <= given.redis_commands_per_second * given.redis_busy
            ),
            "one Redis executes the commands of all writes",
            "a Redis for each cell",
        ),
    ]
    return sorted(
        (Limit(most_users(holds), what, then) for holds, what, then in found),
        key=lambda limit: limit.users,
    )
