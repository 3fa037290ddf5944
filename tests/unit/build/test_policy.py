"""The policy is the same wherever it is written: in the headers, in the service worker and in the page."""

import re

from build.policy import ISOLATION_HEADERS, SECURITY_HEADERS, write_content_policy
from build.wheels import ROOT


def test_service_worker_adds_the_same_headers() -> None:
    script = (ROOT / "web" / "sw.js").read_text("utf-8")
    constant = re.search(r"const HEADERS = \{(.*?)\n\};", script, re.DOTALL)
    assert constant is not None
    added = dict(re.findall(r'^  "?([\w-]+)"?:\s+"([^"]*)",$', constant[1], re.MULTILINE))
    assert added == ISOLATION_HEADERS | SECURITY_HEADERS


def test_page_says_the_same() -> None:
    page = (ROOT / "web" / "index.html").read_text("utf-8")
    said = dict(re.findall(r'<meta (?:http-equiv|name)="(Content-Security-Policy|referrer)" content="([^"]*)">', page))
    assert said == {
        "Content-Security-Policy": write_content_policy(in_page=True),
        "referrer": SECURITY_HEADERS["Referrer-Policy"],
    }
    assert page.index("Content-Security-Policy") < page.index("<script")


def test_policy_names_no_other_origin() -> None:
    """Nothing is allowed but this origin, its blobs and WebAssembly; above all no inline script or style."""
    sources = {source for rule in write_content_policy().split("; ") for source in rule.split(" ")[1:]}
    assert sources == {"'self'", "'none'", "blob:", "'wasm-unsafe-eval'"}
    assert ISOLATION_HEADERS["Cross-Origin-Resource-Policy"] == "same-origin"
