"""Draws the charts from the figures in ``bench/results``; a chart without figures is skipped.

Run ``python bench/charts.py``.
"""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "chat3", "font.family": "sans-serif", "svg.fonttype": "none"})

from matplotlib import pyplot as plt  # noqa: E402 - the backend comes first

_BENCH = Path(__file__).parent
_RESULTS, _CHARTS = _BENCH / "results", _BENCH / "charts"
_COLOURS = {
    "ours": "#0b6e4f",
    "reference": "#c1440e",
    "direct, aiohttp": "#6c757d",
    "direct, raw": "#adb5bd",
}


def main() -> None:
    _CHARTS.mkdir(exist_ok=True)
    for name, draw in (
        ("latency", _latency),
        ("unary", _unary),
        ("memory", _memory),
        ("reconnect_storm", _storm),
    ):
        path = _RESULTS / f"{name}.json"
        if path.exists():
            draw(json.loads(path.read_text()))
        else:
            print(f"no {path.name}: run its benchmark first")


def _latency(figures: dict[str, Any]) -> None:
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for panel, key in zip(panels, ("p50_ms", "p99_ms"), strict=True):
        for name, points in figures["curves"].items():
            panel.plot(
                [point["answered_per_s"] for point in points],
                [point[key] for point in points],
                marker="o",
                markersize=3,
                label=name,
                color=_COLOURS.get(name),
            )
        panel.set(title=key.removesuffix("_ms"), xlabel="answered calls per second", yscale="log")
        panel.yaxis.set_major_formatter("{x:g}")
        panel.yaxis.set_minor_formatter("{x:.2g}")
        panel.tick_params(axis="y", which="minor", labelsize=7)
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("latency, ms")
    panels[1].legend()
    figure.suptitle("A page of 20 messages, one core, open loop")
    _save(figure, "throughput-latency")


def _unary(figures: dict[str, Any]) -> None:
    figure, panel = plt.subplots(figsize=(7, 3.4))
    calls = figures["cpu"]
    for offset, name in ((-0.2, "ours"), (0.2, "reference")):
        panel.bar(
            [place + offset for place in range(len(calls))],
            [found[name]["median"] for found in calls.values()],
            0.38,
            label=name,
            color=_COLOURS[name],
        )
    panel.set_xticks(range(len(calls)), list(calls))
    panel.set(ylabel="CPU per call, µs", yscale="log", title="CPU of the server per unary call")
    panel.grid(axis="y", alpha=0.3)
    panel.legend()
    _save(figure, "unary-cpu")


def _memory(figures: dict[str, Any]) -> None:
    figure, panel = plt.subplots(figsize=(6, 3.4))
    for name, found in figures["servers"].items():
        points = found["points"]
        panel.plot(
            [point["streams"] for point in points],
            [point["megabytes"] for point in points],
            marker="o",
            markersize=3,
            label=name,
            color=_COLOURS.get(name),
        )
    panel.set(xlabel="open streams", ylabel="resident memory, MB", title="Memory by subscribers")
    panel.grid(alpha=0.3)
    panel.legend()
    _save(figure, "memory-subscribers")


def _storm(courses: dict[str, Any]) -> None:
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.4))
    for panel, storm, what, title, unit in (
        (panels[0], "one of two stopped", "busiest", "1 of 2 workers is stopped", "core in use"),
        (panels[1], "broker away", "attempts", "The broker is away for a minute", "attempts/s"),
    ):
        for name, label, colour in (
            (f"{storm}, as it was", "hints that do not know how many", "#c1440e"),
            (storm, "hints in turns", "#0b6e4f"),
        ):
            panel.plot(courses[name][what], label=label, color=colour)
        panel.set(xlabel="seconds", ylabel=unit, title=title)
        panel.grid(alpha=0.3)
        panel.legend()
    panels[0].set(xlim=(0, 35), ylim=(0, 1.05))
    panels[1].set(yscale="log", ylim=(50, None))
    _save(figure, "reconnect-storm")


def _save(figure: Any, name: str) -> None:
    figure.tight_layout()
    figure.savefig(_CHARTS / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)
    print(f"written: bench/charts/{name}.svg")


if __name__ == "__main__":
    main()
