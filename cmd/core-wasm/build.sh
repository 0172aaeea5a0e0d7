#!/bin/sh
# Builds a part of the core for browsers: cmd/core-wasm/build.sh FILE [PART]
#
# Without PART it is the core itself. A first visit fetches it, so it has to be
# small: without symbols, and without inlining, which makes it a tenth larger –
# but for the packages that turn passwords into keys, where inlining makes it
# twice as fast. PART is sealed: what opens and makes files of age.
set -eu
out=$1
case $out in /*) ;; *) out=$PWD/$out ;; esac
cd "$(dirname "$0")/../.."
GOOS=js GOARCH=wasm exec go build -trimpath -ldflags='-s -w' \
  -gcflags='all=-l' -gcflags='countersign/transfer=' -gcflags='crypto/internal/fips140/...=' -gcflags='golang.org/x/crypto/...=' \
  -o "$out" "./cmd/core-wasm${2:+/$2}"
