#!/usr/bin/env bash
# Runs every test of the project, says what was skipped and why, and ends with
# the exit code of `go test`. Usage: tools/test.sh [go command]
set -uo pipefail
cd "$(dirname "$0")/.."
go=${1:-go}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# two at a time: many tests start real nodes, containers and stores
CGO_ENABLED=0 "$go" test -p 2 -timeout 25m -json ./... >"$log"
code=$?
"$go" run ./internal/testreport <"$log" || code=1
exit $code
