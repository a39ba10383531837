#!/usr/bin/env bash
# Generates everything that is made from the contract, or checks what was made.
#
#   tools/generate.sh write               bring the generated files up to date
#   tools/generate.sh check               fail when they are not
#   tools/generate.sh breaking AGAINST    fail when the contract breaks what AGAINST promised
#   tools/generate.sh check-guard IMAGE   fail when IMAGE is not the present contract
#
# buf, its plugins and Python come from PATH; mk/generate.mk puts the virtual environment there.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# The modules are generated as one image: module by module, the second would overwrite what both have.
generate_into() {
  buf build --output "$scratch/modules.binpb" &&
    buf generate --output "$1" "$scratch/modules.binpb" &&
    buf build --as-file-descriptor-set --output "$1/gen/python/chat3_api/descriptor.binpb"
}

case "${1:-}" in
  write | check)
    # The plugins talk on standard error even when all is well.
    if ! generate_into "$scratch/tree" 2>"$scratch/log"; then
      cat "$scratch/log" >&2
      exit 1
    fi
    PYTHONPATH=tools PYTHONDONTWRITEBYTECODE=1 python -m generated_tree "$1" "$scratch/tree" .
    python tools/python_client_methods.py "$1"
    ;;
  breaking)
    # As one image each: buf compares module by module, and a message may move to no other module.
    buf build --output "$scratch/contract.binpb"
    buf build "${2:?what to compare with}" --output "$scratch/against.binpb"
    buf breaking "$scratch/contract.binpb" --exclude-imports --against "$scratch/against.binpb"
    echo "breaking: compatible with $2"
    ;;
  check-guard)
    buf build --exclude-source-info --output "$scratch/contract.binpb"
    if ! cmp -s "$scratch/contract.binpb" "${2:?the guarded image}"; then
      echo "check-guard: $2 is not the present contract; run 'make guard-contract'" >&2
      exit 1
    fi
    echo "check-guard: $2 is the present contract"
    ;;
  *)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
