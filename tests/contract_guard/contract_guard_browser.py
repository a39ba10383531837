"""A browser without a window: what the scripts of a page make of it."""

import shutil
import subprocess
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def page_after(tmp_path: Path, address: str, *options: str) -> str:
    """Load a page in a browser and give what its scripts have made of it."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert browser is not None, "Chromium is missing: run `make test`, which installs it"
    run = subprocess.run(
        [
            browser,
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
        timeout=50,
    )
    return run.stdout
