#!/usr/bin/env bash
# Do the tests of crypto/ notice when its code is another? bash checks/mutants.sh [K/N]
#
# cargo-mutants changes one place at a time and runs the tests. K/N takes every Nth mutant only,
# beginning with the Kth: all 2,300 take two cores a day. In a copy of the tree, where the tests are put
# into one program, so that a mutant is linked once and not thirty times. What no test notices is in
# target/mutants/mutants.out/missed.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
target="$(realpath -m "${CARGO_TARGET_DIR:-target}")"
shard="${1:-0/1}"

cargo install --locked --quiet -j2 --root "$target/tools" --version 27.1.0 cargo-mutants
rm -rf "$target/mutants/tree"
mkdir -p "$target/mutants/tree"
git ls-files -z | tar -c --null -T - | tar -x -C "$target/mutants/tree"
cd "$target/mutants/tree"
python3 - <<'PYTHON'
import pathlib
import re

tests = pathlib.Path("crypto/tests")
# Their allocators are the whole process's, or their modules have names of others.
alone = ["allocations", "content_memory", "threads", "wiping"]
shared = {}


def share(module):
    shared[module[3]] = module[2]
    return f"use crate::{module[3]};\n"


names = sorted(path.stem for path in tests.glob("*.rs") if path.stem not in alone)
for name in names:
    path = tests / f"{name}.rs"
    path.write_text(re.sub(r'^(#\[path = "([^"]+)"\]\n)?mod (\w+);\n', share, path.read_text(), flags=re.MULTILINE))
modules = list(shared.items())
modules += [(name, f"{name}.rs") for name in names]
(tests / "all.rs").write_text("#![allow(missing_docs, unused_imports)]\n" + "".join(
    (f'#[path = "{path}"]\n' if path else "") + f"mod {name};\n" for name, path in modules))
manifest = pathlib.Path("crypto/Cargo.toml")
targets = "".join(f'\n[[test]]\nname = "{name}"\n' for name in ["all", *alone])
manifest.write_text(manifest.read_text().replace("[lints]", "autotests = false\n\n[lints]", 1) + targets)
PYTHON

export CARGO_TARGET_DIR="$target/mutants/build" CARGO_INCREMENTAL=1
"$target/tools/bin/cargo-mutants" mutants --package sealpost-crypto --in-place --shard "$shard" --sharding round-robin \
  --exclude '**/tests.rs' --exclude '**/*_tests.rs' --output .. --baseline run --timeout-multiplier 5 \
  -- --lib --tests || status=$?
# 2: some were missed, which is the result; 3: some ran out of time, which is as good as noticed.
[[ "${status:-0}" == 0 || "$status" == 2 || "$status" == 3 ]]
