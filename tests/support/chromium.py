"""The Chromium that this machine has."""

import shutil

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """Return its path."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    assert found is not None, "Chromium is missing: run `make test`, which installs it"
    return found
