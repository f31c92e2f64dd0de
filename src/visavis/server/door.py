"""What every request passes before a route sees it: how often, how large, how deep, how slowly."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from visavis.errors import HeadersTooLarge, InputRefused, Overloaded, TooLarge, VisavisError
from visavis.perception.decode import MAX_BYTES as IMAGE
from visavis.server.limits import ADDRESS, Limits, address_key, is_here
from visavis.server.problems import refused

MAX_HEADERS = 64
MAX_HEADER_BYTES = 16_384  # all names and values together
MAX_DEPTH = 32  # of lists and objects in each other
IDLE_S = 10.0  # between two pieces of a body
LINGER_BYTES, LINGER_S = 10_000_000, 2.0
IN_FLIGHT = 256_000_000  # bytes of bodies that are held at one time, whoever sent them

SMALL = 64_000
FORM = 100_000  # what stands beside the pictures
BATCH = 2_000_000
MOST: Final[Mapping[str, int]] = {
    "/v1/edge/members": 5 * IMAGE + FORM,
    "/v1/edge/me/templates": 5 * IMAGE + FORM,
    "/v1/edge/compare": 2 * IMAGE + FORM,
    "/v1/edge/detect": IMAGE + FORM,
    "/v1/edge/search": IMAGE + FORM,
    "/v1/edge/verify": IMAGE + FORM,
    "/v1/edge/identify/face": IMAGE + FORM,
    "/v1/events": BATCH,
}
"""Bytes of a body, by path."""

_PLAYS = re.compile(r"/v1/play/[^/]+/stages")
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def most_bytes(path: str) -> int:
    """What a body may hold."""
    if path.startswith("/console") or _PLAYS.fullmatch(path):
        return BATCH
    return MOST.get(path, SMALL)


def depth(body: bytes) -> int:
    """How many lists and objects of a JSON document stand in each other."""
    deepest = now = 0
    for bracket in _STRINGS.sub(b"", body).translate(None, _NOT_BRACKETS):
        now += 1 if bracket in b"[{" else -1
        deepest = max(deepest, now)
    return deepest


class Door:
    """ASGI middleware. What is refused here is answered before its body has been read."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then pass on; WebSockets are bounded by the server and by their route."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told: tuple[tuple[bytes, bytes], ...] = ()
        try:
            _check_headers(scope)
            caller = HTTPConnection(scope).client
            if scope["path"].startswith("/v1/") and caller is not None and not is_here(caller.host):
                told = self._limits.take(ADDRESS, address_key(caller.host) or caller.host).headers()
            body = _Body(scope, receive, _announced(scope))
            self._reserve(body.reserved)
        except VisavisError as error:
            await _answer(error, scope, receive, send)
            return
        try:
            await self._pass(scope, body, send, told)
        finally:
            self._in_flight -= body.reserved

    def _reserve(self, size: int) -> None:
        if self._in_flight + size > IN_FLIGHT:
            raise Overloaded
        self._in_flight += size

    async def _pass(self, scope: Scope, body: "_Body", send: Send, told: tuple[tuple[bytes, bytes], ...]) -> None:
        begun = False

        async def answer(message: Message) -> None:
            """What the route says; nothing of it once its body was refused."""
            nonlocal begun
            if body.trouble is not None and not begun:
                return
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message["headers"], *told]
            await send(message)

        try:
            await self._app(scope, body.receive, answer)
        except VisavisError:
            if body.trouble is None:
                raise
        if body.trouble is not None and not begun:
            await _answer(body.trouble, scope, body.rest, send)


class _Body:
    """A request's body as the route reads it; `trouble` is why it was cut off."""

    def __init__(self, scope: Scope, receive: Receive, announced: int | None) -> None:
        self._receive = receive
        self._most = most_bytes(scope["path"])
        if announced is not None and announced > self._most:
            raise TooLarge(f"at most {self._most:,} bytes here")
        headers = dict(scope["headers"])
        chunked = b"transfer-encoding" in headers
        self.reserved = self._most if chunked else announced or 0
        self._json = headers.get(b"content-type", b"").split(b";")[0].strip().lower().endswith(b"json")
        self._came = 0
        self._ended = False
        self.trouble: VisavisError | None = None

    async def receive(self) -> Message:
        """The next piece; raises what is in `trouble`."""
        if self.trouble is not None:
            raise self.trouble
        try:
            return await (self._checked_json() if self._json and not self._ended else self._piece())
        except VisavisError as error:
            self.trouble = error
            raise

    async def rest(self) -> Message:
        """What still comes of a body that was cut off; nothing once it has come, or stopped coming."""
        cut = not self._ended and isinstance(self.trouble, TooLarge)
        return await self._receive() if cut else {"type": "http.disconnect"}

    async def _piece(self) -> Message:
        if self._ended:
            return await self._receive()  # the body has been given: what comes is that the caller has gone
        try:
            async with asyncio.timeout(IDLE_S):
                message = await self._receive()
        except TimeoutError:
            raise InputRefused(f"nothing of the body came for {IDLE_S:.0f} s") from None
        self._came += len(message.get("body", b""))
        if not message.get("more_body"):
            self._ended = True
        if self._came > self._most:
            raise TooLarge(f"at most {self._most:,} bytes here")
        return message

    async def _checked_json(self) -> Message:
        """The whole document at once, when it is not too deep."""
        pieces, more = [], True
        while more:
            message = await self._piece()
            if message["type"] != "http.request":
                return message
            pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        whole = b"".join(pieces)
        if depth(whole) > MAX_DEPTH:
            raise InputRefused(f"JSON of more than {MAX_DEPTH} levels")
        return {"type": "http.request", "body": whole, "more_body": False}


def _check_headers(scope: Scope) -> None:
    headers = scope["headers"]
    if len(headers) > MAX_HEADERS or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        raise HeadersTooLarge(f"at most {MAX_HEADERS} headers and {MAX_HEADER_BYTES:,} bytes")


def _announced(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            try:
                return int(value)
            except ValueError:
                raise InputRefused("Content-Length is not a number") from None
    return None


async def _answer(error: VisavisError, scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse, and close."""
    await _drain(receive)
    response = refused(error)
    response.headers["connection"] = "close"
    await response(scope, receive, send)


async def _drain(receive: Receive) -> None:
    """Throw away what still comes, up to a bound: a caller who is cut off while sending reads no answer."""
    left = LINGER_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return
