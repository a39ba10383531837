"""Whether the demo's platform is wanted, and where it keeps its data."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """Off by default: nobody should meet demo data by mistake."""

    wanted: Annotated[
        bool,
        Meta(description="run an embedded tenant-api with demo data if TENANT_API_URL is empty"),
    ] = False
    database: Annotated[
        str, Meta(description="SQLite file of the embedded tenant-api; empty keeps it in memory")
    ] = ""
    page_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="port of the demo's page, on GRPC_HOST; 0 chooses a free one",
        ),
    ] = 8080
