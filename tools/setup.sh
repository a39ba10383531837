#!/usr/bin/env bash
# Sets up what the make targets use.
#
#   tools/setup.sh venv DIRECTORY PYTHON   the virtual environment, by the lock
#   tools/setup.sh servers                 RabbitMQ, Redis, proxies, Prometheus and Chromium, if missing
#   tools/setup.sh browsers                Firefox for `make test-browsers`, where it is missing
#   tools/setup.sh bench                   what the benchmarks run besides, where it is missing
#
# Debian packages are installed by apt when that is needed and we are root.
set -euo pipefail
cd "$(dirname "$0")/.."

install() {
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "setup: please install $* and try again" >&2
    exit 1
  fi
  echo "setup: installing $*"
  apt-get update -qq
  # Packages that bring a server would start it; the tests start their own.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

case "${1:-}" in
  venv)
    directory="$2" python="$3"
    if ! command -v "$python" >/dev/null || ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
      install python3 python3-venv
    fi
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      echo "setup: Python 3.11 or newer is needed; name one with PYTHON=..." >&2
      exit 1
    fi
    echo "setup: making $directory"
    [ -x "$directory/bin/python" ] || "$python" -m venv "$directory"
    "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
    "$directory/bin/python" -m pip install --quiet --disable-pip-version-check \
      --constraint requirements.lock --editable codec --editable gen/python --editable cli --editable clients/python \
      --editable embedded --editable . --group dev
    touch "$directory/.ready"
    ;;
  servers)
    missing=()
    command -v rabbitmq-server >/dev/null || [ -x /usr/sbin/rabbitmq-server ] || missing+=(rabbitmq-server)
    command -v redis-server >/dev/null || missing+=(redis-server)
    command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
    command -v haproxy >/dev/null || [ -x /usr/sbin/haproxy ] || missing+=(haproxy)
    command -v promtool >/dev/null || missing+=(prometheus)
    command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
    [ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
    ;;
  browsers)
    command -v firefox-esr >/dev/null || command -v firefox >/dev/null || install firefox-esr
    ;;
  bench)
    missing=()
    command -v rabbitmq-server >/dev/null || [ -x /usr/sbin/rabbitmq-server ] || missing+=(rabbitmq-server)
    command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
    command -v h2load >/dev/null || missing+=(nghttp2-client)
    command -v taskset >/dev/null || missing+=(util-linux)
    [ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
    ;;
  *)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
