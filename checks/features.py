#!/usr/bin/env python3
"""Every feature of every published crate alone: python3 checks/features.py

The features are read from the manifests, so none can be forgotten.
"""

import itertools
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Of each of these at least one must be on, or the crate refuses to build, which is checked too.
SUITES, TLS = ("x25519", "xchat"), ("tls-aws-lc", "tls-ring")
NEEDS = {"sealpost-crypto": [SUITES], "sealpost-transport": [SUITES, TLS], "sealpost": [SUITES, TLS]}
# What the compiler says without.
REFUSALS = {SUITES: "needs at least one suite", TLS: "needs a TLS library"}


def cargo(command, package, features, *after):
    arguments = ["cargo", command, "--locked", "--quiet", "-j2", "-p", package,
                 "--no-default-features", "--features", ",".join(features), *after]
    return subprocess.run(arguments, cwd=ROOT, text=True, capture_output=True,
                          env=os.environ | {"CARGO_TERM_COLOR": "never"})


def builds(features, needs):
    """What to build: each choice of what is needed by itself and all of them together, then every
    other feature, then everything. Other features of crypto/ with each suite: its code differs by
    them."""
    choices = [set(choice) for choice in itertools.product(*needs)]
    needed = set().union(*needs)
    below = choices if len(needs) == 1 else choices[:1]
    others = sorted(features - needed - {"default"})
    single = [choice | {other} for other in others for choice in below]
    sets = [*choices, needed, *single, needed | set(others)]
    return {tuple(sorted(each)): each for each in sets}.values()


def main():
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--locked", "--no-deps", "--format-version=1"], cwd=ROOT, check=True,
        stdout=subprocess.PIPE).stdout)
    failed = 0
    for package in metadata["packages"]:
        if package["publish"] == []:
            continue
        name, needs = package["name"], NEEDS.get(package["name"], [])
        for features in builds(set(package["features"]), needs):
            start = time.monotonic()
            built = cargo("clippy", name, sorted(features), "--", "-D", "warnings")
            print(f"{time.monotonic() - start:6.1f} s  {name} {','.join(sorted(features))}", flush=True)
            if built.returncode:
                failed += 1
                print(built.stderr)
        for choice in needs:
            rest = {group[0] for group in needs if group is not choice}
            built = cargo("check", name, rest)
            if built.returncode == 0 or REFUSALS[choice] not in built.stderr:
                failed += 1
                print(f"{name} with {rest} must not build, and say: {REFUSALS[choice]}")
    sys.exit(1 if failed else 0)


main()
