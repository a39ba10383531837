"""Runs calls with recognisable secrets at debug level, and searches all that comes out."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
from edge_vocabulary import DIALOGS, SUBSCRIBE, Answer, RawClient, demo, headers
from grpclib.metadata import decode_bin_value

from chat3_embedded.demo import API_KEY
from chat3_user.calls.service import TENANT
from chat3_user.methods import METHODS
from support import tokens
from support.patience import STARTS
from support.ports import free_port
from support.recorded_spans import Recording
from support.tokens import Issuer, token

SECRET = "s3cr3t-of-an-application"
SERVICE = DIALOGS.rpartition("/")[0] + "/"
PASSWORD = "pa55word-of-an-operator"
TOKEN_SECRET = "c2VjcmV0LW9mLWFuLW9wZXJhdG9yLWZvci10b2tlbnM"
TOKEN_KEYS = f"secret:{TOKEN_SECRET}"
_DAY = 86_400
"""The tokens are made when the suite begins, and may be used when it ends."""
TOKEN = token(key=SECRET, tenant="tnt_default", keys=TOKEN_KEYS, seconds=_DAY)
GOOD_TOKEN = token(key=API_KEY, tenant="tnt_default", keys=TOKEN_KEYS, seconds=_DAY)
OLD_TOKEN = token(key=SECRET, keys=TOKEN_KEYS, created_at=0)
ISSUER = Issuer()
SIGNED = ISSUER.signed(tenant_id="tnt_default", exp=int(time.time()) + _DAY)
ISSUER_KEY = "k3y-for-tokens-of-an-issuer"
PARTS = [part for text in (TOKEN, GOOD_TOKEN, OLD_TOKEN, SIGNED) for part in text.split(".")[1:]]
"""What tells a token: its head is no secret."""
SECRETS = [SECRET, PASSWORD, TOKEN_SECRET, ISSUER_KEY, *(part for part in PARTS if part)]


def by_token(text: str, path: str = DIALOGS, **more: str) -> list[tuple[str, str]]:
    """Return the headers of a call with a token instead of another identity."""
    alone = {"x_api_key": "", "x_tenant_id": "", "x_user_id": "", **more}
    return headers(path, authorization=f"Bearer {text}", **alone)


async def _calls(port: int) -> bytes:
    """Make calls that succeed and fail in many ways; return all that was answered."""
    seen = b""
    sent: Sequence[list[tuple[str, str]]] = [
        headers(x_api_key=SECRET),
        headers(x_api_key=SECRET, x_user_id="a.b"),
        headers(x_api_key=SECRET + " with a space"),
        headers(x_api_key=SECRET, x_more="y" * 20_000),
        headers(x_api_key=SECRET, some_bin="a"),
        headers(x_api_key=SECRET, te=""),
        headers(DIALOGS + "X", x_api_key=SECRET),
        *(
            headers(f"/{method.service.full_name}/{method.name}", x_api_key=SECRET)
            for method in METHODS.values()
        ),
        headers(SUBSCRIBE, x_api_key=SECRET),
        headers(SUBSCRIBE, x_api_key=SECRET, x_user_id="nobody"),
        *(by_token(text) for text in (TOKEN, GOOD_TOKEN, OLD_TOKEN, SIGNED)),
        *(by_token(text[:-1]) for text in (TOKEN, SIGNED)),
        *(by_token(f"{text}.") for text in (TOKEN, SIGNED)),
        by_token(TOKEN, x_api_key=SECRET),
        by_token(TOKEN, x_request_id="a b"),
        by_token(TOKEN, DIALOGS + "X"),
        by_token(TOKEN, SUBSCRIBE),
        by_token(TOKEN, te=""),
        by_token(TOKEN, x_more="y" * 20_000),
        by_token(TOKEN, f"/{TENANT.full_name}/ListUsers"),
        by_token(TOKEN, f"{DIALOGS}?access_token={TOKEN}"),
    ]
    async with await RawClient.open(port) as client:
        for one in sent:
            answer = await client.call(one)
            seen += _all_of(answer)
        answer = await client.call(headers(x_api_key=SECRET), b"\0\0\0\0\x05abcd")
        seen += _all_of(answer)
        client.send(b"\xff" * 100)
        await client.closed.wait()
        seen += repr(client.gone).encode()
    return seen + await _calls_by_json(port)


async def _calls_by_json(port: int) -> bytes:
    """Make calls over HTTP/1.1; return all that was answered."""
    seen = b""
    url = f"http://127.0.0.1:{port}{DIALOGS}"
    async with aiohttp.ClientSession() as session:
        for text in (TOKEN, GOOD_TOKEN, OLD_TOKEN, SIGNED, f"{TOKEN}."):
            named = {"authorization": f"Bearer {text}"}
            for asked in (
                session.post(url, json={}, headers=named),
                session.post(url, data=b"{", headers={"content-type": "text/plain", **named}),
                session.get(url, params={"encoding": "json", "message": "{}"}, headers=named),
                session.get(url, params={"encoding": "json", "message": text}, headers=named),
            ):
                async with asked as answer:
                    seen += repr(answer.headers).encode() + await answer.read()
    return seen


@pytest.mark.parametrize("upstream", ["demo", "unreachable"])
async def test_no_secret_is_logged_answered_or_measured(upstream: str, tmp_path: Path) -> None:
    grpc, ops = free_port(), free_port()
    key_file = tmp_path / "keys.json"
    key_file.write_bytes(ISSUER.document())
    environment = os.environ | {
        "DEMO": "true",
        "GRPC_PORT": str(grpc),
        "OPS_PORT": str(ops),
        "DEMO_PAGE_PORT": "0",
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "json",
        "RATE_LIMIT_KEY_READ": "3/minute",
        "PYTHONASYNCIODEBUG": "1",
        "TOKEN_KEYS": TOKEN_KEYS,
        "TOKEN_ISSUER": tokens.ISSUER,
        "TOKEN_ISSUER_KEYS": str(key_file),
        "TOKEN_ISSUER_AUDIENCE": tokens.AUDIENCE,
        "TOKEN_ISSUER_ALGORITHMS": "ES256",
        "TOKEN_ISSUER_API_KEY": ISSUER_KEY,
    }
    if upstream == "unreachable":
        environment |= {
            "TENANT_API_URL": f"http://someone:{PASSWORD}@127.0.0.1:1",
            "RABBITMQ_URL": f"amqp://someone:{PASSWORD}@127.0.0.1:1/",
            "REDIS_URL": f"redis://someone:{PASSWORD}@127.0.0.1:1/0",
        }
    command = [sys.executable, "-m", "chat3_user", "--workers", "1"]
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220
            command, env=environment, stdout=output, stderr=output
        )
        try:
            for port in (grpc, ops):
                await _listening(port)
            seen = await _calls(grpc)
            async with aiohttp.ClientSession() as session:
                for path in ("metrics", "readyz", "healthz"):
                    async with session.get(f"http://127.0.0.1:{ops}/{path}") as answer:
                        seen += await answer.read()
        finally:
            process.terminate()
            process.wait(STARTS)
    output_bytes = (tmp_path / "output").read_bytes()
    assert b"connection ended" in output_bytes, "debug level was not on"
    printed = subprocess.run(  # noqa: ASYNC221
        [*command, "--print-config"], env=environment, capture_output=True, check=True
    )
    assert b"TOKEN_REVOKED" in seen or upstream == "unreachable", "no token was opened"
    for secret in SECRETS:
        for name, text in (
            ("log", output_bytes),
            ("answer", seen),
            ("--print-config", printed.stdout + printed.stderr),
        ):
            lines = [line for line in text.splitlines() if secret.encode() in line]
            assert not lines, f"{name}: {lines[0][:500]!r}"


async def test_no_secret_is_in_a_trace() -> None:
    recording = Recording()
    async with demo(token_keys=TOKEN_KEYS, tracing=recording.tracing) as service:
        await _calls(service.grpc_port)
    spans = recording.spans
    assert spans
    text = " ".join(span.to_json() for span in spans)
    assert not [secret for secret in SECRETS if secret in text]
    assert "GetUserDialogs" in text


def _all_of(answer: Answer) -> bytes:
    """Return what an answer says, the details of its status decoded."""
    details = answer.headers.get("grpc-status-details-bin", "")
    readable = decode_bin_value(details.encode())
    return json.dumps(answer.headers).encode() + answer.data + readable


async def _listening(port: int) -> None:
    async with asyncio.timeout(STARTS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
