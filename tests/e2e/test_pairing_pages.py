"""The pages of kiosk and screen in a real browser: paired by a code, remembered, bound to their place, revoked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from .conftest import OpenSite, SiteUnderTest
from .test_browser import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium"),
]


PAGES = (
    "/kiosk?placement=entrance", "/play/entrance", "/play/nowhere", "/privacy",
    "/console/", "/console/recognition", "/console/devices",
)  # fmt: skip


@pytest.fixture
async def site(open_test_site: OpenSite, database_url: str) -> AsyncIterator[SiteUnderTest]:
    """A site whose kiosks and screens must be paired."""
    async with open_test_site(database_url=database_url, pairing="required") as running:
        yield running


async def code_for(site: SiteUnderTest, placement: str) -> str:
    answer = await site.http.post("/v1/devices/codes", json={"placement": placement})
    return str(answer.raise_for_status().json()["code"])


def complaints(context: BrowserContext) -> list[str]:
    """What pages say on their console, but for requests that were refused as they should be."""
    heard: list[str] = []

    def hear(page: Page) -> None:
        page.on("console", lambda m: heard.append(m.text) if "401" not in m.text and m.type == "error" else None)
        page.on("pageerror", lambda error: heard.append(str(error)))

    context.on("page", hear)
    return heard


async def test_a_kiosk_is_paired_remembered_and_revoked(site: SiteUnderTest, tmp_path: Path) -> None:
    """A wrong code, the right one on the page's own keys, a restart of the browser, another place, the end."""
    code = await code_for(site, "entrance")
    kiosk = f"{site.address}/kiosk?placement=entrance"
    async with async_playwright() as playwright:

        async def browser() -> BrowserContext:
            return await playwright.chromium.launch_persistent_context(
                tmp_path / "profile", executable_path=CHROMIUM, args=["--no-sandbox"]
            )

        context = await browser()
        heard = complaints(context)
        page = await context.new_page()
        await page.goto(kiosk)
        await page.get_by_test_id("pairing-code").fill("2222 2222")
        await page.get_by_test_id("pairing-submit").click()
        await expect(page.get_by_test_id("pairing-error")).to_contain_text("not accepted")
        await page.get_by_test_id("pairing-language").click()
        await expect(page.locator(".pairing h1")).to_have_text("配对此屏幕")
        for sign in code:
            await page.locator(".key", has_text=sign).first.click()
        await page.get_by_test_id("pairing-submit").click()
        await page.get_by_test_id("start").click(timeout=10_000)
        await page.get_by_test_id("choose-code").click()
        cookies = await context.cookies()
        assert [c["name"] for c in cookies if c["httpOnly"]] == ["visavis-device-entrance"]
        readable = "indexedDB.databases().then(d => d.map(x => x.name))"
        assert await page.evaluate(readable) == ["visavis-device"]
        assert not heard
        await context.close()

        context = await browser()
        await context.clear_cookies()
        page = await context.new_page()
        await page.goto(kiosk)
        await expect(page.get_by_test_id("start")).to_be_enabled(timeout=10_000)
        await page.goto(f"{site.address}/kiosk?placement=aisle-1")
        await expect(page.get_by_test_id("pairing-code")).to_be_visible()

        await page.goto(kiosk)
        await page.get_by_test_id("start").click(timeout=10_000)
        await page.get_by_test_id("choose-code").click()
        (device,) = await site.site.storage.devices.all()
        await site.site.devices.revoke(device.id, by="test")
        await page.get_by_test_id("pin-input").fill("0123456789")
        await page.get_by_test_id("pin-submit").click()
        await expect(page.get_by_test_id("pairing-code")).to_be_visible(timeout=10_000)
        await context.close()


async def test_a_screen_is_paired_shows_and_asks_again_once_revoked(site: SiteUnderTest) -> None:
    """Its stream begins by itself, and ends with the pairing."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await chromium.new_context()
        heard = complaints(context)
        page = await context.new_page()
        await page.goto(f"{site.address}/play/entrance?lang=zh-CN")
        await page.get_by_test_id("pairing-code").fill(await code_for(site, "entrance"))
        await page.get_by_test_id("pairing-submit").click()
        await expect(page.locator(".scene.house")).to_be_visible(timeout=10_000)
        (device,) = await site.site.storage.devices.all()
        await site.site.devices.revoke(device.id, by="test")
        await expect(page.get_by_test_id("pairing-code")).to_be_visible(timeout=15_000)
        await expect(page.locator(".pairing h1")).to_have_text("配对此屏幕")
        assert not heard
        await chromium.close()


async def test_no_page_breaks_its_own_policy(site: SiteUnderTest) -> None:
    """Every page in Chromium: nothing is blocked, nothing comes from elsewhere, the console says no error."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await chromium.new_context()
        heard = complaints(context)
        for path in (
            "/kiosk?placement=entrance",
            "/play/entrance",
            "/play/nowhere",
            "/console/",
            "/console/recognition",
        ):
            page = await context.new_page()
            foreign: list[str] = []
            page.on("request", lambda r, seen=foreign: seen.append(r.url) if site.address not in r.url else None)
            await page.goto(site.address + path)
            await page.wait_for_timeout(700)
            assert not [url for url in foreign if not url.startswith(("data:", "blob:", "ws://127.0.0.1"))], path
            assert not [said for said in heard if "404" not in said], path
            await page.close()
        await chromium.close()


async def test_staff_pairs_and_revokes_in_the_console(site: SiteUnderTest) -> None:
    """The code that the console shows pairs a screen; it stands in the list, and its revocation too."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        console, screen = await chromium.new_page(), await chromium.new_page()
        await console.goto(f"{site.address}/console/devices?lang=en")
        await console.get_by_test_id("make-code").click()
        code = await console.get_by_test_id("code").inner_text()
        placement = next(iter(site.site.scenario.placements))
        await screen.goto(f"{site.address}/play/{placement}?lang=en")
        await screen.get_by_test_id("pairing-code").fill(code)
        await screen.get_by_test_id("pairing-submit").click()
        await expect(console.get_by_test_id("device")).to_contain_text("last seen", timeout=10_000)
        await expect(screen.get_by_test_id("pairing-code")).not_to_be_visible()
        await console.get_by_test_id("revoke").click()
        await expect(console.get_by_test_id("device")).to_contain_text("revoked")
        await expect(screen.get_by_test_id("pairing-code")).to_be_visible(timeout=15_000)
        await chromium.close()
