#!/usr/bin/env bash
# Two agents at examples/agent-desk in a real Chromium, against a real server: a mail arrives live, a collision is seen, an answer is sent, the inquiry is resolved.
# Installs what it needs: chromium by apt where there is none, and the page's npm packages into a cache.
#
# SORI_TEST_CACHE   where the npm packages are kept (default: ~/.cache/sori)
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

if ! command -v chromium >/dev/null; then
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
fi
page=examples/agent-desk
cache=${SORI_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sori}/agent-desk-$(sha256sum $page/package.json | cut -c1-12)
if [ ! -e "$cache/installed" ]; then
	mkdir -p "$cache"
	cp $page/package.json "$cache/"
	(cd "$cache" && npm install --no-audit --no-fund --silent)
	touch "$cache/installed"
fi

work=$(mktemp -d)
server=
finish() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

go build -o "$work/sori" .
mkdir "$work/site"
cp $page/* scripts/browser_test.mjs "$work/site/"
ln -s "$cache/node_modules" "$work/site/node_modules"
(cd "$work/site" && node_modules/.bin/esbuild desk.js --bundle --format=esm --outfile=bundle.js --log-level=warning)

free() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }
port=$(free)
site=$(free)
export SORI_DEV=1 SORI_DATA_DIR=$work/data SORI_ADDR=127.0.0.1:$port SORI_CORS_ORIGINS=http://127.0.0.1:$site SORI_LOG_LEVEL=warn
"$work/sori" serve >"$work/greeting" 2>"$work/log" &
server=$!
for _ in $(seq 300); do
	curl -fs "http://127.0.0.1:$port/readyz" >/dev/null && break
	kill -0 "$server" || { cat "$work/log"; exit 1; }
	sleep 0.1
done

export API=http://127.0.0.1:$port SITE=$site CHROMIUM=$(command -v chromium)
KIM=$("$work/sori" token --role agent --subject kim) LEE=$("$work/sori" token --role agent --subject lee)
export KIM LEE
if ! (cd "$work/site" && node browser_test.mjs); then
	cat "$work/log"
	exit 1
fi
