#!/usr/bin/env python3
"""Runs a program under valgrind and holds what it reports against `declassified.toml`.

    python3 tests/pure/check.py PROGRAM

memcheck reports each branch and each address that a secret reaches. An entry of the list names one
line of source that may be reported, and why: that what is branched on is public by then. A report
is taken for the innermost line that is not of Rust's own libraries; where that line has many
callers, the entry also names the line that it was called under. Anything else fails, and so does an
entry that nothing is reported for.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from xml.etree import ElementTree
from pathlib import Path

HERE = Path(__file__).parent
# Rust's own libraries, and those through which every verdict passes.
TRANSPARENT = re.compile(r"/rustc/|^library/|/subtle-[0-9.]+/|/ctutils-[0-9.]+/")


def package_folders():
    metadata = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version=1", "--manifest-path", HERE / "Cargo.toml"],
        check=True, capture_output=True, text=True)
    packages = json.loads(metadata.stdout)["packages"]
    return {package["name"]: Path(package["manifest_path"]).parent for package in packages}


class Place:
    """A package, or the lines of one of its files that hold a text."""

    def __init__(self, folders, package, file="", text=""):
        self.path = str(folders[package] / file)
        self.numbers = None
        if file:
            lines = enumerate(Path(self.path).read_text().splitlines(), 1)
            self.numbers = {number for number, line in lines if text in line}
            if not self.numbers:
                sys.exit(f"declassified.toml: {file} of {package} has no line with {text!r}")

    def __contains__(self, frame):
        path, number = frame
        if self.numbers is None:
            return path.startswith(self.path + "/")
        return path == self.path and number in self.numbers


def frames(error):
    for frame in error.find("stack"):
        path = "/".join(filter(None, [frame.findtext("dir"), frame.findtext("file")]))
        if not TRANSPARENT.search(path):
            yield path, int(frame.findtext("line") or 0)


def reports(program):
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        subprocess.run(
            ["valgrind", "--quiet", "--num-callers=40", "--error-limit=no", "--xml=yes",
             f"--xml-file={report.name}", program], check=True)
        for error in ElementTree.parse(report.name).iter("error"):
            kind = error.findtext("kind")
            if not kind.startswith("Leak_"):  # of memory, not of secrets
                yield kind, list(frames(error))


class Entry:
    """A line that may be reported."""

    def __init__(self, folders, why, at=(), under=()):
        self.why = " ".join(why.split())
        self.at = Place(folders, *at) if at else None
        self.under = Place(folders, *under) if under else None
        self.seen = 0

    def allows(self, stack):
        return (self.at is None or stack[0] in self.at) and (
            self.under is None or any(frame in self.under for frame in stack))


def main(program):
    folders = package_folders()
    listed = tomllib.loads((HERE / "declassified.toml").read_text())["line"]
    entries = [Entry(folders, **entry) for entry in listed]
    leaks = 0
    for kind, stack in reports(program):
        allowing = next((entry for entry in entries if stack and entry.allows(stack)), None)
        if allowing:
            allowing.seen += 1
        else:
            leaks += 1
            print(f"LEAK: {kind}", *(f"    {path}:{number}" for path, number in stack), sep="\n")
    unused = [entry for entry in entries if not entry.seen]
    for entry in unused:
        print(f"not reported any more: {entry.why}")
    seen = sum(entry.seen for entry in entries)
    print(f"{leaks} leaks; {len(entries)} declassified lines, reported {seen} times")
    return bool(leaks or unused)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
