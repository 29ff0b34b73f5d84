#!/usr/bin/env bash
# Makes a Docker daemon answer on a Debian or Ubuntu machine: installs docker.io
# when there is no Docker, starts dockerd when none answers, and waits for it.
# Running it again changes nothing. It needs root for what is missing, and says
# what that is when it is not.
#
#   DOCKERD_LOG   where a dockerd started here writes (default /var/log/dockerd.log)
set -euo pipefail

log=${DOCKERD_LOG:-/var/log/dockerd.log}

say() { printf 'install-docker: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

if command -v docker >/dev/null && answers; then
  say "Docker $(docker version --format '{{.Server.Version}}') answers"
  exit 0
fi

if [ "$(id -u)" != 0 ]; then
  if command -v docker >/dev/null && [ -S /var/run/docker.sock ] && [ ! -w /var/run/docker.sock ]; then
    die "a daemon is there, but $(id -un) may not use it: sudo usermod -aG docker $(id -un), then log in again"
  fi
  command -v dockerd >/dev/null || die "Docker is not installed: run this as root, or sudo apt-get install docker.io"
  die "no daemon answers: run this as root, or sudo systemctl start docker"
fi

# Some releases have the client in a package of its own.
if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
  command -v apt-get >/dev/null || die "Docker is not installed and this is neither Debian nor Ubuntu: install it by hand"
  export DEBIAN_FRONTEND=noninteractive
  say "installing docker.io"
  apt-get -qq update || say "the package lists cannot be refreshed, trying with those that are here"
  apt-get -qq install -y --no-install-recommends docker.io iptables ca-certificates >/dev/null
  if ! command -v docker >/dev/null; then
    apt-get -qq install -y --no-install-recommends docker-cli >/dev/null
  fi
fi

# settled waits up to $1 seconds for the daemon.
settled() {
  local n
  for ((n = 0; n < $1 * 5; n++)); do
    ! answers || return 0
    [ -z "${pid:-}" ] || kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.2
  done
  return 1
}

pid=""
# The package may just have started it.
! settled 2 || { say "Docker $(docker version --format '{{.Server.Version}}') answers"; exit 0; }

if [ -d /run/systemd/system ] && systemctl start docker 2>/dev/null && settled 60; then
  say "Docker $(docker version --format '{{.Server.Version}}') answers, started by systemd"
  exit 0
fi

# Without systemd, or where its unit fails: by hand. Where the kernel has no
# iptables, containers get no network of their own, which functions do not need.
# Where overlay cannot be mounted, vfs is slow and always works.
try() {
  say "starting dockerd $*"
  rm -f /var/run/docker.pid
  nohup dockerd "$@" >>"$log" 2>&1 </dev/null &
  pid=$!
  settled 60 && return 0
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  return 1
}

mkdir -p "$(dirname "$log")"
plain=(--bridge=none --iptables=false --ip6tables=false --ip-masq=false)
if try || try "${plain[@]}" || try "${plain[@]}" --storage-driver=vfs; then
  say "Docker $(docker version --format '{{.Server.Version}}') answers, started by hand (log: $log)"
  exit 0
fi
tail -n 20 "$log" >&2 || true
die "dockerd does not start: see $log"
