"""What is refused before a route sees it."""

import inspect
import json
from typing import Any

import pytest
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st

from visavis.server.app import ROUTERS
from visavis.server.door import BATCH, IN_FLIGHT, MAX_DEPTH, MOST, SMALL, Door, depth, most_bytes
from visavis.server.headers import page_headers
from visavis.server.limits import ADDRESS, Limits
from visavis.testing import FixedClock

JSON = (b"content-type", b"application/json")
documents = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=20,
)


def depth_of(document: Any) -> int:
    if isinstance(document, dict):
        return 1 + max(map(depth_of, document.values()), default=0)
    return 1 + max(map(depth_of, document), default=0) if isinstance(document, list) else 0


@given(documents)
def test_depth_is_that_of_the_document(document: Any) -> None:
    """Brackets and quotes inside strings do not count."""
    assert depth(json.dumps(document).encode()) == depth_of(document)


def test_every_route_that_takes_pictures_has_room_for_them() -> None:
    """And the table names no path that is gone."""
    uploads, paths = set(), set()
    for router in ROUTERS:
        for route in router.routes:
            paths.add(route.path)
            if isinstance(route, APIRoute) and "UploadFile" in str(inspect.signature(route.endpoint)):
                uploads.add(route.path)
    assert len(uploads) > 4
    assert {path for path in uploads if most_bytes(path) < 8_000_000} == set()
    assert set(MOST) <= paths
    assert most_bytes("/v1/play/entrance/stages") == most_bytes("/console/_nicegui_ws/socket.io/") == BATCH
    assert most_bytes("/v1/edge/me/forget") == SMALL


async def through(
    *pieces: bytes,
    path: str = "/v1/edge/identify",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    client: str = "203.0.113.7",
    door: Door | None = None,
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of the answer; the route gives back what it read."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        read, more = b"", True
        while more:
            message = await receive()
            read += message["body"]
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": read})

    waiting = list(pieces or [b""])
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        "type": "http", "method": "POST", "path": path, "headers": list(headers), "client": (client, 1), "state": {},
    }  # fmt: skip
    await (door or Door(app, Limits(FixedClock())))(scope, receive, send)
    return said[0]["status"], dict(said[0]["headers"]), said[1]["body"]


async def test_what_is_small_and_shallow_passes_untouched() -> None:
    """A JSON body in pieces comes as it was sent."""
    status, headers, body = await through(b'{"pin":', b'"0123456789"}', headers=(JSON,))
    assert (status, body) == (200, b'{"pin":"0123456789"}')
    assert headers[b"ratelimit"].startswith(b'"address";r=2999')


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_large_is_refused(announced: bool) -> None:
    """By its announcement before anything is read, or while it comes."""
    length = (b"content-length", str(SMALL + 1).encode())
    status, headers, body = await through(
        b"x" * SMALL, b"x", headers=(length,) if announced else ((b"transfer-encoding", b"chunked"),)
    )
    assert status == 413
    assert json.loads(body)["code"] == "too-large"
    assert headers[b"connection"] == b"close"


async def test_deep_json_is_refused() -> None:
    """One level more than allowed."""
    for levels, expected in ((MAX_DEPTH, 200), (MAX_DEPTH + 1, 422)):
        assert (await through(b"[" * levels + b"]" * levels, headers=(JSON,)))[0] == expected


async def test_many_or_long_headers_are_refused() -> None:
    """431, with a problem."""
    many = tuple((b"x-%d" % n, b"1") for n in range(65))
    for headers in (many, ((b"x", b"1" * 20_000),)):
        status, _, body = await through(headers=headers)
        assert (status, json.loads(body)["code"]) == (431, "headers-too-large")


async def test_an_address_that_asks_too_often_is_told_to_wait() -> None:
    """429 with Retry-After; this machine itself is not counted."""
    limits = Limits(FixedClock())

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    door = Door(app, limits)
    for _ in range(ADDRESS.burst):
        limits.count(ADDRESS, "address 203.0.113.7")
    status, headers, body = await through(door=door)
    assert (status, headers[b"retry-after"], json.loads(body)["code"]) == (429, b"1", "too-many-requests")
    assert (await through(door=door, client="127.0.0.1"))[0] == 200


async def test_bodies_in_flight_are_bounded_together() -> None:
    """What would be too much for the memory is told to come again, and the room is free again afterwards."""
    door = Door(lambda *_: None, Limits(FixedClock()))  # type: ignore[arg-type]  # never reached
    door._in_flight = IN_FLIGHT
    status, headers, _ = await through(headers=((b"content-length", b"10"),), door=door)
    assert (status, headers[b"retry-after"]) == (503, b"2")
    assert door._in_flight == IN_FLIGHT


def test_headers_of_each_page() -> None:
    """The camera on the kiosk alone; no inline code but on the console; answers of the API are not kept."""
    kiosk, player, console, api = (
        dict(page_headers(path, secure=False)) for path in ("/kiosk", "/play/entrance", "/console/", "/v1/edge/me")
    )
    assert b"camera=(self)" in kiosk[b"permissions-policy"]
    for other in (player, console, api):
        assert b"camera=()" in other[b"permissions-policy"]
    for page in (kiosk, player, api):
        assert b"unsafe" not in page[b"content-security-policy"]
    assert api[b"cache-control"] == b"no-store"
    for page in (kiosk, player, console, api):
        assert page[b"x-content-type-options"] == b"nosniff"
        assert page[b"referrer-policy"] == b"no-referrer"
        assert page[b"cross-origin-opener-policy"] == page[b"cross-origin-resource-policy"] == b"same-origin"
        assert b"strict-transport-security" not in page
    assert b"strict-transport-security" in dict(page_headers("/kiosk", secure=True))
