"""Kiosks and screens that must be paired: what they may before, after, elsewhere, and once they were revoked."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import connect

from visavis.privacy.device_identity import pairing_text, sign_token, token_text
from visavis.server import access
from visavis.server.limits import DEVICE, PAIRINGS, Rate
from visavis.server.permissions import Permission

from .conftest import OpenSite, SiteUnderTest


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


CLIENTS: list[httpx.AsyncClient] = []


@pytest.fixture(autouse=True)
async def closed_clients() -> AsyncIterator[None]:
    """Every device's connections end with its test."""
    yield
    while CLIENTS:
        await CLIENTS.pop().aclose()


class ADevice:
    """What the pages do, without a browser."""

    def __init__(self, site: SiteUnderTest) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.http = httpx.AsyncClient(base_url=site.address, timeout=30)
        self.id = ""
        CLIENTS.append(self.http)

    async def pair(self, code: str, key: Ed25519PrivateKey | None = None) -> httpx.Response:
        public = b64(self.key.public_key().public_bytes_raw())
        signature = b64((key or self.key).sign(pairing_text(code, public)))
        answer = await self.http.post(
            "/v1/devices/pair", json={"code": code, "public_key": public, "signature": signature}
        )
        self.id = answer.json().get("device_id", "")
        return answer

    async def token(self, challenge: str | None = None) -> httpx.Response:
        if challenge is None:
            challenge = (await self.http.post("/v1/devices/challenge", json={"device_id": self.id})).json()["challenge"]
        signature = b64(self.key.sign(token_text(challenge)))
        body = {"device_id": self.id, "challenge": challenge, "signature": signature}
        return await self.http.post("/v1/devices/token", json=body)

    async def look(self, placement: str, **more: Any) -> httpx.Response:
        """Ask as a kiosk: an unknown PIN is refused in other words than a device."""
        body = {"placement": placement, "pin": "0123456789"}
        return await self.http.post("/v1/edge/identify", json=body, **more)


@pytest.fixture
async def site(open_test_site: OpenSite, database_url: str) -> AsyncIterator[SiteUnderTest]:
    """A site whose kiosks and screens must be paired."""
    async with open_test_site(database_url=database_url, pairing="required") as running:
        yield running


async def paired(site: SiteUnderTest, placement: str = "entrance") -> ADevice:
    device = ADevice(site)
    (await device.pair((await a_code(site, placement))["code"])).raise_for_status()
    (await device.token()).raise_for_status()
    return device


async def a_code(site: SiteUnderTest, placement: str = "entrance") -> dict[str, Any]:
    answer = await site.http.post("/v1/devices/codes", json={"placement": placement})
    return answer.raise_for_status().json()


def code_of(answer: httpx.Response) -> str:
    return answer.json()["code"]


async def test_nothing_goes_before_pairing_and_only_its_own_placement_after(site: SiteUnderTest) -> None:
    """Every route of kiosk and player; sitting at the machine does not help."""
    stranger, device = ADevice(site), await paired(site)
    enrolment = json.dumps(
        {"placement": "entrance", "nickname": "x", "locale": "en", "age_confirmed": True, "consents": []}
    )
    routes: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/v1/edge/identify", {"json": {"placement": "entrance", "pin": "0123456789"}}),
        ("POST", "/v1/edge/members", {"data": {"enrolment": enrolment}}),
        ("POST", "/v1/edge/search", {"data": {"placement": "entrance"}, "files": {"image": b"x"}}),
        ("POST", "/v1/edge/identify/face", {"data": {"placement": "entrance"}, "files": {"image": b"x"}}),
        ("POST", "/v1/play/entrance/stages", {"json": []}),
        ("GET", "/v1/play/entrance/stream", {}),
        ("POST", "/v1/events", {"json": []}),
    ]
    for method, path, options in routes:
        refused = await stranger.http.request(method, path, **options)
        assert (refused.status_code, code_of(refused)) == (401, "device-refused"), path
    for method, path, options in routes[:6]:
        moved = {
            name: value if name == "files" else json.loads(json.dumps(value).replace("entrance", "aisle-1"))
            for name, value in options.items()
        }
        refused = await device.http.request(method, path.replace("entrance", "aisle-1"), **moved)
        assert (refused.status_code, code_of(refused)) == (401, "device-refused"), path
    assert code_of(await device.look("entrance")) == "credential-refused"
    assert (await device.http.post("/v1/play/entrance/stages", json=[])).status_code == 202
    async with device.http.stream("GET", "/v1/play/entrance/stream") as stream:
        assert stream.status_code == 200


async def test_a_screen_speaks_for_its_own_decisions_only(site: SiteUnderTest) -> None:
    """What came of another placement's decision, or what a member bought, it cannot say."""
    device, other = await paired(site), await paired(site, "aisle-1")
    notices = (await device.http.get("/v1/edge/notices", params={"placement": "entrance"})).json()["notices"]
    ticked = [
        {"purpose": n["purpose"], "notice_version": n["version"], "notice_sha256": n["sha256"]["en"]}
        for n in notices
        if n["purpose"] == "personalise"
    ]
    enrolment = {"placement": "entrance", "nickname": "Grace", "locale": "en", "age_confirmed": True}
    joined = await device.http.post(
        "/v1/edge/members", data={"enrolment": json.dumps(enrolment | {"consents": ticked})}
    )
    decision = joined.raise_for_status().json()["decision"]

    def tap(**data: str) -> dict[str, Any]:
        at = site.site.clock.now().isoformat()
        return {"specversion": "1.0", "id": "1", "source": "/x", "type": "offer.tapped", "time": at, "data": data}

    own = tap(decision_id=decision["decision_id"], item_id=decision["item"]["id"])
    assert (await other.http.post("/v1/events", json=own)).status_code == 401
    assert (await device.http.post("/v1/events", json=tap(member="token-1"))).status_code == 422
    assert (await device.http.post("/v1/events", json=own)).status_code == 202


async def test_a_code_works_once_and_only_for_who_holds_the_key(site: SiteUnderTest) -> None:
    """However it is typed; every failure looks the same."""
    code = (await a_code(site))["code"]
    device, thief = ADevice(site), ADevice(site)
    assert code_of(await thief.pair(code, key=Ed25519PrivateKey.generate())) == "pairing-refused"
    typed = f"{code[:4]}-{code[4:]} ".lower()
    assert (await device.pair(typed)).json()["placement"] == "entrance"
    again, never = await thief.pair(code), await thief.pair("22222222")
    assert again.status_code == never.status_code == 401
    assert again.content == never.content


async def test_guessing_codes_is_slow_and_uses_them_up(site: SiteUnderTest) -> None:
    """Five attempts an address, then one a minute; after ten misses the code is gone, whoever missed."""
    code = (await a_code(site))["code"]
    device = ADevice(site)
    answers = [(await device.pair(f"2222222{n}")).status_code for n in range(2, 8)]
    assert answers == [401] * PAIRINGS.burst + [429]
    for n in range(2, 7):
        site.site.limits._quiet_from.clear()
        await device.pair(f"3333333{n}")
    site.site.limits._quiet_from.clear()
    assert code_of(await device.pair(code)) == "pairing-refused"


async def test_a_token_is_given_for_a_fresh_challenge_of_the_right_key(site: SiteUnderTest) -> None:
    """Not twice for one challenge, not for another's, and in the same words for a device that is none."""
    device = await paired(site)
    challenge = (await device.http.post("/v1/devices/challenge", json={"device_id": device.id})).json()["challenge"]
    assert (await device.token(challenge)).status_code == 200
    assert code_of(await device.token(challenge)) == "device-refused"
    thief = ADevice(site)
    thief.id = device.id
    of_known = await thief.token()
    thief.id = "nobody"
    of_nobody = await thief.token()
    assert of_known.status_code == of_nobody.status_code == 401
    assert of_known.content == of_nobody.content


async def test_the_cookie_is_for_this_server_alone(site: SiteUnderTest) -> None:
    """No script reads it, no other site sends it, over TLS only where TLS is spoken."""
    device = await paired(site)
    plain = (await device.token()).headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=strict" in plain
    assert "Path=/v1" in plain
    assert "Secure" not in plain
    device.http.headers["X-Forwarded-Proto"] = "https"
    assert "Secure" in (await device.token()).headers["set-cookie"]


async def test_a_token_holds_ten_minutes_and_serves_terminals_as_a_header(site: SiteUnderTest) -> None:
    """As Authorization: Bearer; an old one, and one of another site, are refused."""
    device = await paired(site)
    token = (await device.token()).json()["token"]
    device.http.cookies.clear()
    assert code_of(await device.look("entrance")) == "device-refused"
    assert code_of(await device.look("entrance", headers={"Authorization": f"Bearer {token}"})) == "credential-refused"
    keys, now = site.site.edge.keys, site.site.clock.now()
    old = sign_token(keys, device.id, site="site-1", placement="entrance", now=now - timedelta(minutes=11))
    foreign = sign_token(keys, device.id, site="site-2", placement="entrance", now=now)
    unknown = sign_token(keys, "nobody", site="site-1", placement="entrance", now=now)
    for text in (old, foreign, unknown, token[:-1]):
        assert code_of(await device.look("entrance", headers={"Authorization": f"Bearer {text}"})) == "device-refused"


async def test_revoking_ends_token_stream_and_camera_at_once(site: SiteUnderTest) -> None:
    """What was open ends, and no new token is given."""
    device = await paired(site)
    cookie = "; ".join(f"{name}={value}" for name, value in device.http.cookies.items())
    address = site.address.replace("http", "ws") + "/v1/edge/camera?placement=entrance"
    async with (
        connect(address, additional_headers={"Cookie": cookie}, proxy=None) as camera,
        device.http.stream("GET", "/v1/play/entrance/stream") as stream,
        asyncio.timeout(5),
    ):
        await camera.send(b"not a picture")
        assert json.loads(await camera.recv())["problem"]["code"] == "image-refused"
        (listed,) = (await site.http.get("/v1/devices")).json()["devices"]
        assert (listed["placement"], listed["revoked_at"]) == ("entrance", None)
        assert (await site.http.delete(f"/v1/devices/{listed['id']}")).status_code == 204
        async for _ in stream.aiter_bytes():
            pass
    async with connect(address, additional_headers={"Cookie": cookie}, proxy=None) as camera:
        assert json.loads(await camera.recv())["problem"]["code"] == "device-refused"
    assert code_of(await device.look("entrance")) == "device-refused"
    assert code_of(await device.token()) == "device-refused"
    assert code_of(await site.http.delete(f"/v1/devices/{listed['id']}")) == "device-unknown"


async def test_pairing_outlives_a_restart(open_test_site: OpenSite, database_url: str) -> None:
    """The key is still the device's, and revoking holds in another process of the site at once."""
    async with open_test_site(database_url=database_url, pairing="required") as site:
        device = await paired(site)
    async with open_test_site(database_url=database_url, pairing="required") as site:
        device.http.base_url = site.address
        (await device.token()).raise_for_status()
        assert code_of(await device.look("entrance")) == "credential-refused"
        assert await site.site.storage.devices.revoke(device.id, site.site.clock.now())
        async with asyncio.timeout(5):
            while code_of(await device.look("entrance")) != "device-refused":  # noqa: ASYNC110 - told by the database
                await asyncio.sleep(0.02)


async def test_device_key_and_visit_are_limited_each_for_themselves(site: SiteUnderTest) -> None:
    """Whose allowance is used up waits, wherever it asks from; the others go on."""
    device, other, limits = await paired(site), await paired(site, "aisle-1"), site.site.limits
    _, key = await site.site.accounts.keys.add("till", [Permission.SEND_EVENTS], days=1, by="test")
    far = {"Authorization": f"Bearer {key}", "X-Forwarded-For": "203.0.113.7"}
    program = (await site.http.get("/v1/staff/me", headers=far)).json()["id"]

    def use_up(rate: Rate, who: str) -> None:
        for _ in range(rate.burst + 20):
            limits.count(rate, who)

    use_up(DEVICE, f"device {device.id}")
    refused = await device.look("entrance")
    assert (refused.status_code, code_of(refused)) == (429, "too-many-requests")
    assert "retry-after" in refused.headers
    assert code_of(await other.look("aisle-1")) == "credential-refused"
    assert (await site.http.post("/v1/events", json=[], headers=far)).status_code == 202
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "KEY", Rate(name="key", burst=1, a_minute=1))
        use_up(access.KEY, f"key {program}")
        assert (await site.http.post("/v1/events", json=[], headers=far)).status_code == 429


async def test_pairing_is_off_on_a_machine_by_itself(open_test_site: OpenSite, database_url: str) -> None:
    """Loopback, and nobody of the staff has an account; asked for, it is required."""
    async with open_test_site(database_url=database_url) as site:
        standing = (await site.http.get("/v1/devices/standing", params={"placement": "entrance"})).json()
        assert standing == {"pairing": "off", "allowed": True}
        assert code_of(await ADevice(site).look("entrance")) == "credential-refused"
