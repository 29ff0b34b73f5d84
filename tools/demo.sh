#!/usr/bin/env bash
# Shows a whole node at work: builds it, starts it with its embedded store in a
# temporary folder, registers two functions and two workflows, runs each, prints
# what happened, and stops it. Uses Docker when its daemon answers, else the
# sandbox. DEMO_DRIVER=docker|sandbox chooses.
set -uo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }
die() { printf '\nThe demo cannot run: %s\n' "$*" >&2; exit 1; }

command -v go >/dev/null || die "Go is missing. Install it from your distribution or go.dev, then run make demo again."

say "Building (the first time takes a few minutes)"
make --no-print-directory build >/dev/null || die "the build did not succeed; see above."

driver=${DEMO_DRIVER:-auto}
if [ "$driver" != sandbox ] && docker version >/dev/null 2>&1; then
  say "Docker answers: making the images of the runtimes (kept for the next time)"
  if ! runtimes/images/build.sh; then
    [ "$driver" = docker ] && die "the images could not be made; see above."
    printf 'The images could not be made, so the functions run in the sandbox.\n'
    driver=sandbox
  fi
elif [ "$driver" = docker ]; then
  die "no Docker daemon answers. Start it, or run make demo with DEMO_DRIVER=sandbox."
fi

home=$(mktemp -d)
log=$home/node.log
node=
finish() {
  code=$?
  if [ -n "$node" ] && kill -0 "$node" 2>/dev/null; then
    kill -TERM "$node"
    wait "$node" || code=1
    [ $code -eq 0 ] && printf '\n== The node has stopped; nothing is left behind.\n'
  fi
  [ $code -ne 0 ] && [ -s "$log" ] && printf '\nThe log of the node:\n' >&2 && tail -n 20 "$log" >&2
  rm -rf "$home"
  exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM

say "Starting a node with an embedded store"
bin/serverledge --set data.dir="$home/data" --set api.port=0 --set container.driver="$driver" 2>"$log" &
node=$!
until [ -s "$home/data/api-address" ]; do
  kill -0 "$node" 2>/dev/null || { node=; tail -n 3 "$log" >&2; die "the node did not start; the reason is above."; }
  sleep 0.1
done
address=$(cut -d/ -f3 <"$home/data/api-address")
export SERVERLEDGE_HOST=${address%:*} SERVERLEDGE_PORT=${address##*:}
cli=bin/serverledge-cli

# run shows a command and what it prints.
run() {
  printf '\n$ %s\n' "$*"
  "$@" | sed 's/^/  /'
  return "${PIPESTATUS[0]}"
}

# quiet shows a command that only prepares something.
quiet() {
  printf '$ %s\n' "$*"
  "$@" >"$home/out" || { cat "$home/out"; return 1; }
}

# workflow shows an execution: its result, and where each task ran.
workflow() {
  printf '\n$ %s\n' "$*"
  "$@" --format table | sed 's/^/  /'
  return "${PIPESTATUS[0]}"
}

$cli node list --format json | grep -o '"driver": *"[a-z]*"' | sed 's/.*: *"\(.*\)"/It listens on '"$address"' and runs functions in: \1/'

say "1 of 4: a function in Python"
quiet $cli create -f hello-py --memory 128 --runtime python310 --src examples/hello.py --handler hello.handler || exit 1
run $cli invoke -f hello-py -p "a:2" -p "b:3" --return_output || exit 1

say "2 of 4: a function in JavaScript"
quiet $cli create -f hello-js --memory 128 --runtime nodejs17ng --src examples/hello.js --handler hello || exit 1
run $cli invoke -f hello-js -p "a:2" -p "b:3" || exit 1

say "3 of 4: a workflow in the Amazon States Language: three times inc"
quiet $cli create -f inc --memory 128 --runtime python310 --src examples/inc.py --handler inc.handler -i n:Int -o n:Int || exit 1
quiet $cli workflow create -f three-times -s examples/workflow-simple.json || exit 1
workflow $cli workflow invoke -f three-times -p "n:39" || exit 1

say "4 of 4: a workflow as a YAML DAG"
quiet $cli create -f wordCount --memory 128 --runtime nodejs17ng --src examples/wordCount.js --handler wordCount || exit 1
quiet $cli create -f summarize --memory 128 --runtime python310 --src examples/summarize.py --handler summarize.handler || exit 1
quiet $cli create -f hash_string --memory 128 --runtime python310 --src examples/hash_string.py --handler hash_string.handler || exit 1
quiet $cli workflow create -f wordstats -s examples/wordstats.yaml || exit 1
workflow $cli workflow invoke -f wordstats -d '{"texts": ["the quick brown fox", "the lazy dog"], "sign": true}' || exit 1
say "Where everything ran"
run $cli execution list --format table || exit 1
