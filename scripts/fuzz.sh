#!/usr/bin/env bash
# Runs every fuzz test of the project for the time given (default 10s each).
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do
  dir=$(dirname "$file")
  grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | sed 's/func //' | while read -r name; do
    go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "./$dir"
  done
done
