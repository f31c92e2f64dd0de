"""Signing in over HTTP and in a real browser: what lets in, what keeps out, and that nobody reads along."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from visavis.errors import SettingInvalid
from visavis.server.permissions import Permission
from visavis.types import Role

from .conftest import OpenSite, SiteUnderTest

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PASSWORD = "correct horse battery staple"
A_PAGE = {"accept": "text/html"}
SECRET = re.compile(r'data-testid="secret">([A-Z2-7 ]+)<')


async def add(site: SiteUnderTest, login: str = "ada", role: Role = Role.OPERATOR) -> None:
    await site.site.accounts.people.add(login, PASSWORD, role, by="test")


def browserlike(site: SiteUnderTest, **headers: str) -> httpx.AsyncClient:
    """Keeps cookies and says where its forms come from, as browsers do."""
    return httpx.AsyncClient(base_url=site.address, headers={"origin": site.address} | A_PAGE | headers)


async def entered(site: SiteUnderTest, login: str = "ada", role: Role = Role.OPERATOR) -> httpx.AsyncClient:
    """A browser in which somebody new has signed in, with a second factor where the role asks for one."""
    await add(site, login, role)
    browser = browserlike(site)
    answer = await browser.post("/console/sign-in", data={"login": login, "password": PASSWORD})
    if secret := SECRET.search(answer.text):
        code = pyotp.TOTP(secret[1].replace(" ", "")).now()
        await browser.post("/console/sign-in/enrol", data={"code": code})
    assert (await browser.get("/v1/staff/me")).json()["role"] == role
    return browser


async def test_without_an_administrator_the_machine_is_staff(site: SiteUnderTest) -> None:
    """As before there were accounts; through a proxy nobody is."""
    owner = (await site.http.get("/v1/staff/me")).json()
    assert (owner["kind"], set(owner["permissions"])) == ("machine", set(Permission))
    assert (await site.http.get("/console/", headers=A_PAGE)).status_code == 200
    outside = await site.http.get("/v1/edge/reviews", headers={"x-forwarded-for": "10.0.0.7"})
    assert (outside.status_code, outside.json()["code"]) == (403, "staff-only")


async def test_once_there_is_an_administrator_the_machine_alone_is_nobody(site: SiteUnderTest) -> None:
    """At once, in every process: API, console pages and the console's socket."""
    await add(site, role=Role.ADMINISTRATOR)
    assert (await site.http.get("/v1/staff/me")).json()["kind"] == "anonymous"
    refused = await site.http.get("/v1/edge/reviews")
    assert (refused.status_code, refused.json()["code"]) == (401, "sign-in-required")
    for path in ("/console/", "/console/recognition", "/console/account"):
        sent = await site.http.get(path, headers=A_PAGE)
        assert (sent.status_code, sent.headers["location"]) == (303, "/console/sign-in"), path
    socket = await site.http.get("/console/_nicegui_ws/socket.io/?EIO=4&transport=polling")
    assert socket.status_code == 401
    assert (await site.http.get("/kiosk?placement=entrance")).status_code == 200


async def test_the_cookie_is_as_strict_as_the_way_allows(site: SiteUnderTest) -> None:
    """No script reads it, no other site sends it; behind a proxy with TLS no plain page can set it."""
    await add(site)
    async with browserlike(site) as browser:
        answer = await browser.post("/console/sign-in", data={"login": "ada", "password": PASSWORD})
        assert answer.status_code == 303
        plain = answer.headers["set-cookie"]
        assert re.fullmatch(r"visavis-staff=[\w-]{43}; HttpOnly; Path=/; SameSite=strict", plain)
        assert answer.headers["cache-control"] == "no-store"
    async with browserlike(site, **{"x-forwarded-proto": "https", "x-forwarded-for": "10.0.0.7"}) as browser:
        answer = await browser.post("/console/sign-in", data={"login": "ada", "password": PASSWORD})
        secure = answer.headers["set-cookie"]
        assert re.fullmatch(r"__Host-visavis-staff=[\w-]{43}; HttpOnly; Path=/; SameSite=strict; Secure", secure)


async def test_a_password_never_travels_in_the_clear(site: SiteUnderTest) -> None:
    """Through a proxy without TLS nobody signs in, whatever they type."""
    await add(site)
    async with browserlike(site, **{"x-forwarded-for": "10.0.0.7"}) as browser:
        answer = await browser.post("/console/sign-in", data={"login": "ada", "password": PASSWORD})
        assert answer.status_code == 403
        assert "https" in answer.text
        assert "set-cookie" not in answer.headers


async def test_a_cookie_alone_changes_nothing(site: SiteUnderTest) -> None:
    """A request that may change something says that it comes from this server's own page: no other port, no silence."""
    await add(site, "root", Role.ADMINISTRATOR)
    browser = await entered(site)
    cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    await browser.aclose()
    body = {"name": "door", "address": "rtsp://10.0.0.7/live", "placement": "entrance", "enabled": False}
    port = httpx.URL(site.address).port
    for headers, status in (
        ({}, 401),
        ({"origin": "http://127.0.0.1:1"}, 403),
        ({"origin": f"http://localhost:{port}"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-site"}, 401),
        ({"sec-fetch-site": "cross-site"}, 401),
        ({"origin": site.address}, 201),
    ):
        answer = await site.http.post("/v1/edge/monitors", json=body, headers=cookie | headers)
        assert answer.status_code == status, headers
    assert (await site.http.get("/v1/edge/monitors", headers=cookie)).status_code == 200


async def test_the_wrong_password_is_told_without_a_cookie(site: SiteUnderTest) -> None:
    """The page says so in the reader's language, keeps the login and nothing else; the sixth try waits."""
    await add(site)
    async with browserlike(site) as browser:
        for _ in range(5):
            answer = await browser.post(
                "/console/sign-in?lang=zh-CN", data={"login": 'ada"><script>', "password": "wrong-wrong"}
            )
            assert answer.status_code == 401
            assert "有误" in answer.text
            assert "<script>" not in answer.text
            assert "wrong-wrong" not in answer.text
            assert "set-cookie" not in answer.headers
        locked = await browser.post("/console/sign-in", data={"login": 'ada"><script>', "password": PASSWORD})
        assert (locked.status_code, "30 s" in locked.text) == (429, True)
        assert (await browser.get("/v1/staff/me")).json()["kind"] == "machine"


async def test_half_a_sign_in_opens_nothing(site: SiteUnderTest) -> None:
    """Between password and code the cookie leads to the code alone."""
    await add(site, role=Role.ADMINISTRATOR)
    async with browserlike(site) as browser:
        await browser.post("/console/sign-in", data={"login": "ada", "password": PASSWORD})
        assert browser.cookies
        assert (await browser.get("/v1/staff/me")).json()["kind"] == "anonymous"
        assert (await browser.get("/console/")).status_code == 303
        assert (await browser.get("/console/account")).status_code == 303
        changed = await browser.post("/console/account/password", data={"old": PASSWORD, "new": PASSWORD + "!"})
        assert changed.status_code == 303


async def test_signing_out_ends_it_on_the_server(site: SiteUnderTest) -> None:
    """A copy of the cookie opens nothing afterwards."""
    await add(site, "root", Role.ADMINISTRATOR)
    browser = await entered(site)
    copy = dict(browser.cookies)
    assert (await browser.post("/console/sign-out")).status_code == 303
    assert not browser.cookies
    await browser.aclose()
    async with httpx.AsyncClient(base_url=site.address, cookies=copy) as thief:
        assert (await thief.get("/v1/staff/me")).json()["kind"] == "anonymous"


async def test_a_disabled_account_is_out_of_an_open_page(site: SiteUnderTest) -> None:
    """At the next request."""
    await add(site, "root", Role.ADMINISTRATOR)
    browser = await entered(site)
    assert (await browser.get("/console/")).status_code == 200
    await site.site.accounts.people.disable("ada", by="test")
    assert (await browser.get("/console/")).status_code == 303
    assert (await browser.get("/v1/edge/reviews")).status_code == 401
    await browser.aclose()


async def test_an_advertiser_sees_the_board_alone(site: SiteUnderTest) -> None:
    """The page of cameras and reviews leads back to it; the routes refuse."""
    await add(site, "root", Role.ADMINISTRATOR)
    browser = await entered(site, "bea", Role.ADVERTISER)
    assert "to-recognition" not in (await browser.get("/console/")).text
    sent = await browser.get("/console/recognition")
    assert (sent.status_code, sent.headers["location"]) == (303, "/console/")
    refused = await browser.get("/v1/edge/reviews")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    await browser.aclose()


async def test_a_key_opens_routes_and_no_page(site: SiteUnderTest) -> None:
    """And a rotated one nothing."""
    await add(site, "root", Role.ADMINISTRATOR)
    keys = site.site.accounts.keys
    key, text = await keys.add("back office", ["board.read", "system.read"], days=1, by="test")
    bearer = {"authorization": f"Bearer {text}"}
    assert (await site.http.get("/v1/edge/system", headers=bearer)).status_code == 200
    assert (await site.http.get("/v1/edge/reviews", headers=bearer)).status_code == 403
    assert (await site.http.get("/console/", headers=bearer)).status_code == 401
    await keys.rotate(key.prefix, days=1, by="test")
    assert (await site.http.get("/v1/edge/system", headers=bearer)).status_code == 401


async def test_nothing_secret_is_logged(site: SiteUnderTest, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither password, code, cookie nor login, whatever goes wrong."""
    browser = await entered(site, "grace.hopper", Role.ADMINISTRATOR)
    cookie = browser.cookies["visavis-staff"]
    await browser.post("/console/account/password", data={"old": "wrong-wrong", "new": "another horse, new battery"})
    await browser.post("/console/sign-in", data={"login": "grace.hopper", "password": "wrong-wrong"})
    await browser.post("/console/sign-in/code", data={"code": "123456"})
    await browser.aclose()
    out, err = capfd.readouterr()
    for secret in (PASSWORD, "wrong-wrong", "123456", cookie, "grace.hopper", "another horse"):
        assert secret not in out + err


async def test_what_staff_does_is_written_down_by_who_did_it(site: SiteUnderTest) -> None:
    """An operator adds a camera; an auditor reads so, and that is written down too; nobody's login is in it."""
    await add(site, "root", Role.ADMINISTRATOR)
    operator = await entered(site, "bea", Role.OPERATOR)
    body = {"name": "door", "address": "rtsp://10.0.0.7/live", "placement": "entrance", "enabled": False}
    assert (await operator.post("/v1/edge/monitors", json=body)).status_code == 201
    auditor = await entered(site, "ann", Role.AUDITOR)
    ids = {one.login: one.id for one in await site.site.accounts.people.all()}
    for _ in range(2):
        told = (await auditor.get("/v1/audit/edge")).raise_for_status().json()["entries"]
    acts = [(entry["actor"], entry["action"]) for entry in told]
    assert (f"staff {ids['bea']}", "monitor_saved") in acts
    assert (f"staff {ids['ann']}", "read") in acts
    hub = (await auditor.get("/v1/audit/hub", params={"limit": 1000})).json()["entries"]
    assert (f"staff {ids['bea']}", "signed_in") in [(entry["actor"], entry["action"]) for entry in hub]
    assert not [entry for entry in told + hub if {"bea", "ann", "root"} & set(map(str, entry.values()))]
    await operator.aclose()
    await auditor.aclose()


async def test_an_administrator_disables_people_and_keys_from_afar(site: SiteUnderTest) -> None:
    """Both are refused at once; the last administrator stays."""
    administrator = await entered(site, "ada", Role.ADMINISTRATOR)
    operator = await entered(site, "bea", Role.OPERATOR)
    key, text = await site.site.accounts.keys.add("till", ["system.read"], days=1, by="test")
    assert [one["login"] for one in (await administrator.get("/v1/staff")).json()["staff"]] == ["ada", "bea"]
    assert (await administrator.get("/v1/staff/keys")).json()["keys"][0]["prefix"] == key.prefix
    assert (await administrator.post("/v1/staff/bea/disable")).json()["state"] == "disabled"
    assert (await operator.get("/v1/edge/reviews")).status_code == 401
    (await administrator.delete(f"/v1/staff/keys/{key.prefix}")).raise_for_status()
    bearer = {"authorization": f"Bearer {text}"}
    assert (await site.http.get("/v1/edge/system", headers=bearer)).status_code == 401
    last = await administrator.post("/v1/staff/ada/disable")
    assert (last.status_code, last.json()["code"]) == (409, "last-administrator")
    await operator.aclose()
    await administrator.aclose()


# ------ listening beyond the machine


async def test_others_reach_a_site_only_once_somebody_can_sign_in(open_test_site: OpenSite, database_url: str) -> None:
    """Refused with the command that makes it possible; then served, by the names that were given."""
    everywhere: dict[str, Any] = {"database_url": database_url, "host": "0.0.0.0", "names": ("kiosk.example",)}  # noqa: S104
    with pytest.raises(SettingInvalid, match="visavis staff add"):
        async with open_test_site(**everywhere):
            pass
    with pytest.raises(SettingInvalid, match="names"):
        async with open_test_site(**everywhere | {"names": ()}):
            pass
    async with open_test_site(database_url=database_url) as site:
        await add(site, role=Role.ADMINISTRATOR)
    async with open_test_site(**everywhere) as site:
        address = site.address.replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        async with httpx.AsyncClient(base_url=address) as http:
            assert (await http.get("/healthz")).status_code == 200
            assert (await http.get("/healthz", headers={"host": "kiosk.example"})).status_code == 200
            assert (await http.get("/healthz", headers={"host": "evil.example"})).status_code == 400


async def test_the_site_speaks_tls_itself(open_test_site: OpenSite, database_url: str, tmp_path: Path) -> None:
    """With a certificate of one's own; the cookie is then of this host and of TLS alone."""
    certificate, key = self_signed(tmp_path)
    async with open_test_site(database_url=database_url, tls_certificate=certificate, tls_key=key) as site:
        await add(site)
        assert site.address.startswith("https://")
        async with httpx.AsyncClient(base_url=site.address, verify=False, headers={"origin": site.address}) as browser:  # noqa: S501
            answer = await browser.post("/console/sign-in", data={"login": "ada", "password": PASSWORD})
            assert answer.headers["set-cookie"].startswith("__Host-visavis-staff=")
            assert (await browser.get("/v1/staff/me")).json()["role"] == "operator"


def self_signed(folder: Path) -> tuple[Path, Path]:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(
        key, hashes.SHA256()
    )
    certificate, secret = folder / "site.pem", folder / "site-key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret


# ------ in a browser


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def typed(page: Page, **fields: str) -> None:
    for name, text in fields.items():
        await page.get_by_test_id(f"field-{name}").fill(text)


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium")
async def test_an_administrator_signs_in_for_the_first_time(site: SiteUnderTest, chromium: Browser) -> None:
    """Password, authenticator, recovery codes, board; then out, and in again with a code; nothing complains."""
    await add(site, role=Role.ADMINISTRATOR)
    page = await (await chromium.new_context(viewport={"width": 390, "height": 844})).new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    await page.goto(f"{site.address}/?lang=en")
    await expect(page).to_have_url(re.compile("/console/sign-in"))
    await typed(page, login="ada", password=PASSWORD)
    await page.get_by_test_id("sign-in").click()
    secret = (await page.get_by_test_id("secret").inner_text()).replace(" ", "")
    await typed(page, code=pyotp.TOTP(secret).now())
    await page.get_by_test_id("enrol").click()
    codes = (await page.get_by_test_id("codes").inner_text()).split()
    assert len(codes) == 10
    await page.get_by_test_id("kept").click()
    await expect(page.get_by_test_id("account")).to_have_text("ada")
    await expect(page.get_by_test_id("funnel-decided")).to_be_visible()
    assert await page.evaluate("document.cookie") == ""

    await page.get_by_test_id("account").click()
    await expect(page.get_by_test_id("who")).to_contain_text("10 recovery codes left")
    await page.get_by_test_id("sign-out").click()
    await expect(page.get_by_test_id("done")).to_be_visible()
    await typed(page, login="ada", password=PASSWORD)
    await page.get_by_test_id("sign-in").click()
    await typed(page, code=codes[0])
    await page.get_by_test_id("code").click()
    await expect(page.get_by_test_id("funnel-decided")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium")
async def test_an_open_board_leaves_when_its_session_ends(site: SiteUnderTest, chromium: Browser) -> None:
    """Disabled while they look: within seconds the page is that of the sign-in."""
    await add(site, "root", Role.ADMINISTRATOR)
    await add(site)
    page = await chromium.new_page()
    await page.goto(f"{site.address}/console/sign-in?lang=en")
    await typed(page, login="ada", password=PASSWORD)
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_test_id("funnel-decided")).to_be_visible()
    await site.site.accounts.people.disable("ada", by="test")
    await expect(page).to_have_url(re.compile("/console/sign-in"), timeout=10_000)
