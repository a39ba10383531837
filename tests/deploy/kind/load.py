"""Calls the service on a new connection each time until /tmp/stop is there; says what failed.

It runs within the cluster, with nothing but the standard library; any failure makes it exit with 1.
"""

import http.client
import json
import os
import sys
from pathlib import Path

STOP = Path(os.environ.get("STOP", "/tmp/stop"))  # noqa: S108 - the pod's own
CALL = "/chat3.user.v1.UserService/GetUserDialogs"
HEADERS = {
    "content-type": "application/json",
    "x-api-key": "demo-key",
    "x-tenant-id": "tnt_default",
    "x-user-id": "alice",
}


def failure(host: str) -> str:
    """Return why a call failed; nothing when it did not."""
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request("POST", CALL, b"{}", HEADERS)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return repr(error)
    finally:
        connection.close()
    return "" if answer.status == http.client.OK else f"{answer.status} {body!r}"


def main(host: str) -> int:
    calls, failures = 0, []
    while not STOP.exists():
        calls += 1
        if why := failure(host):
            failures.append(why)
    print(json.dumps({"calls": calls, "failed": len(failures), "first": failures[:5]}))
    return int(bool(failures) or not calls)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
