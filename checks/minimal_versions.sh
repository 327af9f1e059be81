#!/usr/bin/env bash
# The oldest versions that the manifests allow are enough: bash checks/minimal_versions.sh
#
# In a copy of the tree, every direct dependency is taken at its lower bound. The published
# crates then build, and the tests of crypto/ pass.
set -euo pipefail
cd "$(dirname "$0")/.."
target="$(realpath -m "${CARGO_TARGET_DIR:-target}")/minimal_versions"

rm -rf "$target/tree"
mkdir -p "$target/tree"
git ls-files -z | tar -c --null -T - | tar -x -C "$target/tree"
cd "$target/tree"
export CARGO_TARGET_DIR="$target/build"
RUSTC_BOOTSTRAP=1 cargo update --quiet -Z direct-minimal-versions
cargo check --locked --quiet -j2 --lib --all-features -p sealpost -p sealpost-sandbox
cargo test --locked --quiet -j2 -p sealpost-crypto --lib --tests
