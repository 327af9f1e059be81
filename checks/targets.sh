#!/usr/bin/env bash
# crypto/ on machines without an operating system, and in the browser: bash checks/targets.sh
#
# Takes Debian's rustc-web and rust-web-src: the compiler that all else is built with comes from the
# registries without a standard library for any other target, and Debian's has the source of one.
set -euo pipefail
cd "$(dirname "$0")/.."

rustc=/usr/bin/rustc
if ! [[ -d "$($rustc --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library" ]]; then
  echo "needs Debian's packages rustc-web and rust-web-src"
  exit 1
fi
# So that a library may be built from source by a compiler that is not a nightly one.
export RUSTC="$rustc" RUSTC_BOOTSTRAP=1
target="${CARGO_TARGET_DIR:-target}/targets"

build() {
  echo "== $1"
  cargo build --locked --quiet -j2 -p sealpost-crypto --no-default-features \
    --features serde,x25519,xchat --target "$1" --target-dir "$target" -Zbuild-std=core,alloc
}

build thumbv6m-none-eabi # ARM Cortex-M0: has no atomic compare-and-swap
build thumbv7em-none-eabi # ARM Cortex-M4
build wasm32-unknown-unknown # browsers
