"""The mark of a demonstration: on every page of such a site, whatever part of the program drew it."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

STYLE = b'<link rel="stylesheet" href="/static/shared/demonstration.css">'
MARK = (
    '<p class="demonstration" data-testid="demonstration"><span lang="en">Demonstration: not for real members</span> '
    '<span lang="zh-CN">演示：不得用于真实会员</span></p>'
).encode()
# A page is changed on its way, so it is asked for whole and as plain text.
ASKED_NOT = frozenset((b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"))
SAID_NOT = frozenset((b"content-length", b"etag", b"last-modified"))


def marked(page: bytes, *, alone: bool = False) -> bytes:
    """The page with the mark as its last element; alone: a file to keep, that must ask for nothing else."""
    styled = page if alone else page.replace(b"</head>", STYLE + b"</head>", 1)
    before, end, after = styled.rpartition(b"</body>")
    return before + MARK + end + after if end else page


class DemonstrationMark:
    """ASGI middleware, of sites with the setting `demonstration` alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Mark what is HTML; all else passes untouched."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = [header for header in scope["headers"] if header[0] not in ASKED_NOT]
        await self.app({**scope, "headers": headers}, receive, _Marking(send))


class _Marking:
    """Holds an HTML answer back until it is whole."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._page = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._page += message.get("body", b"")
            if not message.get("more_body", False):
                await self._give(self._start)

    async def _give(self, start: Message) -> None:
        page = marked(self._page, alone=_has(start, b"content-disposition", b"attachment"))
        headers = [header for header in start["headers"] if header[0].lower() not in SAID_NOT]
        length = (b"content-length", str(len(page)).encode())
        await self._send({**start, "headers": [*headers, length]})
        await self._send({"type": "http.response.body", "body": page})


def _is_html(start: Message) -> bool:
    return _has(start, b"content-type", b"text/html")


def _has(start: Message, header: bytes, beginning: bytes) -> bool:
    return any(name.lower() == header and value.startswith(beginning) for name, value in start["headers"])
