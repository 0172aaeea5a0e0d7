#!/bin/sh
# Builds a part of the core for browsers: cmd/core-wasm/build.sh FILE [PART]
#
# Without PART it is the core itself. A first visit fetches it, so it has to be
# small: without symbols, and without inlining, which makes it a tenth larger –
# but for the packages that turn passwords into keys, where inlining makes it
# twice as fast (what of Go's own makes and checks signatures is not among
# them). PART is sealed: what opens and makes files of age.
set -eu
out=$1
case $out in /*) ;; *) out=$PWD/$out ;; esac
cd "$(dirname "$0")/../.."
GOOS=js GOARCH=wasm exec go build -trimpath -ldflags='-s -w' \
  -gcflags='all=-l' -gcflags='countersign/transfer=' -gcflags='crypto/internal/fips140/...=' -gcflags='golang.org/x/crypto/...=' \
  -gcflags='crypto/internal/fips140/mlkem=-l' -gcflags='crypto/internal/fips140/nistec/...=-l' -gcflags='crypto/internal/fips140/ecdsa=-l' \
  -o "$out" "./cmd/core-wasm${2:+/$2}"
