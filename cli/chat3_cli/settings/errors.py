"""The one way in which settings can be wrong."""


class SettingsError(ValueError):
    """A setting, the config file or a profile that cannot be used; the text says why."""
