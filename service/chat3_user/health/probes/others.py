"""What notes its own problems: updates that cannot be read, keys of an issuer that were not."""

from chat3_user.health.finding import WELL, Finding
from chat3_user.health.prober import Probe, inside
from chat3_user.health.settings import HealthSettings
from chat3_user.health.table import TOKEN_ISSUER_KEYS, UPDATES
from chat3_user.tokens.issuer_keys import IssuerKeys
from chat3_user.updates.fanout.unreadable import Unreadable


def updates(unreadable: Unreadable, settings: HealthSettings) -> Probe:
    """Return the probe of what the broker delivers."""

    async def look() -> Finding:
        problem = unreadable.problem
        return Finding("unreadable", problem) if problem else WELL

    return inside(UPDATES, look, settings)


def token_issuer_keys(keys: IssuerKeys, settings: HealthSettings) -> Probe:
    """Return the probe of the keys of the tokens' issuer."""

    async def look() -> Finding:
        return Finding("not_read", keys.problem) if keys.problem else WELL

    return inside(TOKEN_ISSUER_KEYS, look, settings)
