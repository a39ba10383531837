"""Streams of all protocols: clients that keep their token, and come back with it by the rules."""

import random
from collections.abc import Sequence
from typing import Any, Final

from support.faults.client import StreamClient
from support.faults.history import Address, Recorder
from support.faults.web import WebStreamClient
from support.gateway import KEY, TENANT
from support.web_client import FORMS

HEARTBEAT: Final = 15
"""Seconds: 2,000 streams beat 133 times a second."""

_BACK_OFF: Final = (0.1, 1.0)


def clients(
    recorder: Recorder, port: int, count: int, seed: int
) -> tuple[Sequence[StreamClient], Sequence[Address]]:
    """Return so many clients, a fifth of each protocol and codec; a user has one of each."""
    forms = (None, *FORMS)
    made: list[StreamClient] = []
    addresses = [Address(TENANT, f"user{number}") for number in range(count // len(forms))]
    for number in range(count):
        form = forms[number % len(forms)]
        history = recorder.client(f"c{number} {form or 'grpc'}", addresses[number // len(forms)])
        rng = random.Random(f"{seed} {number}")
        options: dict[str, Any] = {"heartbeat": HEARTBEAT, "back_off": _BACK_OFF, "heeds": True}
        made.append(
            StreamClient(recorder, history, port, KEY, rng, **options)
            if form is None
            else WebStreamClient(recorder, history, port, KEY, rng, form, **options)
        )
    return made, addresses
