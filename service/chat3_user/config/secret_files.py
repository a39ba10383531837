"""Settings in files, as secrets should be: variables are seen by more than their process."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chat3_user.config.variables import SETTINGS

FOLDERS: Final = ("SECRETS_DIRECTORY", "CREDENTIALS_DIRECTORY")
"""The variables that name the folder of the files; systemd sets the second one."""


def read_secrets(environment: Mapping[str, str], problems: list[str]) -> Mapping[str, str]:
    """Return settings by name; each is a file that is named as its variable.

    A folder has what it has: a file that is not there is no problem, as a variable that is not set.
    What is wrong is added to ``problems``.
    """
    for variable in FOLDERS:
        if folder := environment.get(variable):
            return _read(variable, Path(folder), problems)
    return {}


def _read(variable: str, folder: Path, problems: list[str]) -> Mapping[str, str]:
    if not folder.is_dir():
        problems.append(f"{variable}: {folder} is not a folder")
        return {}
    found: dict[str, str] = {}
    for name, setting in SETTINGS.items():
        file = folder / setting.variable
        try:
            found[name] = file.read_text().strip()
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text"
            problems.append(f"{variable}: cannot read {file}: {reason}")
    return found
