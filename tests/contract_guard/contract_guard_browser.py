"""A browser without a window: what the scripts of a page make of it."""

import subprocess
from pathlib import Path

from support.chromium import chromium
from support.patience import HANGS


def page_after(tmp_path: Path, address: str, *options: str) -> str:
    """Load a page in a browser and give what its scripts have made of it."""
    run = subprocess.run(
        [
            chromium(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--virtual-time-budget=5000",  # until scripts have nothing left to wait for
            f"--user-data-dir={tmp_path}",
            "--dump-dom",
            *options,
            address,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS,
    )
    return run.stdout
