#!/usr/bin/env bash
# Builds the TypeScript library of clients/typescript, or checks it.
#
#   tools/typescript_client.sh build    generate its stubs, compile it into clients/typescript/dist
#   tools/typescript_client.sh test     check style and types of what was built, and run its unit tests
#
# npm fetches what package-lock.json pins; buf comes from PATH, where mk/typescript.mk puts it.
set -euo pipefail
cd "$(dirname "$0")/.."
library=clients/typescript

case "${1:-}" in
  build)
    npm --prefix "$library" ci --silent --no-audit --no-fund --ignore-scripts
    rm -rf "$library/src/gen" "$library/dist" "$library/build"
    buf generate --template "$library/buf.gen.yaml"
    npm --prefix "$library" run --silent build
    ;;
  test)
    npm --prefix "$library" run --silent lint
    npm --prefix "$library" run --silent test
    ;;
  *)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
