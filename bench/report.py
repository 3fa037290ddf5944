"""Sections of results.md, each with its day, commit and command."""

import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results.md"


def describe_run() -> str:
    """One line: when, of which commit, by which command, on what."""
    module = ".".join(Path(sys.argv[0]).resolve().relative_to(ROOT).with_suffix("").parts)
    command = " ".join(["python", "-m", module, *sys.argv[1:]])
    return (
        f"{date.today()}, commit {_read_commit()}, `{command}`, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )


def _read_commit() -> str:
    """The commit that was measured; a plus says that files were changed since."""
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    status = ["git", "status", "--porcelain", "py", "models", "web"]
    changed = subprocess.run(status, cwd=ROOT, capture_output=True, check=True)
    return head.stdout.strip() + ("+" if changed.stdout else "")


def replace_section(section: str) -> None:
    """Put a section in the place of the one with its heading, or at the end."""
    heading = section.partition("\n")[0]
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Results\n\n"
    before, found, after = text.partition(heading + "\n")
    if found:
        end = after.find("\n## ")
        rest = after[end + 1 :] if end >= 0 else ""
        text = before + section + ("\n" + rest if rest else "")
    else:
        text = text.rstrip("\n") + "\n\n" + section
    RESULTS.write_text(text, encoding="utf-8")
