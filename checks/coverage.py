#!/usr/bin/env python3
"""Line coverage of crypto/ and transport/ by the tests of crypto, transport and the facade.

    python3 checks/coverage.py [--lines FILE]

Fails below the goals. --lines prints the lines of one file that no test reaches. Needs Debian's
llvm-19: the compiler's own component is not on a registry, and reads the same profiles.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
WORK = TARGET / "coverage"
GOALS = {"crypto": 95.0, "transport": 90.0}
PACKAGES = ["sealpost-crypto", "sealpost-transport", "sealpost"]
# Test code is not what is measured.
TEST_FILES = ("tests.rs", "_tests.rs", "vectors.rs")


def instrumented():
    """The environment in which cargo instruments the workspace's own crates, and nothing else:
    dependencies stay those that `cargo test` has built already."""
    WORK.mkdir(parents=True, exist_ok=True)
    wrapper = WORK / "rustc"
    wrapper.write_text('#!/bin/sh\nexec "$@" -C instrument-coverage\n')
    wrapper.chmod(0o755)
    for old in WORK.glob("*.profraw"):
        old.unlink()
    # %m: one file a program, which all of its processes add to.
    return os.environ | {"RUSTC_WORKSPACE_WRAPPER": str(wrapper),
                         "LLVM_PROFILE_FILE": str(WORK / "%4m.profraw")}


def measure():
    """Runs the tests; the programs that were run."""
    environment = instrumented()
    command = ["cargo", "test", "--locked", "-j2", "--lib", "--tests"]
    command += [word for package in PACKAGES for word in ("-p", package)]
    built = subprocess.run([*command, "--no-run", "--message-format=json"], cwd=ROOT, check=True,
                           env=environment, stdout=subprocess.PIPE, text=True).stdout
    subprocess.run([*command, "--quiet"], cwd=ROOT, check=True, env=environment)
    # A process that was started without an environment counts where it was started.
    for stray in [*ROOT.glob("default_*.profraw"), *ROOT.glob("*/default_*.profraw")]:
        stray.rename(WORK / stray.name)
    messages = [json.loads(line) for line in built.splitlines()]
    return [m["executable"] for m in messages if m.get("executable")]


def report(programs):
    """What the programs reached, as LCOV."""
    profile = WORK / "all.profdata"
    raw = sorted(map(str, WORK.glob("*.profraw")))
    subprocess.run(["llvm-profdata-19", "merge", "--sparse", *raw, "-o", profile], check=True)
    objects = [f"--object={program}" for program in programs]
    sources = [str(ROOT / part / "src") for part in GOALS]
    return subprocess.run(["llvm-cov-19", "export", "--format=lcov", f"--instr-profile={profile}",
                           *objects, "--sources", *sources],
                          check=True, stdout=subprocess.PIPE, text=True).stdout


def end_of_library(path):
    """The first line of a file's own module of tests, which is its last item."""
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        if line.strip() == "#[cfg(test)]" and lines[number + 1].rstrip().endswith("{"):
            return number + 1
    return len(lines) + 1


def reached(lcov):
    """For each library source file, how often each of its lines ran."""
    files = {}
    for line in lcov.splitlines():
        kind, _, rest = line.partition(":")
        if kind == "SF":
            path = pathlib.Path(rest)
            end, counts = end_of_library(path), {}
            if not path.name.endswith(TEST_FILES):
                files[path.relative_to(ROOT)] = counts
        elif kind == "DA":
            number, count = map(int, rest.split(",")[:2])
            if number < end:
                counts[number] = count
    return files


def percent(counts):
    return 100.0 * sum(map(bool, counts)) / max(1, len(counts))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=pathlib.Path, help="print what no test reaches of this file")
    wanted = parser.parse_args().lines

    files = reached(report(measure()))
    if wanted:
        source = wanted.read_text().splitlines()
        for number, count in sorted(files[wanted].items()):
            if not count:
                print(f"{number:5} {source[number - 1]}")

    missed = {path: sum(not count for count in counts.values()) for path, counts in files.items()}
    print("lines missed, files that miss most")
    for path in sorted(missed, key=missed.get, reverse=True)[:25]:
        counts = files[path].values()
        print(f"{missed[path]:6} of {len(counts):4}  {percent(counts):5.1f} %  {path}")
    short = False
    for part, goal in GOALS.items():
        counts = [c for path, lines in files.items() if path.parts[0] == part for c in lines.values()]
        short |= percent(counts) < goal
        print(f"{part}: {percent(counts):.2f} % of {len(counts)} lines, goal {goal} %")
    sys.exit(1 if short else 0)


main()
