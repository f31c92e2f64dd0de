"""Security headers on every answer: strict for kiosk and player, the tightest that NiceGUI allows for the console."""

from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
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
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
)


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
        console = scope["path"].startswith("/console")
        policy = (CONSOLE if console else STRICT).encode()

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                added = [*COMMON, (b"content-security-policy", policy)]
                if not console and b"cache-control" not in present:
                    added.append((b"cache-control", b"no-store" if scope["path"].startswith("/v1") else b"no-cache"))
                message["headers"] = [*message["headers"], *(h for h in added if h[0] not in present)]
            await send(message)

        await self.app(scope, receive, with_headers)
