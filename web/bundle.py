#!/usr/bin/env python3
"""Makes the folder of the page from its source and the built library.

    bundle.py LIBRARY.wasm DIST

DIST gets the page as plain files for any static server, and lindiff.html, the same page as one file. Browsers load neither
modules nor workers from a disk, so in that file all modules stand in one script, the worker is made from its text, and the
library is base64.
"""

import base64
import json
import pathlib
import re
import shutil
import sys

PAGE = pathlib.Path(__file__).parent / "page"
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(async function|function|class|const|let)\b)", re.MULTILINE)
# Names at the start of a line: all modules share one scope, so each name must be unique.
NAME = re.compile(r"^(?:async )?(?:function|class|const|let) ([\w$]+)", re.MULTILINE)


def modules(entry):
    """The modules that `entry` needs, each after those that it imports."""
    order, open_modules = [], []

    def visit(name):
        if name in order:
            return
        if name in open_modules:
            raise SystemExit(f"{name} imports itself, by way of {open_modules}")
        open_modules.append(name)
        for other in IMPORT.findall((PAGE / name).read_text()):
            visit(other)
        open_modules.pop()
        order.append(name)

    visit(entry)
    return order


def joined(order):
    """The text of the modules as one script."""
    texts, owner = [], {}
    for name in order:
        text = EXPORT.sub("", IMPORT.sub("", (PAGE / name).read_text()))
        if re.search(r"^(import|export)\b", text, re.MULTILINE):
            raise SystemExit(f"{name}: an import or export of another form than bundle.py knows")
        for found in NAME.findall(text):
            if found in owner:
                raise SystemExit(f"{name}: the name {found} is taken by {owner[found]}")
            owner[found] = name
        texts.append(text)
    return "".join(texts)


def inlined(wasm):
    """The page as one file."""
    parts = {
        "wasm": base64.b64encode(wasm).decode(),
        "worker": (PAGE / "worker.js").read_text(),
    }
    # `<` could end the script early.
    data = json.dumps(parts).replace("<", "\\u003c")
    script = f"globalThis.lindiffInlined = {data};\n{joined(modules('main.js'))}"
    if "</script" in script:
        raise SystemExit("a module holds the end of a script")
    icon = base64.b64encode((PAGE / "icon.svg").read_bytes()).decode()
    html = (PAGE / "index.html").read_text()
    changes = {
        '<link rel="icon" href="icon.svg" type="image/svg+xml">': f'<link rel="icon" href="data:image/svg+xml;base64,{icon}">',
        '<link rel="stylesheet" href="style.css">': f"<style>\n{(PAGE / 'style.css').read_text()}</style>",
        '<script type="module" src="main.js"></script>': f'<script type="module">\n{script}</script>',
        # What is in the file itself is allowed, and nothing else: no request leaves it.
        "default-src 'self' 'wasm-unsafe-eval'": (
            "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; worker-src blob:; "
            "style-src 'unsafe-inline'; img-src data:"
        ),
    }
    for old, new in changes.items():
        if html.count(old) != 1:
            raise SystemExit(f"index.html: {old} must be there once")
        html = html.replace(old, new)
    return html


def main(library, dist):
    wasm = pathlib.Path(library).read_bytes()
    dist = pathlib.Path(dist)
    dist.mkdir(parents=True, exist_ok=True)
    for file in sorted(PAGE.iterdir()):
        shutil.copyfile(file, dist / file.name)
    (dist / "lindiff.wasm").write_bytes(wasm)
    (dist / "lindiff.html").write_text(inlined(wasm))
    for file in sorted(dist.iterdir()):
        print(f"{file.stat().st_size:>9}  {file}")


if __name__ == "__main__":
    main(*sys.argv[1:])
