#!/usr/bin/env bash
# Starts what compose.yaml holds, sends a message through all of it, and ends it. Needs docker.
set -euo pipefail
cd "$(dirname "$0")/../.."
compose() { docker compose --file deploy/compose/compose.yaml "$@"; }

trap 'compose logs --tail 30; compose down --volumes' EXIT
compose up --detach --wait --wait-timeout 240
call() {
  curl --fail --silent --show-error "http://127.0.0.1:50051/chat3.user.v1.UserService/$1" --data "$2" \
    -H 'content-type: application/json' -H 'x-api-key: demo-key' -H 'x-tenant-id: tnt_default' -H 'x-user-id: alice'
}
call SendMessage '{"dialogId": "dlg_demoalicebob00000000", "content": "hello", "idempotencyKey": "compose-1"}'
call GetDialogMessages '{"dialogId": "dlg_demoalicebob00000000", "pageSize": 1}' | grep --quiet hello
curl --fail --silent --show-error http://127.0.0.1:8080/ | grep --quiet --ignore-case '<html'
curl --fail --silent --show-error http://127.0.0.1:9090/readyz
# All of it ends by itself within its time, and with 0.
compose stop
[ "$(compose ps --all --format '{{ .ExitCode }}' gateway)" = 0 ]
