"""What a visitor downloads of the page itself: its JavaScript and CSS, compressed as a host does, file by file.

The first view is what the browser needs before it can show the welcome page and take a file: the style sheets and every
module that `main.js` imports statically. The rest is imported when it is needed; workers count among the rest.
"""

import gzip
import re
from collections.abc import Iterable
from pathlib import Path

ENTRY = "main.js"
# As esbuild writes them: import{a}from"./a.js";import"./b.js";export*from"./c.js"
STATIC_IMPORT = re.compile(r'\b(?:import|from)\s*"(?:\./)([\w./-]+)"')


def weigh_page(site: Path) -> dict[str, int]:
    """Weigh a built site.

    Returns
    -------
    dict
        Bytes after gzip: ``first_view``, ``all`` (both of Ottava's own files) and ``vendor``, the libraries that the
        first view imports.
    """
    styles, modules = set(site.glob("*.css")), find_modules(site, ENTRY)
    own = {path for path in modules if path.parent == site}
    return {
        "first_view": weigh_files(styles | own),
        "all": weigh_files({*styles, *site.glob("*.js")}),
        "vendor": weigh_files(modules - own),
    }


def find_modules(site: Path, entry: str) -> set[Path]:
    """Find a module and all that it imports statically."""
    found: set[Path] = set()
    waiting = [site / entry]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        waiting += [module.parent / name for name in STATIC_IMPORT.findall(module.read_text("utf-8"))]
    return found


def weigh_files(files: Iterable[Path]) -> int:
    """Bytes of files, each compressed on its own."""
    return sum(len(gzip.compress(path.read_bytes(), mtime=0)) for path in files)
