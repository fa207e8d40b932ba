#!/usr/bin/env python3
"""Makes the dashboards in the folder beside it.

    python3 deploy/grafana/dashboards.py            writes dashboards/*.json
    python3 deploy/grafana/dashboards.py --check    fails if they are not what it would write

Nothing is filled in: where the agent said nothing, a panel shows nothing.
"""

import json
import pathlib
import sys

sys.dont_write_bytecode = True

from agent import agent
from fleet import fleet
from month import service

FOLDER = pathlib.Path(__file__).parent / "dashboards"


def main():
    check = sys.argv[1:] == ["--check"]
    for made in (fleet(), service(), agent()):
        path = FOLDER / f"{made['uid']}.json"
        text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            sys.exit(f"{path} is not what dashboards.py makes: run it, and read the difference")


main()
