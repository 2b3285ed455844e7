#!/usr/bin/env bash
# Runs a contract client against the built program: scripts/contract.sh CLIENT PART…
# On the embedded store, or on MongoDB where SORI_TEST_MONGO_URI is set.
set -euo pipefail
cd "$(dirname "$0")/.."
client=$1; shift
dir=$(mktemp -d)
export SORI_DEV=1 SORI_DATA_DIR=$dir SORI_LOG_LEVEL=warn
if [ -n "${SORI_TEST_MONGO_URI:-}" ]; then
  export SORI_MONGO_URI=$SORI_TEST_MONGO_URI SORI_MONGO_DATABASE=sori_contract_$$
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export SORI_ADDR=127.0.0.1:$port
bin/sori serve >"$dir/out" 2>"$dir/log" &
pid=$!
finish() { kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; rm -rf "$dir"; }
trap finish EXIT
for _ in $(seq 100); do
  curl -fs "http://127.0.0.1:$port/readyz" >/dev/null && break
  kill -0 "$pid" || { cat "$dir/log"; exit 1; }
  sleep 0.1
done
python3 "$client" --base "http://127.0.0.1:$port" --token "$(bin/sori token --role admin)" "$@" || { tail -40 "$dir/log"; exit 1; }
