#!/usr/bin/env python3
"""The public API of every published crate, one line an item, in docs/api/.

    python3 checks/api.py            # fails if the API is not what docs/api/ says
    python3 checks/api.py --write    # writes docs/api/ anew: the diff is what a review looks at

Fails also where a type of another crate is met that is not in the list below: a new major version
of such a crate is one of ours.
"""

import difflib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TEXTS = ROOT / "docs" / "api"
NO_PROMISE = {"default", "hazmat"}
# What may be met, and why.
OTHERS = {
    "bytes": "bodies and files, shared without copying",
    "futures_core": "pages and pieces as streams",
    "http": "status codes",
    "keyring_core": "a keyring that the caller has chosen",
    "rand_core": "a caller's own generator implements its traits",
    "reqwest": "a client that the caller has built",
    "secrecy": "tokens and passphrases that do not show",
    "serde_core": "values in and out of JSON",
    "serde_json": "parts of an answer that nobody knows yet",
    "subtle": "secrets compare in constant time",
    "tokio": "files to send and to receive",
    "url": "the address that a user comes back to",
    "zeroize": "secrets are wiped",
}


def run(*command, **environment):
    return subprocess.run(command, cwd=ROOT, check=True, env=os.environ | environment,
                          stdout=subprocess.PIPE, text=True).stdout


def packages():
    metadata = json.loads(run("cargo", "metadata", "--locked", "--no-deps", "--format-version=1"))
    return [package for package in metadata["packages"] if package["publish"] != []]


def api(package, rustdoc, printer):
    """What `printer` says about the crate, with all features that promise anything."""
    features = ",".join(sorted(set(package["features"]) - NO_PROMISE))
    name = package["name"]
    run("cargo", "rustdoc", "--locked", "--quiet", "-j2", "-p", name, "--lib", "--no-default-features",
        "--features", features, "--",
        "-Zunstable-options", "--output-format=json", RUSTDOC=rustdoc)
    return run(printer, str(TARGET / "doc" / f"{name.replace('-', '_')}.json"))


def main():
    write = sys.argv[1:] == ["--write"]
    if sys.argv[1:] and not write:
        sys.exit(__doc__)
    TEXTS.mkdir(exist_ok=True)
    # JSON is for nightly compilers only. Only rustdoc is told to be one: cargo would build every
    # dependency again.
    rustdoc = TARGET / "api" / "rustdoc"
    rustdoc.parent.mkdir(parents=True, exist_ok=True)
    rustdoc.write_text('#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc "$@"\n')
    rustdoc.chmod(0o755)
    tool = ROOT / "checks" / "api"
    run("cargo", "build", "--locked", "--quiet", "-j2", "--manifest-path", str(tool / "Cargo.toml"),
        "--target-dir", str(TARGET / "api"))
    printer = str(TARGET / "api" / "debug" / "sealpost-api")

    failed = False
    published = packages()
    own = {package["name"].replace("-", "_") for package in published} | {"core", "alloc", "std"}
    for package in published:
        name = package["name"]
        now, path = api(package, str(rustdoc), printer), TEXTS / f"{name}.txt"
        before = path.read_text() if path.exists() else ""
        roots = set(re.findall(r"(?<![\w:])([a-z_][a-z0-9_]*)::", now)) - own
        print(f"{name}: {len(now.splitlines())} items; of other crates: {', '.join(sorted(roots))}")
        for root in sorted(roots - set(OTHERS)):
            failed = True
            print(f"  {root} is not in the list of crates whose types may be met")
        if write:
            path.write_text(now)
        elif now != before:
            failed = True
            sys.stdout.writelines(difflib.unified_diff(
                before.splitlines(True), now.splitlines(True), str(path.relative_to(ROOT)), "now", n=0))
    sys.exit(failed)


main()
