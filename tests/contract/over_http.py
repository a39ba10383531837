"""Points the contract suite at the embedded tenant-api as at any other server, a version a time.

Nothing but the documented variables tells the suite what it meets: another process, other keys,
other tenants. Arguments go to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chat3_embedded import NEWEST, OLDEST

if TYPE_CHECKING:
    from collections.abc import Iterator

TENANT, SECOND_TENANT = "tnt_mine", "tnt_other"
KEYS = {
    "": "read,write,delete",
    "READ_": "read",
    "WRITE_": "write",
    "NONE_": "",
    "INACTIVE_": "inactive",
    "EXPIRED_": "expired",
}


@contextmanager
def server(version: str) -> Iterator[dict[str, str]]:
    """Run one as a process; yield the variables that describe it."""
    variables = {f"TENANT_API_{role}KEY": f"secret-{role.lower()}1" for role in KEYS}
    arguments = ["--port", "0", "--platform", version]
    for tenant in (TENANT, SECOND_TENANT, "tnt_default"):
        arguments += ["--tenant", tenant]
    for role, permissions in KEYS.items():
        key = variables[f"TENANT_API_{role}KEY"]
        arguments += ["--api-key", f"key number {len(arguments)}={key}:{permissions}"]
    command = [sys.executable, "-m", "chat3_embedded", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            url = process.stderr.readline().split()[-1]
            yield {
                **variables,
                "TENANT_API_URL": url,
                "TENANT_API_VERSION": version,
                "TENANT_API_TENANT": TENANT,
                "TENANT_API_SECOND_TENANT": SECOND_TENANT,
                "TENANT_API_DATABASE": "sqlite",
                "TENANT_API_PATIENCE": "10",
                "TENANT_API_MAKE_TENANTS": "yes",
            }
        finally:
            process.kill()


def main(arguments: list[str]) -> int:
    """Run the suite for the oldest and the newest platform; return the worst exit code."""
    where = str(Path(__file__).parent)
    worst = 0
    for version in (OLDEST, NEWEST):
        with server(version) as variables:
            command = [sys.executable, "-m", "pytest", where, "-p", "no:cacheprovider", *arguments]
            done = subprocess.run(command, env={**os.environ, **variables}, check=False)
            worst = max(worst, done.returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
