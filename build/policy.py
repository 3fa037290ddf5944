"""What a browser may do with the page: the headers of every answer, written here once.

`build.serve` sends them. A host may send none, so that ``web/sw.js`` adds them and ``web/index.html`` says in
``<meta>`` what can be said there; a test compares both with this file.
"""

CONTENT = {
    "default-src": "'self'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
"""Content-Security-Policy. WebAssembly needs its one word; a blob is what a person dropped, recorded or saves."""

USED = ("autoplay", "cross-origin-isolated", "fullscreen", "microphone", "screen-wake-lock")
"""Features of the browser that the page, or who reads on it, uses. So is sharing, which few browsers know by name."""

UNUSED = (
    "accelerometer", "browsing-topics", "camera", "captured-surface-control", "clipboard-read", "clipboard-write",
    "compute-pressure", "deferred-fetch", "deferred-fetch-minimal", "digital-credentials-create",
    "digital-credentials-get", "display-capture", "encrypted-media", "gamepad", "geolocation",
    "gyroscope", "hid", "identity-credentials-get", "idle-detection", "interest-cohort", "keyboard-map",
    "language-detector", "language-model", "local-fonts", "local-network", "local-network-access", "loopback-network",
    "magnetometer", "midi", "on-device-speech-recognition", "otp-credentials", "payment", "picture-in-picture",
    "private-state-token-issuance", "private-state-token-redemption", "publickey-credentials-create",
    "publickey-credentials-get", "serial", "speaker-selection", "storage-access", "summarizer", "sync-xhr",
    "translator", "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip
"""Those that nothing on the page may ask for, not even a part of it that has been tampered with."""


def write_content_policy(*, in_page: bool = False) -> str:
    """Write the Content-Security-Policy; ``in_page`` leaves out what a browser takes from a header only."""
    rules = {name: sources for name, sources in CONTENT.items() if not (in_page and name == "frame-ancestors")}
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def write_permissions() -> str:
    """Write the Permissions-Policy."""
    return ", ".join([*(f"{name}=(self)" for name in USED), *(f"{name}=()" for name in UNUSED)])


SECURITY_HEADERS = {
    "Content-Security-Policy": write_content_policy(),
    "Permissions-Policy": write_permissions(),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
ISOLATION_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
