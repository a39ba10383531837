"""The names of the settings in the schema of the Helm chart's values.

`python tools/settings_table.py --write` writes them there.
"""

import json
from pathlib import Path
from typing import Any

from chat3_user.config import SETTINGS
from chat3_user.config.variables import SECRETS

SCHEMA = Path(__file__).resolve().parent.parent / "deploy/helm/chat3-gateway" / "values.schema.json"
_WITH_PASSWORDS = ("rabbitmq_url", "redis_url")


def written(text: str) -> str:
    """Return the schema ``text`` with the present names; secrets are none of the plain settings."""
    schema: dict[str, Any] = json.loads(text)
    names = [setting.variable for setting in SETTINGS.values()]
    secret = {SETTINGS[name].variable for name in (*SECRETS, *_WITH_PASSWORDS)}
    values = schema["properties"]
    values["settings"]["propertyNames"]["enum"] = [name for name in names if name not in secret]
    values["secrets"]["properties"]["values"]["propertyNames"]["enum"] = names
    return json.dumps(schema, indent=2) + "\n"


def write() -> None:
    """Write the present names."""
    SCHEMA.write_text(written(SCHEMA.read_text()))
