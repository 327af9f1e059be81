#!/usr/bin/env python3
"""Nothing that a user builds asks for a newer compiler than we do: python3 checks/msrv.py

For each published crate, with all features and on every platform: what it depends on states a
`rust-version` that is not above ours. What our own code uses of the standard library is held
against the same version by clippy's `incompatible_msrv`. An older compiler than the one that all
else is built with would prove more; none is on a registry.
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def version(text):
    return tuple(int(part) for part in f"{text}.0".split(".")[:3])


def reachable(start, nodes):
    """What a user of the crate builds: normal and build dependencies, not those of tests."""
    seen, todo = set(), [start]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo += [dependency["pkg"] for dependency in nodes[current]["deps"]
                     if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])]
    return seen - {start}


def main():
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--locked", "--all-features", "--format-version=1"], cwd=ROOT,
        check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    failed = False
    for member in metadata["workspace_members"]:
        crate = packages[member]
        if crate["publish"] == []:
            continue
        below = [packages[name] for name in reachable(member, nodes)]
        stated = [package for package in below if package["rust_version"]]
        newest = max((version(package["rust_version"]) for package in stated), default=())
        print(f"{crate['name']} {crate['rust_version']}: {len(below)} crates below, "
              f"{len(stated)} state a version, the newest {'.'.join(map(str, newest))}")
        for package in stated:
            if version(package["rust_version"]) > version(crate["rust_version"]):
                failed = True
                print(f"  {package['name']} {package['version']} asks for {package['rust_version']}")
    sys.exit(failed)


main()
