"""What a call by a token costs beside the same call by an API key, in microseconds of CPU.

Run ``python bench/tokens.py``. First who calls is read alone, best of several rounds; then the
service serves typing indicators, named by key and by token in turns, before nginx.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Final

from harness.calls import CALLS, IDENTITY
from harness.load import h2load
from harness.machine import cores
from harness.results import begin, save, summary
from harness.servers import Server, ours
from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey
from multidict import CIMultiDict
from upstream.nginx import nginx

from chat3_user.calls import Callers
from chat3_user.calls.service import USER
from chat3_user.errors import CallError
from chat3_user.metrics import Metrics
from chat3_user.tokens import UserTokens
from chat3_user.tokens.issuer import Accepted, IssuerTokens
from chat3_user.tokens.issuer_keys import IssuerKeys
from chat3_user.tokens.keyring import made_up, token_keys
from chat3_user.tokens.sealed import SealedTokens
from chat3_user.validation import parse_identity

ROUNDS: Final = 15
CALLS_OF_A_ROUND: Final = 300
DAY: Final = 86_400
KEYS: Final = made_up()
ISSUED: Final = '{"iss":"i","aud":"a","sub":"alice","tenant_id":"tnt_default","exp":9999999999}'

Identified = Callable[[], Awaitable[object]]


def sealed() -> SealedTokens:
    return SealedTokens(token_keys(KEYS), time.time)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def own_token() -> str:
    return sealed().create(parse_identity(dict(IDENTITY)), DAY)[0]


async def of_issuer(algorithm: str, key: Key) -> Identified:
    """Return what verifies a token of an issuer, anew each time."""

    async def document() -> bytes:
        return jwks(key)

    keys = IssuerKeys(document, lambda _: None)
    await keys.open()
    await keys.close()
    accepted = Accepted(
        issuer="i",
        audience="a",
        algorithms=(algorithm,),
        tenant_claim="tenant_id",
        user_claim="sub",
        tenants=(),
        api_key="k",
    )
    token = jws.serialize_compact({"alg": algorithm, "kid": "one"}, ISSUED, key)
    return partial(IssuerTokens(accepted, keys, time.time).read, token)


def jwks(key: Key) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False)]}).encode()


async def ways() -> Mapping[str, Identified]:
    """Return the ways in which a call says who makes it, by name."""
    token, tokens = own_token(), UserTokens(sealed())
    callers, one = Callers(tokens, Metrics().tokens), {"kid": "one"}
    by_key, by_token = CIMultiDict(IDENTITY), CIMultiDict(bearer(token))
    opened = sealed()

    async def open_again() -> object:
        return opened.read(token)

    async def refused(text: str) -> None:
        with suppress(CallError):
            await tokens.read(text)

    return {
        "API key, tenant and user": partial(callers.identified, USER, by_key),
        "own token, remembered": partial(callers.identified, USER, by_token),
        "own token, opened": open_again,
        "token of an issuer, ES256, verified": await of_issuer(
            "ES256", ECKey.generate_key("P-256", one)
        ),
        "token of an issuer, RS256, verified": await of_issuer(
            "RS256", RSAKey.generate_key(2048, one)
        ),
        "refused: a tag that does not fit": partial(refused, token[:-22] + "A" * 22),
        "refused: a head that is none of ours": partial(refused, "A" + token),
    }


async def cost_of(identified: Identified) -> float:
    """Return the least microseconds of CPU that it takes."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        for _ in range(CALLS_OF_A_ROUND):
            await identified()
        best = min(best, (time.process_time_ns() - began) / CALLS_OF_A_ROUND / 1000)
    return best


async def identifying() -> dict[str, float]:
    """Print what each way costs."""
    found = {}
    print(f"\n{'who calls, in µs of CPU':46}")
    for name, identified in (await ways()).items():
        found[name] = round(await cost_of(identified), 1)
        print(f"{name:46}{found[name]:8.1f}", flush=True)
    return found


def calling(target: Server, options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Print what a call costs by key and by token; each run is followed by one of the other."""
    call = next(call for call in CALLS if call.name == options.call)
    named = {"API key": dict(IDENTITY), "token": bearer(own_token())}
    costs: dict[str, list[float]] = {name: [] for name in named}
    load = partial(h2load, target.port, call, folder=folder)
    warm = load(count=400, identity=IDENTITY)
    count = int(400 / warm.seconds * options.seconds)
    for _ in range(options.runs):
        for name, identity in named.items():
            before = target.process.cpu_seconds()
            load(count=count, identity=tuple(identity.items()))
            costs[name].append((target.process.cpu_seconds() - before) / count * 1e6)
    print(f"\n{call.name}, {options.runs} runs of {options.seconds:g} s each, in µs of CPU")
    for name, values in costs.items():
        print(f"{name:46}{statistics.median(values):8.0f}   {[round(each) for each in values]}")
    return {name: summary(values) for name, values in costs.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a run")
    parser.add_argument("--call", default="typing", choices=[call.name for call in CALLS])
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    figures: dict[str, object] = {"identifying": asyncio.run(identifying())}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(nginx(folder))
        target = stack.enter_context(ours([server_core], folder, tenant_api=url, token_keys=KEYS))
        figures[options.call] = calling(target, options, folder)
    if options.save:
        save("tokens", machine, {"runs": options.runs, "seconds": options.seconds, "cpu": figures})


if __name__ == "__main__":
    main()
