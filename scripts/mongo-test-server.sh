#!/usr/bin/env bash
# Starts a MongoDB server for tests, runs the command given as arguments with SORI_TEST_MONGO_URI set, and ends the server again:
#
#   scripts/mongo-test-server.sh go test ./adapters/mongostore
#
# A mongod in PATH is started as a replica set of one (transactions and change streams need that). Without one, SecantusDB is
# installed from PyPI into a cache directory: a small server that speaks MongoDB's wire protocol, for tests only.
# An address already in SORI_TEST_MONGO_URI is used as it is.
#
# SORI_TEST_CACHE     where SecantusDB is kept (default: ~/.cache/sori)
# SORI_TEST_MONGOD    "secantus" or "mongod" to insist on one of them
set -euo pipefail

if [ $# -eq 0 ]; then
	echo "usage: $0 COMMAND [ARGUMENT…]" >&2
	exit 2
fi
if [ -n "${SORI_TEST_MONGO_URI:-}" ]; then
	exec "$@"
fi

secantus_version=0.6.0b17
cache=${SORI_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sori}
venv=$cache/secantus-$secantus_version
wanted=${SORI_TEST_MONGOD:-}

data=$(mktemp -d)
log=$data/server.log
server=

finish() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$data"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
	echo "$1; the server's last words:" >&2
	tail -n 20 "$log" >&2 || true
	exit 1
}

# A port that nobody listens on. Somebody may take it before the server does; then start is tried again.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
}

# wait_for_port PORT: until the server answers, at most 30 seconds; fails at once if it has died.
wait_for_port() {
	local n
	for n in $(seq 300); do
		if ! kill -0 "$server" 2>/dev/null; then
			return 1
		fi
		if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
			return 0
		fi
		sleep 0.1
	done
	return 1
}

install_secantus() {
	mkdir -p "$cache"
	(
		flock 9 # two runs may come at once; a virtual environment cannot be moved into place
		if [ ! -e "$venv/complete" ]; then
			echo "installing SecantusDB $secantus_version into $venv" >&2
			rm -rf "$venv"
			python3 -m venv "$venv"
			"$venv/bin/pip" install --quiet --disable-pip-version-check "SecantusDB==$secantus_version" >&2
			touch "$venv/complete"
		fi
	) 9>"$cache/lock"
}

start_secantus() {
	"$venv/bin/secantusd-rs" --port "$1" --storage-path "$data/db" --cache-size 1G --log-level WARNING >"$log" 2>&1 &
	server=$!
}

start_mongod() {
	mkdir -p "$data/db"
	mongod --bind_ip 127.0.0.1 --port "$1" --dbpath "$data/db" --replSet sori --wiredTigerCacheSizeGB 1 --quiet >"$log" 2>&1 &
	server=$!
}

initiate_replica_set() {
	local shell
	shell=$(command -v mongosh || command -v mongo) || fail "mongosh is needed to make mongod a replica set"
	"$shell" --quiet --port "$1" --eval \
		'rs.initiate({_id: "sori", members: [{_id: 0, host: "127.0.0.1:'"$1"'"}]}); while (!db.hello().isWritablePrimary) sleep(100)' >>"$log" 2>&1 ||
		fail "the replica set could not be made"
}

kind=secantus
if [ "$wanted" = mongod ] || { [ -z "$wanted" ] && command -v mongod >/dev/null; }; then
	kind=mongod
else
	install_secantus
fi

port=
for _ in 1 2 3; do
	port=$(free_port)
	"start_$kind" "$port"
	if wait_for_port "$port"; then
		break
	fi
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
	server=
done
[ -n "$server" ] || fail "no server could be started"

uri="mongodb://127.0.0.1:$port/?directConnection=true"
if [ "$kind" = mongod ]; then
	initiate_replica_set "$port"
fi
SORI_TEST_MONGO_URI=$uri "$@"
