"""A running site against callers who send too much, too slowly, or ask who is a member."""

import asyncio
import json
from functools import partial
from io import BytesIO
from statistics import median
from time import perf_counter

import pytest
from PIL import Image

from visavis.server import connection, door
from visavis.server.callers import code_key
from visavis.server.limits import MEMBER, Rate

from .conftest import SiteUnderTest

FAR = {"X-Forwarded-For": "203.0.113.7"}  # as a proxy on this machine says it


async def sent(site: SiteUnderTest, *pieces: bytes) -> bytes:
    """Bytes on the line, with pauses between; all that comes until the server closes."""
    host, port = site.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0.1)
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


async def test_slow_callers_are_let_go(site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers that never end, nothing at all, and a body that stops."""
    monkeypatch.setattr(connection, "HEADERS_S", 0.3)
    monkeypatch.setattr(door, "IDLE_S", 0.3)
    assert await sent(site, b"") == b""
    assert await sent(site, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ") == b""
    once = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert (await sent(site, once, b"GET /hea")).count(b"200 OK") == 1
    head = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n["
    assert b" 422 " in await sent(site, head)
    assert (await site.http.get("/healthz")).status_code == 200


async def test_too_much_is_refused_by_the_running_site(site: SiteUnderTest) -> None:
    """Announced, chunked, deep, and headers without end."""

    async def endless():  # noqa: ANN202 - an async iterator of bytes
        for _ in range(70):
            yield b"x" * 1000

    assert (await site.http.post("/v1/edge/identify", content=b"x" * 70_000)).status_code == 413
    assert (await site.http.post("/v1/edge/identify", content=endless())).status_code == 413
    deep = b'{"placement":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    events = await site.http.post("/v1/events", content=deep, headers={"content-type": "application/json"})
    assert (events.status_code, events.json()["code"]) == (422, "input-refused")
    assert (await site.http.get("/healthz", headers={f"x-{n}": "1" for n in range(80)})).status_code == 431
    assert b" 400 " in await sent(site, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"1" * 80_000)


async def test_an_address_is_limited_and_told_so(site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The headers count down; beyond the last, 429 as a problem with Retry-After."""
    monkeypatch.setattr(door, "ADDRESS", Rate(name="address", burst=2, a_minute=2))
    ask = partial(site.http.get, "/v1/edge/notices", params={"placement": "entrance"}, headers=FAR)
    assert (await ask()).headers["ratelimit-policy"] == '"address";q=2;w=60'
    assert (await ask()).headers["ratelimit"].startswith('"address";r=0;')
    refused = await ask()
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert 25 <= int(refused.headers["retry-after"]) <= 30
    assert (await site.http.get("/v1/edge/notices", params={"placement": "entrance"})).status_code == 200


async def test_wrong_codes_are_limited_by_place_caller_and_code(site: SiteUnderTest) -> None:
    """Ten wrong ones: this place and this address wait, whatever the code; another place elsewhere does not."""
    pin = (await site.join(purposes=("personalise",))).json()["pin"]

    async def ask(code: str, placement: str = "entrance", **headers: str) -> int:
        body = {"placement": placement, "pin": code}
        return (await site.http.post("/v1/edge/identify", json=body, headers=headers)).status_code

    assert [await ask(f"99999999{n:02}", **FAR) for n in range(11)] == [401] * 10 + [429]
    assert await ask(pin) == 429
    assert await ask(pin, "aisle-1", **FAR) == 429
    assert await ask(pin, "aisle-1") == 200


async def test_one_visit_and_one_code_are_limited(site: SiteUnderTest) -> None:
    """Sixty requests of a member's visit, then one a second; the same for one code, whosever it is."""
    joined = (await site.join(purposes=("personalise",))).json()
    bearer = {"Authorization": f"Bearer {joined['session']}"}
    said = [(await site.http.get("/v1/edge/me", headers=bearer)).status_code for _ in range(70)]
    assert said[:50] == [200] * 50
    assert 429 in said
    for _ in range(MEMBER.burst + 5):
        site.site.limits.count(MEMBER, code_key(joined["pin"]))
    body = {"placement": "entrance", "pin": joined["pin"]}
    assert (await site.http.post("/v1/edge/identify", json=body)).status_code == 429


async def test_nobody_can_ask_who_is_a_member(site: SiteUnderTest, hopper: bytes, collins: bytes) -> None:
    """A code of nobody and those of a member who was forgotten, a stranger's face and theirs: one answer, one time."""
    joined = (await site.join(photos=(hopper,))).json()
    (await site.join(purposes=("personalise",))).raise_for_status()
    bearer = {"Authorization": f"Bearer {joined['session']}"}
    (await site.http.post("/v1/edge/me/forget", headers=bearer)).raise_for_status()
    faces = [await site.look(photo) for photo in (hopper, collins)]
    assert {answer.status_code for answer in faces} == {401}
    assert faces[0].content == faces[1].content
    codes = {"nobody": f"{(int(joined['pin']) + 1) % 10**10:010}", "member": joined["pin"], "card": joined["card"]}
    took: dict[str, list[float]] = {name: [] for name in codes}
    said = set()
    for _ in range(60):
        for name, code in codes.items():
            site.site.limits._quiet_from.clear()
            body = {"placement": "entrance", "card" if name == "card" else "pin": code}
            began = perf_counter()
            answer = await site.http.post("/v1/edge/identify", json=body)
            took[name].append(perf_counter() - began)
            headers = {k: v for k, v in answer.headers.items() if k != "date"}
            said.add((answer.status_code, answer.content, json.dumps(headers)))
    assert len(said) == 1
    assert next(iter(said))[0] == 401
    medians = sorted(median(times) for times in took.values())
    assert medians[-1] < 1.5 * medians[0] + 0.001


async def test_a_large_picture_is_never_a_temporary_file(site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three megabytes of picture with a place in its metadata: read, answered, and no file was opened for it."""
    import tempfile

    def no_file(*_args: object, **_named: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    out = BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    Image.effect_noise((2000, 1800), 90).convert("RGB").save(out, "JPEG", quality=97, exif=exif)
    assert len(out.getvalue()) > 2_000_000
    answer = await site.http.post("/v1/edge/detect", files={"image": ("p.jpg", out.getvalue(), "image/jpeg")})
    assert answer.status_code == 200
    assert answer.json()["width"] == 2000
