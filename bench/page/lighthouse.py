"""Lighthouse's scores of the page as a phone and as a desk sees it.

    python -m bench.page.lighthouse [--runs 3] [--version 12.8.2]

Needs npx, which fetches Lighthouse (not a part of the project), and a Chromium; ``dist/`` is served as it is, without
compression. The score of performance depends on how busy the machine is: the median of the runs counts.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.page.chromium import serve
from bench.report import ROOT, describe_run, replace_section

CATEGORIES = ["performance", "accessibility", "best-practices"]
TIMES = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time"]
PRESETS = {"phone": [], "desk": ["--preset=desktop"]}
LEAST_SCORE = 95


def main() -> int:
    """Measure and write a section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--version", default="12.8.2")
    options = parser.parse_args()
    rows, lowest = [], 100
    with serve(ROOT / "dist") as address:
        for preset, flags in PRESETS.items():
            seen = [run_lighthouse(address, options.version, flags) for _ in range(options.runs)]
            scores = [[round(100 * one["categories"][name]["score"]) for one in seen] for name in CATEGORIES]
            times = [[one["audits"][name]["numericValue"] for one in seen] for name in TIMES]
            cells = [f"{statistics.median(values):.0f}" for values in [*scores, *times]]
            lowest = min(lowest, *(int(statistics.median(values)) for values in scores))
            rows.append(f"| {preset} | {' | '.join(cells)} |")
            print(rows[-1], scores, file=sys.stderr)
    section = "\n".join(
        [
            "## Lighthouse",
            "",
            describe_run(),
            "",
            f"Version {options.version}, medians of {options.runs}; "
            f"{os.getloadavg()[0]:.0f} processes wanted the {os.cpu_count()} cores.",
            "",
            "| as seen by | performance | accessibility | best practices | first paint, ms | largest paint, ms "
            "| blocking time, ms |",
            "|---|--:|--:|--:|--:|--:|--:|",
            *rows,
            "",
        ]
    )
    replace_section(section)
    print(section)
    return 0 if lowest >= LEAST_SCORE else 1


def run_lighthouse(address: str, version: str, flags: list[str]) -> dict[str, Any]:
    """Run once in a fresh browser; gives the report."""
    chromium = os.environ.get("OTTAVA_CHROMIUM", "/usr/bin/chromium")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = ["npx", "--yes", f"lighthouse@{version}", address, *flags, "--quiet", "--output=json"]
        command += [f"--output-path={report}", f"--only-categories={','.join(CATEGORIES)}"]
        command += ["--chrome-flags=--headless=new --no-sandbox"]
        subprocess.run(command, cwd=folder, check=True, env=os.environ | {"CHROME_PATH": chromium})
        result: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return result


if __name__ == "__main__":
    sys.exit(main())
