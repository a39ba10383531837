#!/usr/bin/env bash
# Looks at the image that `make image` has built: who it runs as, how large it is, and whether it lives with a
# root that cannot be written to. Needs docker.
set -euo pipefail
image="${1:-chat3-gateway}"

[ "$(docker image inspect --format '{{ .Config.User }}' "$image")" = 10001:10001 ]
size=$(docker image inspect --format '{{ .Size }}' "$image")
echo "image: $((size / 1000000)) MB"
[ "$size" -lt 300000000 ]

hardened=(--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges)
docker run --rm "${hardened[@]}" "$image" --version
# Nothing that installs.
if docker run --rm --entrypoint python "$image" -m pip --version 2>/dev/null; then exit 1; fi
if docker run --rm "${hardened[@]}" --entrypoint touch "$image" /opt/chat3/new 2>/dev/null; then exit 1; fi

# It lives, and says so, before anything behind it is there.
container=$(docker run --detach "${hardened[@]}" \
  --env TENANT_API_URL=http://127.0.0.1:3000 --env RABBITMQ_URL=amqp://127.0.0.1/ "$image")
trap 'docker logs "$container" | tail -20; docker rm --force "$container" >/dev/null' EXIT
for _ in $(seq 60); do
  health=$(docker inspect --format '{{ .State.Health.Status }}' "$container")
  [ "$health" = healthy ] && break
  sleep 1
done
[ "$health" = healthy ]
docker stop --time 30 "$container" >/dev/null
[ "$(docker inspect --format '{{ .State.ExitCode }}' "$container")" = 0 ]
