"""Links between the repository's documents: each must lead to a file, and to a heading in it.

Usage: links.py FILE.md...
"""

import pathlib
import re
import sys

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
CODE = re.compile(r"^( *)```.*?^\1```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def anchors(path):
    """The anchors of a document's headings, as forges make them."""
    text = CODE.sub(lambda code: "" if "\n" in code[0] else code[0], path.read_text())
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.strip().replace(" ", "-") for heading in plain}


wrong = []
count = 0
for name in sys.argv[1:]:
    document = pathlib.Path(name)
    for link in LINK.findall(CODE.sub("", document.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        count += 1
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists():
            wrong.append(f"{name}: {link} leads nowhere")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            wrong.append(f"{name}: {link}: no such heading")

print("\n".join(wrong) or f"{len(sys.argv) - 1} documents, {count} links between them")
sys.exit(bool(wrong))
