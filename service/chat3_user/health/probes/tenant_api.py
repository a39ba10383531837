"""tenant-api: what it says of itself, and what calls find."""

from chat3_user.health.finding import WELL, Finding
from chat3_user.health.prober import Probe, outside
from chat3_user.health.settings import HealthSettings
from chat3_user.health.table import TENANT_API
from chat3_user.tenant_api.health import PlatformHealth
from chat3_user.tenant_api.resilience import Resilient


def tenant_api(platform: PlatformHealth, calls: Resilient, settings: HealthSettings) -> Probe:
    """Return the probe of tenant-api."""

    async def look() -> Finding:
        problem = await platform.ask()
        if problem is not None:
            return Finding(problem.reason, problem.text)
        return Finding("calls_fail") if calls.refusing else WELL

    return outside(TENANT_API, look, "unreachable", settings)
