"""Prints the path of a Chromium for the tests: one on this machine, else apt's, else Playwright's own."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_chromium() -> str:
    """Find or install a Chromium.

    Returns
    -------
    str
        The path of its program.

    Raises
    ------
    SystemExit
        With one sentence when there is none and none can be installed.
    """
    found = os.environ.get("OTTAVA_CHROMIUM") or _find_installed() or _install_with_apt() or _install_with_playwright()
    if not found:
        raise SystemExit("The tests need Chromium and could not install it; install it with: apt-get install chromium")
    return found


def _find_installed() -> str | None:
    """Find a browser on PATH that starts: on Ubuntu the name may be an empty shell for a snap."""
    for path in filter(None, map(shutil.which, NAMES)):
        if _succeeds([path, "--version"], timeout_sec=30):
            return path
    return None


def _install_with_apt() -> str | None:
    """Install Debian's package where that needs no password."""
    if shutil.which("apt-get") is None:
        return None
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and not (shutil.which("sudo") and _succeeds(["sudo", "-n", "true"])):
        return None
    print("Installing Chromium for the tests with apt-get.", file=sys.stderr)
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    _succeeds([*apt, "update"])
    if not _succeeds([*apt, "install", "--yes", "--no-install-recommends", "chromium"]):
        return None
    return _find_installed()


def _install_with_playwright() -> str | None:
    """Let the test tool download its own."""
    from playwright.sync_api import sync_playwright

    print("Installing Chromium for the tests with Playwright.", file=sys.stderr)
    if not _succeeds([sys.executable, "-m", "playwright", "install", "chromium"]):
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if _succeeds([path, "--version"]) else None


def _succeeds(command: list[str], timeout_sec: float = 900) -> bool:
    """Run a command quietly and say whether it went well."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_sec)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    print(find_chromium())
