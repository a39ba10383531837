#!/usr/bin/env bash
# Checks what `deploy/` holds, as far as neither Docker nor Go is needed: `make lint-deploy`.
set -euo pipefail
cd "$(dirname "$0")/.."

hadolint deploy/image/Dockerfile
yamllint --strict --config-file deploy/yamllint.yaml deploy
check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/compose/compose.yaml
check-jsonschema --quiet --check-metaschema deploy/helm/chat3-gateway/values.schema.json
check-jsonschema --quiet --schemafile deploy/helm/chat3-gateway/values.schema.json \
  deploy/helm/chat3-gateway/values.yaml

# Not every machine with a shell has systemd.
if command -v systemd-analyze >/dev/null; then
  unit='chat3-user-service@.service'
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  # It wants the program to be there.
  sed 's#^ExecStart=.*#ExecStart=/bin/true#' "deploy/systemd/$unit" >"$folder/$unit"
  complaints=$(systemd-analyze verify --man=no "$folder/$unit" 2>&1) || true
  if [ -n "$complaints" ]; then
    echo "$complaints" >&2
    exit 1
  fi
  # 2.0 of 10: what is left is the network and the machine's files, which the service needs.
  systemd-analyze security --offline=true --no-pager --threshold=20 "$folder/$unit" >"$folder/exposure" \
    || { cat "$folder/exposure" >&2; exit 1; }
fi
