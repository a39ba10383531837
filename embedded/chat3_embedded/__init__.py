"""An embedded tenant-api: answers and publishes as the recorded contract says, on SQLite."""

from chat3_embedded.demo import seed_demo
from chat3_embedded.generations import NEWEST, OLDEST, VERSIONS, Generation
from chat3_embedded.prototype import ObjectPrototype
from chat3_embedded.publishing import (
    AmqpPublisher,
    NullPublisher,
    UnpublishableUpdateError,
    UpdatePublisher,
)
from chat3_embedded.routing import KeyForm, RoutingKeys
from chat3_embedded.server import create_app, serve
from chat3_embedded.settings import Settings
from chat3_embedded.store import Store

__all__ = [
    "NEWEST",
    "OLDEST",
    "VERSIONS",
    "AmqpPublisher",
    "Generation",
    "KeyForm",
    "NullPublisher",
    "ObjectPrototype",
    "RoutingKeys",
    "Settings",
    "Store",
    "UnpublishableUpdateError",
    "UpdatePublisher",
    "create_app",
    "seed_demo",
    "serve",
]
