#!/usr/bin/env bash
# Fuzzes every Fuzz function of the project for a while each (FUZZTIME, default
# one minute). Usage: tools/fuzz.sh [go command]
set -euo pipefail
cd "$(dirname "$0")/.."
go=${1:-go}
"$go" list -f '{{.Dir}}' ./... | while read -r dir; do
  for name in $(grep -hoE '^func (Fuzz[A-Za-z0-9_]+)' "$dir"/*_test.go 2>/dev/null | awk '{print $2}'); do
    echo "== $name in ${dir#"$PWD"/}"
    "$go" test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-1m}" "$dir"
  done
done
