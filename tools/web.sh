#!/usr/bin/env bash
# Builds the page of the demo from web/, or checks that what is committed is what web/ gives.
#
#   tools/web.sh fetch    fetch what web/ is built with; the library in TypeScript is built before
#   tools/web.sh build    write embedded/chat3_page/static
#   tools/web.sh check    fail when that folder is not what web/ and the contract give
#   tools/web.sh test     check style and types, and run the unit tests
#
# npm fetches what package-lock.json pins; buf comes from PATH, where mk/web.mk puts it. Every version
# is pinned, so the same sources give the same bytes on every machine.
set -euo pipefail
cd "$(dirname "$0")/.."

# The page uses the library @chat3/client as its users do: as a package that is built and installed.
case "${1:-}" in
  fetch)
    npm --prefix web ci --silent --no-audit --no-fund --ignore-scripts
    ;;
  build)
    rm -rf embedded/chat3_page/static
    npm --prefix web run --silent build -- ../embedded/chat3_page/static
    ;;
  check)
    rm -rf web/dist/page
    npm --prefix web run --silent build -- dist/page
    if ! diff -r web/dist/page embedded/chat3_page/static >/dev/null; then
      echo "web: embedded/chat3_page/static is not what web/ gives; run 'make web'" >&2
      exit 1
    fi
    echo "web: embedded/chat3_page/static is current"
    ;;
  test)
    npm --prefix web run --silent lint
    npm --prefix web run --silent types
    npm --prefix web run --silent test
    ;;
  *)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
