#!/usr/bin/env bash
# Licences, registries, second copies of crates, and build scripts: bash checks/deny.sh
set -euo pipefail
cd "$(dirname "$0")/.."

tools="${CARGO_TARGET_DIR:-target}/tools"
cargo install --locked --quiet -j2 --root "$tools" --version 0.20.2 cargo-deny
deny="$tools/bin/cargo-deny"
"$deny" check licenses sources
"$deny" --exclude age check bans
"$deny" --manifest-path crypto/Cargo.toml check bans
