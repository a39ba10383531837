"""Says in whose name calls are made: by an API key, a tenant and a user, or by a token."""

from collections.abc import Sequence

from chat3_cli.session import Identity
from chat3_cli.settings import credentials
from chat3_cli.settings.credentials import Secret
from chat3_cli.settings.errors import SettingsError
from chat3_cli.settings.known import BY_NAME
from chat3_cli.settings.precedence import Level, Settings

WAYS_OF_A_KEY = "--api-key-file, or set CHAT3_API_KEY, or run `chat3 login`"


def identity(settings: Settings, needed: Sequence[str]) -> Identity:
    """Say in whose name a command calls that needs some of `user` and `api_key`.

    Raises `SettingsError` when what is needed is missing or contradicts itself.
    """
    if "user" in needed and (token := token_that_counts(settings)):
        return Identity(api_key="", tenant="", user="", token=token.read())
    key = credentials.find(settings, "api_key")
    user = settings.value("user") or ""
    if "user" in needed and not user:
        raise SettingsError("give --user or set CHAT3_USER")
    if "api_key" in needed and key is None:
        raise SettingsError(f"give {WAYS_OF_A_KEY}")
    if "api_key" in needed and not settings.value("tenant"):
        raise SettingsError("give --tenant or set CHAT3_TENANT")
    wanted = key is not None and "api_key" in needed
    return Identity(
        api_key=key.read() if key is not None and wanted else "",
        tenant=settings.value("tenant"),
        user=user if "user" in needed else "",
    )


def token_that_counts(settings: Settings) -> Secret | None:
    """Give the token that stands for key, tenant and user; nothing when a key of more weight does.

    Raises `SettingsError` when the token contradicts what is given beside it.
    """
    token = credentials.find(settings, "token")
    if token is None:
        return None
    key = credentials.find(settings, "api_key")
    if key is not None and key.level < token.level:
        return None
    # A profile's token says who acts; to act as somebody else by mistake is worse than to end.
    bound = Level.ENVIRONMENT if token.level is Level.PROFILE else Level.OPTION
    beside = [
        BY_NAME[name].flag if settings.level(name) is Level.OPTION else settings.source(name)
        for name in ("user", "api_key", "api_key_file", "tenant")
        if settings.level(name) <= bound
    ]
    if beside:
        raise SettingsError(
            f"a token (--token, CHAT3_TOKEN) does not go with {', '.join(beside)}"
            f"{f' (the token is of {token.source})' if token.level is Level.PROFILE else ''}"
        )
    return token
