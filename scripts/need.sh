#!/usr/bin/env bash
# Makes sure that what a make target needs is there.
#
#   scripts/need.sh run    Go and Node only
#   scripts/need.sh test   also the Debian packages that the tests use
#
# On Debian it installs what is missing when it may (root, or sudo without a
# password). Where it may not, it prints the one command to run and exits 1.
set -euo pipefail

packages=(gcc libc6-dev chromium chromium-headless-shell fonts-noto-cjk postgresql oathtool zbar-tools age)

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# at_least HAVE WANT compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

need_go() {
  if ! has go; then say "Go 1.26 or later is needed: https://go.dev/dl/"; exit 1; fi
  local version
  version=$(go env GOVERSION)
  if ! at_least "${version#go}" 1.26; then say "Go 1.26 or later is needed, this is $version: https://go.dev/dl/"; exit 1; fi
}

need_node() {
  if ! has node || ! has npm; then say "Node 20.19 or later with npm is needed: https://nodejs.org/"; exit 1; fi
  local version
  version=$(node --version)
  if ! at_least "${version#v}" 20.19; then say "Node 20.19 or later is needed, this is $version: https://nodejs.org/"; exit 1; fi
}

# there PACKAGE looks for what the package brings, so that it may come from elsewhere.
there() {
  case $1 in
    libc6-dev) [ -e /usr/include/stdlib.h ] ;;
    fonts-noto-cjk) has fc-list && [ -n "$(fc-list :lang=ja family)" ] ;;
    postgresql) has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
    zbar-tools) has zbarimg ;;
    *) has "$1" ;;
  esac
}

install_missing() {
  local missing=() package
  for package in "${packages[@]}"; do there "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  local command="apt-get install -y --no-install-recommends ${missing[*]}"
  if ! has apt-get; then say "Missing: ${missing[*]} (these are Debian's names; install them with your system's tools)"; exit 1; fi
  local as=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then say "Missing packages, and no right to install them. Run: sudo $command"; exit 1; fi
    as=(sudo)
  fi
  say "Installing ${missing[*]}"
  # PostgreSQL is wanted for its programs: no cluster, no service.
  local quiet=(env DEBIAN_FRONTEND=noninteractive)
  if ! { "${as[@]}" "${quiet[@]}" apt-get update -q && "${as[@]}" "${quiet[@]}" $command; } >&2; then
    say "Installing failed. Run: ${as[*]:+sudo }$command"; exit 1
  fi
}

need_go
need_node
case ${1:-run} in
  run) ;;
  test) install_missing ;;
  *) say "usage: scripts/need.sh run|test"; exit 2 ;;
esac
