#!/usr/bin/env bash
# Builds the images that functions run in: build.sh [NAME...], all without one.
#
# An image is a copy of a well-known one when a registry answers, else it is
# put together from the packages of the Debian or Ubuntu that this runs on.
# Neither way needs root, only the right to use Docker. An image whose recipe
# has not changed is left alone.
#
#   SERVERLEDGE_IMAGES_FROM   auto (default), registry or packages
#   SERVERLEDGE_REGISTRY      where to look (default docker.io/library)
#   SERVERLEDGE_IMAGES_PREFIX first part of the names (default serverledge)
#   SERVERLEDGE_IMAGES_FORCE  1 builds again what is there
#   SERVERLEDGE_EXECUTOR      the executor (default bin/executor)
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
from=${SERVERLEDGE_IMAGES_FROM:-auto}
registry=${SERVERLEDGE_REGISTRY:-docker.io/library}
prefix=${SERVERLEDGE_IMAGES_PREFIX:-serverledge}
executor=${SERVERLEDGE_EXECUTOR:-$here/../../bin/executor}
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/serverledge/apt

say() { printf '%s\n' "$*" >&2; }
die() { say "images: $1"; [ $# -lt 2 ] || say "  $2"; exit 1; }

scratch=""
container=""
stage=""
cleanup() {
  [ -z "$container" ] || docker rm -f "$container" >/dev/null 2>&1 || true
  [ -z "$stage" ] || docker image rm "$stage" >/dev/null 2>&1 || true
  [ -z "$scratch" ] || { chmod -R u+w "$scratch" && rm -rf "$scratch"; } 2>/dev/null || true
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# check_docker says plainly why Docker cannot be used.
check_docker() {
  command -v docker >/dev/null || die "there is no docker command" "install it, for example with tools/install-docker.sh"
  local out
  out=$(docker version --format '{{.Server.Version}}' 2>&1) && return
  case $out in
    *"permission denied"*) die "this user may not use the Docker daemon" "add it to the group docker: sudo usermod -aG docker $(id -un), then log in again" ;;
    *) die "the Docker daemon does not answer: ${out##*$'\n'}" "start it, for example with tools/install-docker.sh" ;;
  esac
}

# registry_answers asks for a tag that does not exist: only a registry can say so.
registry_known=""
registry_answers() {
  if [ -z "$registry_known" ]; then
    registry_known=no
    local out
    out=$(timeout 8 docker pull -q "$registry/hello-world:serverledge-probe" 2>&1) || true
    case $out in *manifest*) registry_known=yes ;; esac
  fi
  [ "$registry_known" = yes ]
}

# recipe_hash changes with everything that the image is made of.
recipe_hash() {
  { cat "$here/build.sh" "$here/$1.recipe"
    [ -z "${NEEDS_EXECUTOR:-}" ] || cat "$executor"
  } | sha256sum | cut -c1-32
}

# fetch_packages downloads $PACKAGES and all they depend on into $1, as if on
# an empty system, and lets apt check the signatures. It touches nothing of the
# system: its lists are read, everything written lies in a folder of ours.
fetch_packages() {
  local debs=$1 tool
  for tool in apt-get dpkg-deb tar; do
    command -v "$tool" >/dev/null ||
      die "no registry answers, and without $tool no image can be made from packages" \
        "run this on Debian or Ubuntu, or where $registry can be reached"
  done
  mkdir -p "$cache/archives/partial" "$cache/lists/partial"
  : >"$scratch/status"
  local apt=(apt-get -qq -o "Dir::State::status=$scratch/status" -o "Dir::State::extended_states=$scratch/extended"
    -o "Dir::Cache=$cache" -o Debug::NoLocking=1 -o APT::Sandbox::User= -o APT::Install-Recommends=false
    -o APT::Install-Suggests=false -o Acquire::Retries=2 -o APT::Get::List-Cleanup=false)
  # apt lists only what it has not got yet: show it an empty archive.
  mkdir -p "$scratch/none/partial"
  local all=(-o "Dir::Cache::archives=$scratch/none")
  # shellcheck disable=SC2086 # the packages are a list of words
  if ! "${apt[@]}" "${all[@]}" --print-uris install $PACKAGES >"$scratch/uris" 2>"$scratch/log"; then
    say "images: the package lists of this system are missing or old, fetching our own"
    apt+=(-o "Dir::State::lists=$cache/lists")
    "${apt[@]}" update >"$scratch/log" 2>&1 ||
      die "the package lists cannot be fetched: $(tail -n1 "$scratch/log")" "check the network, or run apt-get update as root"
    # shellcheck disable=SC2086
    "${apt[@]}" "${all[@]}" --print-uris install $PACKAGES >"$scratch/uris" 2>"$scratch/log" ||
      die "this system does not offer the packages $PACKAGES: $(tail -n1 "$scratch/log")"
  fi
  # shellcheck disable=SC2086
  "${apt[@]}" -y --download-only install $PACKAGES >"$scratch/log" 2>&1 ||
    die "the packages cannot be fetched: $(tail -n1 "$scratch/log")" "the lists may be old: run apt-get update as root"
  local name file
  while read -r _ file _; do
    name=${file%%_*}
    case " $DROP " in *" $name "*) ;; *) cp "$cache/archives/$file" "$debs/" ;; esac
  done <"$scratch/uris"
}

# lay_out unpacks the packages in $1 into the root $2.
lay_out() {
  local debs=$1 root=$2 dir deb
  for dir in bin sbin lib lib64; do
    mkdir -p "$root/usr/$dir"
    ln -s "usr/$dir" "$root/$dir"
  done
  for deb in "$debs"/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink --no-same-owner
  done
  chmod -R u+rwX "$root"
  mkdir -p "$root"/{etc,tmp,proc,sys,dev,run,var/tmp,root,app}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  [ -e "$root/usr/bin/sh" ] || ln -s dash "$root/usr/bin/sh"
  printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534:nobody:/:/bin/false' >"$root/etc/passwd"
  printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' >"$root/etc/group"
  printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
  [ -s "$root/etc/os-release" ] || cp /etc/os-release "$root/etc/os-release"
  # The licences stay, the manuals go.
  find "$root/usr/share/doc" -type f ! -name copyright -delete 2>/dev/null || true
  rm -rf "$root"/usr/share/{man,info,lintian,locale,bug,menu,doc-base,applications,pixmaps,bash-completion} \
    "$root"/var/{cache,lib,log} "$root"/usr/lib/*/gconv "$root"/usr/lib/*/audit
}

# from_packages makes the image $1 without a registry.
from_packages() {
  local tag=$1
  mkdir -p "$scratch/debs" "$scratch/root"
  fetch_packages "$scratch/debs"
  lay_out "$scratch/debs" "$scratch/root"
  tar -c -C "$scratch/root" --owner=0 --group=0 --numeric-owner --sort=name --mtime=@0 . |
    docker import - "$tag" >/dev/null
}

# from_registry makes the image $1 a copy of the recipe's well-known one.
from_registry() {
  timeout 600 docker pull -q "$registry/$UPSTREAM" >/dev/null || return 1
  docker tag "$registry/$UPSTREAM" "$1"
}

# finish runs the last step of a recipe in the staged image and names the result.
finish() {
  local tag=$1 hash=$2 origin=$3 version
  # A commit keeps the entrypoint of the container: none is set here.
  container=$(docker create --network none "$stage" \
    /bin/sh -c "export PATH=/usr/local/bin:/usr/bin:/bin; { $FINISH; } >&2 && { $VERSION; }")
  [ -z "${NEEDS_EXECUTOR:-}" ] || docker cp "$executor" "$container:/executor" >/dev/null
  version=$(docker start -a "$container" | tail -n1) || die "the last step of $tag does not run"
  [ "$(docker inspect -f '{{.State.ExitCode}}' "$container")" = 0 ] || die "the last step of $tag does not run"
  if [ -n "${MINIMUM:-}" ] && [ "$(printf '%s\n' "$MINIMUM" "$version" | sort -V | head -n1)" != "$MINIMUM" ]; then
    die "$tag would have $RUNTIME $version, at least $MINIMUM is needed" "use a newer release of the system, or a registry"
  fi
  local command='CMD ["/bin/sh"]'
  [ -z "${NEEDS_EXECUTOR:-}" ] || command='CMD ["/executor"]'
  docker commit -m "serverledge runtime image" \
    -c "LABEL serverledge.runtime=$RUNTIME" -c "LABEL serverledge.version=$version" \
    -c "LABEL serverledge.recipe=$hash" -c "LABEL serverledge.origin=\"$origin\"" \
    -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' -c 'ENV LANG=C.UTF-8' \
    -c "$command" -c 'USER 65534:65534' -c 'WORKDIR /app' \
    "$container" "$tag" >/dev/null
  docker rm "$container" >/dev/null
  container=""
  say "images: $tag has $RUNTIME $version, from $origin"
}

build() {
  local name=$1 replaced
  RUNTIME="" UPSTREAM="" PACKAGES="" DROP="" FINISH="" VERSION="" MINIMUM="" NEEDS_EXECUTOR=""
  [ -f "$here/$name.recipe" ] || die "there is no recipe $name" "known: $(known)"
  # shellcheck source=/dev/null
  . "$here/$name.recipe"
  [ -z "$NEEDS_EXECUTOR" ] || [ -x "$executor" ] || die "there is no $executor for the image $name" "run make build first"
  local tag=$prefix/$name:latest hash have origin
  hash=$(recipe_hash "$name")
  have=$(docker image inspect -f '{{index .Config.Labels "serverledge.recipe"}}' "$tag" 2>/dev/null || true)
  if [ "$have" = "$hash" ] && [ "${SERVERLEDGE_IMAGES_FORCE:-}" != 1 ]; then
    say "images: $tag is up to date"
    return
  fi
  scratch=$(mktemp -d)
  stage=$prefix/$name:staged-$$
  origin=""
  case $from in
    auto) ! registry_answers || ! from_registry "$stage" || origin=$registry/$UPSTREAM ;;
    registry) from_registry "$stage" || die "the registry does not give $registry/$UPSTREAM"; origin=$registry/$UPSTREAM ;;
    packages) ;;
    *) die "SERVERLEDGE_IMAGES_FROM is $from" "use auto, registry or packages" ;;
  esac
  if [ -z "$origin" ]; then
    from_packages "$stage"
    # shellcheck source=/dev/null
    origin="packages of $(. /etc/os-release && echo "$PRETTY_NAME")"
  fi
  replaced=$(docker image inspect -f '{{.Id}}' "$tag" 2>/dev/null || true)
  finish "$tag" "$hash" "$origin"
  # Containers that still run keep the old one; then it is left to docker prune.
  [ -z "$replaced" ] || docker image rm "$replaced" >/dev/null 2>&1 || true
  cleanup
  scratch="" stage=""
}

known() { (cd "$here" && printf '%s ' ./*.recipe | sed 's#\./##g; s#\.recipe##g'); }

check_docker
if [ $# -eq 0 ]; then
  # shellcheck disable=SC2046 # names of files of ours
  set -- $(known)
fi
for image in "$@"; do build "$image"; done
