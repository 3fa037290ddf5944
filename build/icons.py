"""The icon as PNG, for systems that install the page and read no SVG; made anew when icon.svg changes, and committed.

Run it with ``python -m build.icons``.
"""

import sys

import typst

from build.wheels import ROOT

ICONS = ROOT / "web" / "icons"
SQUARE = '<rect width="64" height="64" rx="14"'

# A mask may leave a circle of four fifths of the width.
SAFE = "translate(32 32) scale(.78) translate(-32 -32)"


def draw_icons() -> dict[str, bytes]:
    """Draw each file, by name."""
    svg = (ICONS / "icon.svg").read_text("utf-8")
    return {
        "icon-192.png": _draw(svg, 192),
        "icon-512.png": _draw(svg, 512),
        "maskable-512.png": _draw(_fill_square(svg), 512),
    }


def _fill_square(svg: str) -> str:
    """Let the ground reach the edges and draw the sign smaller, as a mask wants it."""
    before, found, after = svg.partition(SQUARE)
    ground, end, sign = after.partition("/>")
    if not (found and end):
        raise ValueError(f"icon.svg has no {SQUARE}")
    inner = sign.replace("</svg>", "")
    return f'{before}<rect width="64" height="64"{ground}/><g transform="{SAFE}">{inner}</g></svg>'


def _draw(svg: str, size: int) -> bytes:
    """Draw a picture of so many pixels."""
    page = f"#set page(width: {size}pt, height: {size}pt, margin: 0pt, fill: none)"
    source = f'{page}\n#image(bytes("{_quote(svg)}"), width: 100%)'
    return typst.compile(source.encode(), format="png", ppi=72)


def _quote(text: str) -> str:
    """Write text as Typst does between quotation marks."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def main() -> int:
    """Write the files."""
    for name, content in draw_icons().items():
        (ICONS / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
