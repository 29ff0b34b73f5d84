#!/usr/bin/env bash
# Fuzzes every Fuzz function of the project for a while each. Usage:
#   [FUZZTIME=1m] [FUZZKEEP=n] tools/fuzz.sh [go command] [package pattern]
# With FUZZKEEP the n smallest inputs that reach new code are kept beside the
# test (testdata/fuzz), where every run of the tests plays them.
set -euo pipefail
cd "$(dirname "$0")/.."
go=${1:-go}
cache=$("$go" env GOCACHE)/fuzz
"$go" list -f '{{.ImportPath}} {{.Dir}}' "${2:-./...}" | while read -r package dir; do
  for name in $(grep -hoE '^func (Fuzz[A-Za-z0-9_]+)' "$dir"/*_test.go 2>/dev/null | awk '{print $2}'); do
    echo "== $name in ${dir#"$PWD"/}"
    "$go" test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-1m}" -fuzzminimizetime 100x "$dir"
    if [ -n "${FUZZKEEP:-}" ] && [ -d "$cache/$package/$name" ]; then
      kept=$dir/testdata/fuzz/$name
      mkdir -p "$kept"
      find "$cache/$package/$name" -type f -size -2k -printf '%s %p\n' | sort -n | awk -v n="$FUZZKEEP" "NR <= n" | cut -d' ' -f2- |
        while read -r input; do cp -n "$input" "$kept/"; done
    fi
  done
done
