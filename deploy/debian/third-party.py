#!/usr/bin/env python3
"""What the program is linked with, and the licences under which that may be passed on.

    deploy/debian/third-party.py >third-party.txt

Each crate from elsewhere that is in the program, with version, licence and source, and after them the
texts of licences and notices that the crates bring along, each text once. A crate that says nothing
about its licence, or that names one not known here, is an error: somebody has to read it before the
program is passed on.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

TARGET = "x86_64-unknown-linux-gnu"
PROGRAM = "upptid"
# Licences under which a program may be passed on if their texts go with it.
KNOWN = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-1-Clause", "BSD-2-Clause",
    "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CDLA-Permissive-2.0", "ISC", "MIT", "MIT-0", "MPL-2.0",
    "Unicode-3.0", "Unlicense", "Zlib",
}
TEXTS = re.compile(r"(licen[cs]e|copying|notice|copyright|unlicense)", re.IGNORECASE)
RULE = "=" * 78


def main() -> None:
    crates = linked(metadata())
    if unknown := [crate for crate in crates if not is_known(crate["license"])]:
        for crate in unknown:
            name, licence = crate["name"], crate["license"] or "says nothing about its licence"
            print(f"{name} {crate['version']}: {licence}", file=sys.stderr)
        sys.exit("read these licences; add what is allowed to deploy/debian/third-party.py")
    print(f"{PROGRAM} is linked with {len(crates)} crates of others, with thanks to their authors.\n")
    for crate in crates:
        print(f"{crate['name']} {crate['version']}: {crate['license']}; {source(crate)}")
    for text, names in texts(crates).items():
        print(f"\n{RULE}\n{', '.join(names)}\n{RULE}\n\n{text}")


def metadata() -> dict:
    """The workspace's crates and what they depend on, for the machine that the package is for."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def linked(found: dict) -> list[dict]:
    """The crates of others that are in the program: not what builds or tests it."""
    packages = {package["id"]: package for package in found["packages"]}
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    own = set(found["workspace_members"])
    waiting = [it for it in own if packages[it]["name"] == PROGRAM]
    reached = set(waiting)
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            it = dependency["pkg"]
            is_linked = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if is_linked and it not in reached and not is_macro(packages[it]):
                reached.add(it)
                waiting.append(it)
    others = (packages[it] for it in reached - own)
    return sorted(others, key=lambda crate: (crate["name"], crate["version"]))


def is_macro(package: dict) -> bool:
    return any("proc-macro" in target["kind"] for target in package["targets"])


def is_known(expression: str | None) -> bool:
    """Whether all licences are known that the expression names (SPDX, or with a slash for OR)."""
    words = re.findall(r"[\w.+-]+(?: WITH [\w.-]+)?", expression or "")
    named = [word for word in words if word not in ("AND", "OR")]
    return bool(named) and all(licence in KNOWN for licence in named)


def source(crate: dict) -> str:
    return crate["repository"] or f"https://crates.io/crates/{crate['name']}"


def texts(crates: list[dict]) -> dict[str, list[str]]:
    """The texts that the crates bring, each with the names of those that bring it."""
    found: dict[str, tuple[str, list[str]]] = {}
    for crate in crates:
        folder = Path(crate["manifest_path"]).parent
        for file in sorted(folder.iterdir()):
            if file.is_file() and TEXTS.search(file.name) and file.suffix not in (".rs", ".toml"):
                text = file.read_text(encoding="utf-8", errors="replace").strip("\n")
                # Many differ only in where their lines are broken.
                _, names = found.setdefault(" ".join(text.split()), (text, []))
                if crate["name"] not in names:
                    names.append(crate["name"])
    return dict(found.values())


main()
