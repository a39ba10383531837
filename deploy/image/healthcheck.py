"""Exits with 0 while the service lives: the health check of the image.

It asks for life, not for readiness: a service that waits for RabbitMQ is not helped by a restart.
"""

import http.client
import os
import sys


def alive() -> bool:
    """Ask the first worker; its parent starts a dead one anew by itself."""
    port = int(os.environ.get("OPS_PORT") or 9090)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if alive() else 1)
