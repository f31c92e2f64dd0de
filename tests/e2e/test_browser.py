"""The whole story in a real browser with a fake camera: join at the kiosk, see the offer, tap it, see it counted."""

import shutil
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from visavis.simulation.walk_by import Portrait

from .conftest import SiteUnderTest, eventually

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium"),
]


@pytest.fixture(scope="module")
def camera_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the fake camera sees: the member at arm's length, as motion JPEG."""
    picture = Image.new("RGB", (640, 480), (120, 124, 130))
    with Image.open(BytesIO(Portrait.HOPPER.photo())) as head:
        picture.paste(head.resize((440, 450)), (100, 30))
    out = BytesIO()
    picture.save(out, format="JPEG", quality=92)
    path = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    path.write_bytes(out.getvalue() * 30)
    return path


@pytest.fixture
async def browser(camera_file: Path) -> AsyncIterator[Browser]:
    """Chromium that needs no display and grants the camera."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera_file}",
            ],
        )
        yield chromium
        await chromium.close()


class Watched:
    """A page, what it asked for, and what it complained about."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "request",
            lambda r: (
                None if r.url.startswith((base, "ws" + base[4:], "blob:", "data:")) else self.foreign.append(r.url)
            ),
        )

    def by(self, testid: str):  # noqa: ANN201 - Locator
        return self.page.get_by_test_id(testid)


async def opened(browser: Browser, site: SiteUnderTest, path: str, **context: object) -> Watched:
    page = await (await browser.new_context(**context)).new_page()  # type: ignore[arg-type]  # playwright's options
    watched = Watched(page, site.address)
    await page.goto(site.address + path)
    return watched


async def test_join_see_tap_and_count(browser: Browser, site: SiteUnderTest) -> None:
    """One visitor's way through the three pages, without a single complaint or a request to elsewhere."""
    player = await opened(browser, site, "/play/entrance")
    await expect(player.by("house")).to_be_visible()
    console = await opened(browser, site, "/console/")
    await expect(console.by("funnel-decided")).to_contain_text("0")
    kiosk = await opened(browser, site, "/kiosk?placement=entrance", viewport={"width": 1080, "height": 1920})

    await kiosk.by("start").click()
    await kiosk.by("choose-join").click()
    for purpose in ("recognise", "personalise", "improve"):
        await kiosk.by(f"notice-{purpose}").check()
    await kiosk.by("notices-next").click()
    await kiosk.by("nickname").fill("Grace")
    await kiosk.by("age").check()
    await kiosk.by("join-submit").click()
    await expect(kiosk.by("pin-value")).to_be_visible(timeout=30_000)
    assert len("".join((await kiosk.by("pin-value").inner_text()).split())) == 10
    await expect(kiosk.by("greeting")).to_contain_text("Grace")

    await expect(player.by("offer-title")).to_be_visible(timeout=2_000)
    shown = await player.by("offer-title").inner_text()
    (decision,) = await site.site.storage.decisions.recent(1)
    assert shown in site.site.scenario.items[decision.item_id].title.values()
    await player.by("offer-tap").click()
    await expect(player.by("thanks")).to_be_visible()

    async def learned() -> bool:
        return site.site.hub.policy.version >= 1

    await eventually(learned, within_s=4.0)
    assert sum(o.reward for o in await site.site.storage.outcomes.of(decision.id)) == pytest.approx(0.3)
    await expect(console.by("funnel-reacted")).to_contain_text("1", timeout=5_000)
    await expect(console.by("decisions")).to_contain_text(shown)
    for watched in (kiosk, player, console):
        assert not watched.complaints
        assert not watched.foreign


async def test_recognised_by_face_asks_why_and_is_forgotten(
    browser: Browser, site: SiteUnderTest, hopper: bytes
) -> None:
    """A member presses start, is greeted by nickname, asks why, is forgotten, and is a stranger afterwards."""
    (await site.join(photos=(hopper,), purposes=("recognise", "personalise"))).raise_for_status()
    kiosk = await opened(browser, site, "/kiosk?placement=entrance")
    await kiosk.by("start").click()
    await kiosk.by("choose-camera").click()
    await expect(kiosk.by("greeting")).to_contain_text("Grace", timeout=15_000)
    await expect(kiosk.by("offer-title")).to_be_visible()
    await kiosk.by("why").click()
    await expect(kiosk.by("why-text")).to_be_visible()
    await kiosk.by("forget").click()
    await kiosk.by("forget-confirm").click()
    await expect(kiosk.by("forget-receipt")).to_be_visible()
    assert not await site.site.storage.roster.members()
    assert (await site.look(hopper)).status_code == 401
    assert not kiosk.complaints


async def test_invariant_05_the_kiosk_knows_a_pin_without_a_camera(browser: Browser, site: SiteUnderTest) -> None:
    """Card and PIN lead to the same page, in Chinese as well."""
    joined = (await site.join(purposes=("personalise",), nickname="小明")).raise_for_status().json()
    kiosk = await opened(browser, site, "/kiosk?placement=entrance", viewport={"width": 390, "height": 844})
    await kiosk.by("lang-zh").click()
    await kiosk.by("start").click()
    await kiosk.by("choose-code").click()
    await kiosk.by("pin-input").fill("0000000000")
    await kiosk.by("pin-submit").click()
    await expect(kiosk.by("error")).to_be_visible()
    await kiosk.by("pin-input").fill(joined["pin"])
    await kiosk.by("pin-submit").click()
    await expect(kiosk.by("greeting")).to_contain_text("小明")


async def test_a_mistyped_screen_says_so(browser: Browser, site: SiteUnderTest) -> None:
    """Whoever sets a screen up reads what is wrong, in words."""
    player = await opened(browser, site, "/play/nowhere")
    await expect(player.page.locator("body")).to_contain_text("nowhere", timeout=5_000)
    await expect(player.by("offer")).to_be_hidden()


@pytest.mark.parametrize("path", ["/kiosk?placement=entrance", "/play/entrance", "/console/"])
async def test_pages_are_served_under_their_policy(site: SiteUnderTest, path: str) -> None:
    """Content security policy without inline script on kiosk and player; no foreign source anywhere."""
    answer = await site.http.get(path)
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "http:" not in policy
    assert "https:" not in policy
    assert "*" not in policy
    if path != "/console/":
        assert "unsafe" not in policy


async def test_whoever_was_greeted_wrongly_says_so(browser: Browser, site: SiteUnderTest, hopper: bytes) -> None:
    """One press: the offer goes, the other ways are offered, and the template that matched counts less."""
    (await site.join(photos=(hopper,), purposes=("recognise", "personalise"))).raise_for_status()
    kiosk = await opened(browser, site, "/kiosk?placement=entrance")
    await kiosk.by("start").click()
    await kiosk.by("choose-camera").click()
    await expect(kiosk.by("greeting")).to_contain_text("Grace", timeout=15_000)
    await kiosk.by("not-me").click()
    await expect(kiosk.by("choose-code")).to_be_visible()
    assert list((await site.site.storage.corrections.counts()).values()) == [1]
    assert not kiosk.complaints
