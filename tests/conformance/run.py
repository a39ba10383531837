"""Holds the transport to others' suites: h2spec, connectrpc's conformance, gRPC's interop client.

Installs their pinned versions from the Go module proxy into `var/conformance`, prints each suite's
result, and fails for a failure that is not known, or a known one that passes.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

_HERE: Final = Path(__file__).resolve().parent
_PROJECT: Final = _HERE.parent.parent
_ROOM: Final = _PROJECT / "var" / "conformance"
_BIN: Final = _ROOM / "bin"
_STUBS: Final = _ROOM / "stubs"

_H2SPEC: Final = "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible"
_CONFORMANCE: Final = ("connectrpc.com/conformance", "v1.0.7")
_INTEROP: Final = "google.golang.org/grpc/interop/client@v1.85.0"

_INTEROP_CASES: Final = (
    "empty_unary",
    "large_unary",
    "server_streaming",
    "client_streaming",
    "ping_pong",
    "empty_stream",
    "timeout_on_sleeping_server",
    "cancel_after_begin",
    "cancel_after_first_response",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
)


def say(text: str) -> None:
    sys.stdout.write(f"conformance: {text}\n")
    sys.stdout.flush()


def known(name: str) -> set[str]:
    lines = (_HERE / name).read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def install() -> None:
    _BIN.mkdir(parents=True, exist_ok=True)
    _STUBS.mkdir(exist_ok=True)
    module, version = _CONFORMANCE
    environment = {**os.environ, "GOBIN": str(_BIN)}
    for wanted in (_H2SPEC, f"{module}/cmd/connectconformance@{version}", _INTEROP):
        name = wanted.partition("@")[0].rpartition("/")[2]
        if not (_BIN / name).exists():
            say(f"installing {wanted}")
            subprocess.run(
                ["go", "install", wanted], env=environment, check=True, capture_output=True
            )
    found = subprocess.run(
        ["go", "mod", "download", "-json", f"{module}@{version}"], check=True, capture_output=True
    )
    protos = Path(json.loads(found.stdout)["Dir"]) / "proto"
    for root, files in (
        (protos, sorted(protos.rglob("*.proto"))),
        (_HERE, [_HERE / "interop.proto"]),
    ):
        subprocess.run(
            [
                *(sys.executable, "-m", "grpc_tools.protoc"),
                *(f"--proto_path={root}", f"--python_out={_STUBS}"),
                *map(str, files),
            ],
            check=True,
        )


def _environment() -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": str(_STUBS)}


@contextmanager
def interop_server() -> Iterator[str]:
    """Run the interoperability service; yield its port."""
    process = subprocess.Popen(
        [sys.executable, str(_HERE / "interop_server.py")],
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(30)


def h2spec() -> bool:
    """Run h2spec: what it sends is HTTP/2, whatever service answers."""
    report = _ROOM / "h2spec.xml"
    with interop_server() as port:
        subprocess.run(
            [
                *(str(_BIN / "h2spec"), "-h", "127.0.0.1", "-p", port),
                *("--timeout", "3", "-j", str(report)),
            ],
            check=False,
            capture_output=True,
        )
    cases = list(ET.parse(report).getroot().iter("testcase"))  # noqa: S314 - our own file
    failed = {
        f"{case.get('package', '').rpartition('/')[2]}. {case.get('classname')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    }
    return _judged("h2spec", len(cases), failed, known("known_failing_h2spec.txt"))


def connect() -> bool:
    """Run connectrpc's suite: three protocols, two codecs, two versions of HTTP, all streams."""
    done = subprocess.run(
        [
            *(str(_BIN / "connectconformance"), "--mode", "server"),
            *("--conf", str(_HERE / "config.yaml")),
            *("--known-failing", f"@{_HERE / 'known_failing_connect.txt'}"),
            *("--", sys.executable, str(_HERE / "server.py")),
        ],
        env=_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    say(f"connectrpc: {' '.join(done.stdout.strip().splitlines()[-3:])}")
    if done.returncode:
        sys.stdout.write(done.stdout[-5000:] + done.stderr[-2000:])
    return done.returncode == 0


def interop() -> bool:
    """Run the cases of grpc-go's interop client that concern a server like this one."""
    failed = set()
    with interop_server() as port:
        for case in _INTEROP_CASES:
            command = [str(_BIN / "client"), "-use_tls=false", "-server_host=127.0.0.1"]
            done = subprocess.run(
                [*command, f"-server_port={port}", f"-test_case={case}"],
                check=False,
                capture_output=True,
                text=True,
                timeout=60,
            )
            if done.returncode:
                failed.add(case)
                sys.stdout.write(done.stderr[-500:] + "\n")
    return _judged("grpc-go interop", len(_INTEROP_CASES), failed, set())


def _judged(name: str, count: int, failed: set[str], expected: set[str]) -> bool:
    say(f"{name}: {count - len(failed)} of {count} pass, {len(failed & expected)} known failures")
    for case in sorted(failed - expected):
        say(f"{name}: FAILED {case}")
    for case in sorted(expected - failed):
        say(f"{name}: passes, and is listed as failing: {case}")
    return failed == expected


def main() -> int:
    install()
    results = [h2spec(), connect(), interop()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
