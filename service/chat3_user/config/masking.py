"""The settings as they may be shown: by variable, without anything that may be a secret."""

from typing import Any, Final

from yarl import URL

from chat3_user.config.composition import Config
from chat3_user.config.variables import SECRETS, SETTINGS, URL_SCHEMES
from chat3_user.node_urls import node_urls

_MASK: Final = "***"
_PLACES: Final = ("token_issuer_keys",)
"""The settings that are files or URLs."""


def masked(config: Config) -> dict[str, Any]:
    """Return the settings by variable, without anything that may be a secret."""
    return {
        setting.variable: _shown(name, setting.of(config)) for name, setting in SETTINGS.items()
    }


def altered(config: Config) -> dict[str, Any]:
    """Return those of the `masked` settings that are not as they are by default."""
    return {
        setting.variable: _shown(name, setting.of(config))
        for name, setting in SETTINGS.items()
        if setting.of(config) != setting.default
    }


def _shown(name: str, value: Any) -> Any:
    if name in SECRETS:
        return value and _MASK
    if name in URL_SCHEMES and value:
        return ",".join(map(_without_secrets, node_urls(value)))
    if name in _PLACES and "://" in value:
        return _without_secrets(value)
    return value


def _without_secrets(text: str) -> str:
    """Mask a URL's password, a user who has none (a token), and all values of its query."""
    url = URL(text)
    if url.raw_password is not None:
        url = url.with_password(_MASK)
    elif url.raw_user is not None:
        url = url.with_user(_MASK)
    parts = [part.partition("=") for part in url.raw_query_string.split("&") if part]
    url = url.with_query("&".join(f"{key}={_MASK}" if is_ else _MASK for key, is_, _ in parts))
    return str(url.with_fragment(_MASK if url.raw_fragment else None))
