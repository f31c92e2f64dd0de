"""Security headers on every answer: strict for kiosk and player, the tightest that NiceGUI allows for the console."""

from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# What a program reads shows nothing and runs nothing, should a browser ever be led to open it as a page.
DATA = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
# NiceGUI renders by Vue's run-time compiler (eval) and inline scripts and styles; everything else stays closed.
CONSOLE = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
COMMON = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
NO_CAMERA = (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=()")
CAMERA = (NO_CAMERA[0], NO_CAMERA[1].replace(b"camera=()", b"camera=(self)"))
ONLY_TLS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")

FOREIGN = {
    "type": "urn:visavis:problem:foreign-origin",
    "code": "foreign-origin",
    "title": "Another site's page may not write here.",
    "status": 403,
    "detail": "The request's Origin is not this server. Send it from this server's own pages, or without a browser.",
}


def _from_elsewhere(scope: Scope) -> bool:
    """A page of another origin asks to change something; browsers always say so."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin")
    writes = scope["method"] not in ("GET", "HEAD", "OPTIONS")
    return writes and origin is not None and urlsplit(origin.decode("latin-1")).netloc.encode() != headers.get(b"host")


def page_headers(path: str, *, secure: bool) -> list[tuple[bytes, bytes]]:
    """What an answer from this path carries, unless its route says something of its own."""
    console, data = path.startswith("/console"), path.startswith("/v1/")
    policy = CONSOLE if console else DATA if data else STRICT
    found = [*COMMON, (b"content-security-policy", policy.encode()), CAMERA if path == "/kiosk" else NO_CAMERA]
    if not console:  # NiceGUI's own files carry their age
        found.append((b"cache-control", b"no-store" if data else b"no-cache"))
    return [*found, ONLY_TLS] if secure else found


class SecurityHeaders:
    """ASGI middleware; plain, so that server-sent events stream through it untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the response's start."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _from_elsewhere(scope):
            await JSONResponse(FOREIGN, 403, media_type="application/problem+json")(scope, receive, send)
            return
        added = page_headers(scope["path"], secure=scope["scheme"] == "https")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in added if h[0] not in present)]
            await send(message)

        await self.app(scope, receive, with_headers)
