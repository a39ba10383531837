"""The demo that pages are tried against, on the ports of a place."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from support.demo_process import Process, running
from support.documents.place import Place


@contextmanager
def demo_of(place: Place) -> Iterator[None]:
    """Run the demo for the block, as the quick start starts it."""
    process = Process(
        ["chat3_user", "--demo"],
        place.scripts / "demo.log",
        "Ctrl-C ends it",
        {**place.environment, "PATH": f"{sys.prefix}/bin:{place.environment['PATH']}"},
    )
    with running(process):
        yield
