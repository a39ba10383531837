"""An embedded tenant-api: answers and publishes as the recorded contract says, on SQLite."""

from chat3_embedded.demo import seed_demo
from chat3_embedded.prototype import ObjectPrototype
from chat3_embedded.publishing import (
    AmqpPublisher,
    NullPublisher,
    UnpublishableUpdateError,
    UpdatePublisher,
)
from chat3_embedded.server import create_app, serve
from chat3_embedded.settings import Settings
from chat3_embedded.store import Store

__all__ = [
    "AmqpPublisher",
    "NullPublisher",
    "ObjectPrototype",
    "Settings",
    "Store",
    "UnpublishableUpdateError",
    "UpdatePublisher",
    "create_app",
    "seed_demo",
    "serve",
]
