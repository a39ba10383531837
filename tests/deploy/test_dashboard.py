"""The dashboard in Grafana's own model: what that does not know would be dropped without a word."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(written: Any, known: Any, path: str = "") -> Iterator[str]:
    """Yield the places of what is written and did not come through the model."""
    if isinstance(written, dict) and isinstance(known, dict):
        for name, value in written.items():
            if name in known:
                yield from lost(value, known[name], f"{path}/{name}")
            else:
                yield f"{path}/{name}"
    elif isinstance(written, list) and isinstance(known, list) and len(written) == len(known):
        for index, (one, other) in enumerate(zip(written, known, strict=True)):
            yield from lost(one, other, f"{path}/{index}")
    elif written != known:
        yield path


def through_the_model(dashboard: Any) -> Any:
    register_default_plugins()
    return json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))


def test_grafanas_model_knows_everything_of_it(project: Path) -> None:
    file = project / "deploy" / "monitoring" / "dashboard.json"
    dashboard = json.loads(file.read_text())
    assert list(lost(dashboard, through_the_model(dashboard))) == []


def test_what_grafana_does_not_know_is_found(project: Path) -> None:
    file = project / "deploy" / "monitoring" / "dashboard.json"
    dashboard = json.loads(file.read_text())
    dashboard["panels"][1]["fieldConfig"]["defaults"]["units"] = "s"
    places = list(lost(dashboard, through_the_model(dashboard)))
    assert places == ["/panels/1/fieldConfig/defaults/units"]
