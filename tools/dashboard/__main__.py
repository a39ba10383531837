"""Writes the dashboard: `PYTHONPATH=tools python -m dashboard` after a change of its panels."""

import json
from pathlib import Path
from typing import Final

from dashboard.grafana import dashboard
from dashboard.rows import ROWS

FILE: Final = Path(__file__).resolve().parents[2] / "deploy" / "monitoring" / "dashboard.json"


def text() -> str:
    """Return what stands in the file."""
    return json.dumps(dashboard(ROWS), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
