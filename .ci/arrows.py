"""Which crate may use which: the table of ARCHITECTURE.md, held against `cargo metadata`.

Usage: cargo metadata --format-version 1 --no-deps | python3 arrows.py
Tests may use more than the code does: dev-dependencies are not looked at.
"""

import json
import sys

# Crates of this workspace that each may use.
MAY_USE = {
    "contract": set(),
    "watch": {"contract"},
    "probe": {"contract"},
    "ledger": {"contract"},
    "calendar": {"contract"},
    "statement": {"contract"},
    "exporter": {"calendar", "contract", "statement"},
    "notices": {"contract", "statement"},
    "agent": {
        "calendar", "contract", "exporter", "ledger", "notices", "probe", "statement", "watch",
    },
    "login-service": set(),
    "mail-service": set(),
    "upptid": {
        "agent", "calendar", "contract", "exporter", "ledger", "login-service", "probe",
        "statement", "watch",
    },
}
# Crates of others that one alone may use.
ONLY = {"sled": "ledger"}
# Test packages, which may use anything.
FREE = {"end-to-end"}

wrong = []
packages = json.load(sys.stdin)["packages"]
ours = {package["name"] for package in packages}
for package in packages:
    name = package["name"]
    if name in FREE:
        continue
    if name not in MAY_USE:
        wrong.append(f"{name} is not in the table: add it to .ci/arrows.py and ARCHITECTURE.md")
        continue
    for dependency in package["dependencies"]:
        used = dependency["name"]
        if dependency["kind"] == "dev":
            continue
        if used in ours and used not in MAY_USE[name]:
            wrong.append(f"{name} must not use {used}")
        if ONLY.get(used, name) != name:
            wrong.append(f"{name} must not use {used}: only {ONLY[used]} does")

print("\n".join(wrong) or f"{len(ours)} crates, and no arrow that should not be there")
sys.exit(bool(wrong))
