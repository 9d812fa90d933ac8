#!/usr/bin/env bash
# Runs the Kafka tests against a real Apache Kafka: fetches its jars through Maven once
# (into the user's cache), starts one broker in KRaft mode on loopback, runs
# `go test ./connectors/kafka/... ./session/...` with WEIR_TEST_KAFKA set, and ends the broker.
# Needs Java 17 and Maven.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
jars="${XDG_CACHE_HOME:-$HOME/.cache}/weir-test-kafka/4.1.1"
work="$(mktemp -d)"
pid=""
finish() {
  status=$?
  set +e # what ends here must not change the status
  if [ -n "$pid" ]; then kill "$pid"; wait "$pid"; fi 2>/dev/null
  if [ "$status" -ne 0 ] && [ -f "$work/kafka.log" ]; then tail -n 30 "$work/kafka.log"; fi
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT

for tool in java mvn go; do
  command -v "$tool" >/dev/null || { echo "test-kafka needs $tool" >&2; exit 1; }
done

if [ ! -e "$jars/complete" ]; then
  mkdir -p "$jars"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$jars" -DincludeScope=runtime
  touch "$jars/complete"
fi

free_port() { python3 - <<'PY' 2>/dev/null || echo $((20000 + RANDOM % 20000))
import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])
PY
}
port=$(free_port); cport=$(free_port)
cat > "$work/server.properties" <<PROPS
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$cport
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$cport
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
log.dirs=$work/data
num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
PROPS
# Log4j 2 has a default configuration: errors to the console.
java -cp "$jars/*" kafka.tools.StorageTool format -t "$(java -cp "$jars/*" kafka.tools.StorageTool random-uuid 2>/dev/null | tail -n 1)" \
  -c "$work/server.properties" >"$work/format.log" 2>&1 || { cat "$work/format.log"; exit 1; }
java -Xmx512m -cp "$jars/*" kafka.Kafka "$work/server.properties" >"$work/kafka.log" 2>&1 &
pid=$!

for _ in $(seq 1 120); do
  kill -0 "$pid" 2>/dev/null || { echo "Kafka ended at once" >&2; exit 1; }
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  sleep 0.25
done

cd "$root"
WEIR_TEST_KAFKA="127.0.0.1:$port" go test -count=1 -v -run 'Kafka' ./connectors/kafka/...
