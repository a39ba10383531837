"""Writes nginx's configuration and runs it: one process, connections kept alive.

A page is answered by one of its variants, by chance.
"""

import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.machine import free_port, program

from upstream import bodies

_CONFIG = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 600s;
  keepalive_requests 100000000;
  open_file_cache max=2048 inactive=600s;
  open_file_cache_valid 600s;
  default_type "application/json; charset=utf-8";
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  add_header X-Powered-By Express;
  map $request_id $variant {{ "~^(?<digits>..)" $digits; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    root {folder}/answers;
    etag off;
    location = /health {{ return 200 "{{}}"; }}
    location ~ ^/api/users/[^/]+$ {{ try_files /user =500; }}
    location ~ ^/api/users/[^/]+/dialogs$ {{ try_files /dialogs_$arg_limit/$variant =500; }}
    location ~ ^/api/users/[^/]+/dialogs/[^/]+/messages$ {{
      # A look for an earlier attempt: no message carries its key.
      if ($arg_filter ~ chat3_key) {{ return 200 '{none}'; }}
      try_files /messages_$arg_limit/$variant =500;
    }}
    location ~ ^/api/users/[^/]+/dialogs/[^/]+/messages/[^/]+$ {{ try_files /message =500; }}
    location ~ ^/api/users/[^/]+/dialogs/[^/]+/messages/[^/]+/status/ {{
      return 200 '{status}';
    }}
    location ~ ^/api/dialogs/[^/]+/messages$ {{ return 201 '{sent}'; }}
    location ~ ^/api/dialogs/[^/]+/member/[^/]+/typing$ {{ return 202 '{typing}'; }}
  }}
}}
"""
# Pages of 20 and 100, and those with the one or two messages more that show what follows.
_LIMITS = (1, 20, 21, 22, 100, 101, 102)
_VARIANTS = 256


@contextmanager
def nginx(folder: Path) -> Iterator[str]:
    """Serve the bodies within the block, on the cores of this process; yield the URL."""
    port = free_port()
    config = _write(folder, port)
    url = f"http://127.0.0.1:{port}"
    with (folder / "nginx.out").open("wb") as output:
        process = subprocess.Popen(
            [program("nginx"), "-p", str(folder), "-c", str(config)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(port, folder, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _write(folder: Path, port: int) -> Path:
    answers = folder / "answers"
    answers.mkdir(parents=True)
    (answers / "user").write_bytes(bodies.user())
    (answers / "message").write_bytes(bodies.message())
    for limit in _LIMITS:
        for name, body in (("messages", bodies.page), ("dialogs", bodies.dialogs)):
            pages = answers / f"{name}_{limit}"
            pages.mkdir()
            for variant in range(_VARIANTS):
                (pages / f"{variant:02x}").write_bytes(body(limit, variant))
    config = folder / "nginx.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder,
            port=port,
            none=_quoted(bodies.no_messages()),
            status=_quoted(bodies.status_recorded()),
            sent=_quoted(bodies.sent()),
            typing=_quoted(bodies.typing_accepted()),
        )
    )
    return config


def _quoted(body: bytes) -> str:
    text = body.decode()
    if any(character in text for character in "'$\\"):
        raise ValueError("the body cannot stand in nginx's configuration")
    return text


def _await(port: int, folder: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError((folder / "nginx.out").read_text() or "nginx does not answer")
