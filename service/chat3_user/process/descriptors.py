"""File descriptors: as many as the settings need, or fewer connections than they allow.

A process without descriptors cannot accept connections, reach tenant-api or open a file, and the
event loop drops what it cannot accept without a word. So clients never get the last ones.
"""

import logging
import resource
from typing import Final

from chat3_user.config import Config, changed

log = logging.getLogger(__name__)

RESERVED: Final = 128
"""For brokers, stores, files, the operators' HTTP and libraries."""


def fitted(config: Config) -> Config:
    """Raise this process's limit of descriptors as far as needed; return what fits into it."""
    others = config.tenant_api.connections + RESERVED
    needed = config.connections.connections + others
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return config
    limit = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    if limit == needed:
        return config
    connections = max(1, limit - others)
    log.warning(
        "CONNECTIONS_MAX lowered: the limit of file descriptors (ulimit -Hn) is too low for it",
        extra={"descriptors": limit, "needed": needed, "connections_max": connections},
    )
    return changed(config, connections_max=connections)
