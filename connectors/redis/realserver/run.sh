#!/usr/bin/env bash
# Runs the Redis tests against a real redis-server: starts one on loopback, without a
# disk, runs `go test ./connectors/redis/...` with WEIR_TEST_REDIS set, and ends it.
set -euo pipefail
root="$(cd "$(dirname "$0")/../../.." && pwd)"
command -v redis-server >/dev/null || { echo "test-redis needs redis-server (Debian: apt-get install redis-server)" >&2; exit 1; }
work="$(mktemp -d)"
pid=""
finish() {
  status=$?
  set +e # what ends here must not change the status
  if [ -n "$pid" ]; then kill "$pid"; wait "$pid"; fi 2>/dev/null
  if [ "$status" -ne 0 ] && [ -f "$work/redis.log" ]; then tail -n 20 "$work/redis.log"; fi
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT

port=$((20000 + RANDOM % 20000))
redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work" >"$work/redis.log" 2>&1 &
pid=$!
for _ in $(seq 1 40); do
  kill -0 "$pid" 2>/dev/null || { echo "redis-server ended at once" >&2; exit 1; }
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  sleep 0.25
done

cd "$root"
WEIR_TEST_REDIS="127.0.0.1:$port" go test -count=1 -v ./connectors/redis/...
WEIR_TEST_REDIS="127.0.0.1:$port" go test -count=1 -v -run 'Redis' ./session
