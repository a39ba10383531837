"""Descriptors suffice for what the settings allow, or the settings allow less, and that is said."""

import json
import subprocess
import sys
from textwrap import dedent
from typing import Any

import pytest

from chat3_user.process.descriptors import RESERVED
from support.patience import HANGS

PROGRAM = dedent(
    """
    import json, logging, resource, sys

    from chat3_user.config import composed
    from chat3_user.process.descriptors import fitted

    soft, hard, connections = map(int, sys.argv[1:])
    logged = []
    log = logging.getLogger("chat3_user.process.descriptors")
    log.addFilter(lambda record: logged.append(record))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    config = fitted(composed(demo=True, connections_max=connections, tenant_api_connections=100))
    print(json.dumps({
        "connections": config.connections.connections,
        "limits": resource.getrlimit(resource.RLIMIT_NOFILE),
        "logged": [record.connections_max for record in logged],
    }))
    """
)
OTHERS = 100 + RESERVED


def fit(soft: int, hard: int, connections: int) -> dict[str, Any]:
    """Return what becomes of the settings in a process with such limits."""
    command = [sys.executable, "-c", PROGRAM, *map(str, (soft, hard, connections))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANGS, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_limit_that_suffices_stays() -> None:
    assert fit(1000, 1000, 500) == {"connections": 500, "limits": [1000, 1000], "logged": []}


def test_the_limit_is_raised_as_far_as_needed() -> None:
    needed = 700 + OTHERS
    assert fit(256, 2000, 700) == {"connections": 700, "limits": [needed, 2000], "logged": []}


@pytest.mark.parametrize(("hard", "connections"), [(1000, 1000 - OTHERS), (OTHERS, 1), (200, 1)])
def test_where_it_cannot_be_raised_fewer_connections_are_allowed(
    hard: int, connections: int
) -> None:
    assert fit(200, hard, 5000) == {
        "connections": connections,
        "limits": [hard, hard],
        "logged": [connections],
    }
