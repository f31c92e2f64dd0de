"""The liveness check in a real browser: a drawn person who does what the page says, and pictures that do not."""

import base64
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from visavis.perception.decode import decode_image
from visavis.simulation.liveness import Posture, Sitter, render
from visavis.simulation.walk_by import Portrait
from visavis.types import Frame

from .conftest import OpenSite, SiteUnderTest

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium"),
]
YAWS = range(-40, 41, 8)
NEARNESSES = (1.0, 1.07, 1.14, 1.21, 1.28, 1.35)

# A camera that shows a person: reads from the page what is asked, and moves there picture by picture. The light of the
# page's colour falls on the head, which is drawn again in that colour, not on what lies around it.
ACTOR = """
  (pictures) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [640, 480];
    const paint = canvas.getContext("2d");
    const images = Object.fromEntries(Object.entries(pictures).map(([name, data]) => {
      const image = new Image();
      image.src = data;
      return [name, image];
    }));
    const state = { yaw: 0, near: 0 };
    const toward = (now, goal) => now + Math.sign(goal - now);
    setInterval(() => {
      const asked = document.getElementById("guide")?.dataset.turn ?? "straight";
      const still = window.stiff || asked === "straight";
      const yaw = still || state.near > 0 ? 0 : ({ left: 5, right: -5 }[asked] ?? 0);
      state.near = state.yaw === 0 ? toward(state.near, !still && asked === "closer" ? 5 : 0) : state.near;
      state.yaw = toward(state.yaw, yaw);
      const name = state.near > 0 ? `near ${state.near}` : `yaw ${state.yaw}`;
      paint.globalCompositeOperation = "source-over";
      paint.drawImage(images[name], 0, 0);
      const glow = document.body?.dataset.glow;
      if (!glow || window.stiff) return;
      paint.save();
      paint.beginPath();
      paint.ellipse(320, 240, 75, 110, 0, 0, 7);
      paint.clip();
      paint.globalCompositeOperation = "multiply";
      paint.globalAlpha = 0.2;
      paint.fillStyle = glow;
      paint.fillRect(0, 0, 640, 480);
      paint.restore();
    }, 110);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(15);
  }
"""


def jpeg(pixels: np.ndarray) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, format="JPEG", quality=90)
    return out.getvalue()


def url(pixels: np.ndarray) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg(pixels)).decode()


def drawn(site: SiteUnderTest) -> dict[str, str]:
    """Astronaut Collins, turned and near."""
    rng = np.random.default_rng(2)
    pixels = decode_image(Portrait.COLLINS.photo())
    (face, *_) = site.site.edge.observer.observe(Frame(pixels=pixels, source="test", captured_at=site.site.clock.now()))
    sitter = Sitter(pixels=pixels, eyes=face.landmarks[:2])
    turned = {f"yaw {yaw // 8}": url(render(sitter, Posture(yaw_deg=yaw), rng=rng)) for yaw in YAWS}
    near = {f"near {n}": url(render(sitter, Posture(nearness=k), rng=rng)) for n, k in enumerate(NEARNESSES)}
    return turned | near


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture
async def strict(open_test_site: OpenSite, database_url: str) -> AsyncIterator[SiteUnderTest]:
    """A site that asks for a check wherever a face opens something; people may choose which."""
    async with open_test_site(database_url=database_url, liveness="either") as running:
        yield running


async def kiosk(browser: Browser, site: SiteUnderTest, *, stiff: bool = False, **context: object) -> Page:
    page = await (await browser.new_context(locale="en", **context)).new_page()  # type: ignore[arg-type]
    await page.goto(f"{site.address}/kiosk?placement=entrance")
    await page.evaluate(ACTOR, drawn(site))
    await page.evaluate("(stiff) => { window.stiff = stiff; }", stiff)
    await page.get_by_test_id("start").click()
    return page


async def enrol(page: Page) -> None:
    by = page.get_by_test_id
    await by("choose-join").click()
    for purpose in ("recognise", "personalise"):
        await by(f"notice-{purpose}").check()
    await by("notices-next").click()
    await by("nickname").fill("Eileen")
    await by("age").check()
    await by("join-submit").click()


async def test_a_person_who_does_what_the_page_asks_enrols(browser: Browser, strict: SiteUnderTest) -> None:
    """One turn, the colours of the screen on the face, three pictures that the edge saw: a member with a template."""
    page = await kiosk(browser, strict)
    by = page.get_by_test_id
    await enrol(page)
    await by("prove-light").click()
    await expect(by("time-left")).to_be_visible(timeout=10_000)
    await expect(by("live-instead")).to_be_visible()
    await expect(page.locator("body[data-glow]")).to_be_visible(timeout=15_000)
    await expect(by("pin-value")).to_be_visible(timeout=30_000)
    await expect(page.locator("body[data-glow]")).to_have_count(0)
    (member,) = strict.site.edge.members.values()
    assert member.templates


async def test_a_picture_does_not_pass_and_other_ways_are_offered(
    browser: Browser, strict: SiteUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot turn its head; when the time is up the page says so, and the person joins without the face."""
    monkeypatch.setattr("visavis.perception.liveness.head.STEP_TIME", timedelta(seconds=2))
    page = await kiosk(browser, strict, stiff=True)
    by = page.get_by_test_id
    await enrol(page)
    await by("prove-head").click()
    await expect(by("live-said")).to_contain_text("did not work", timeout=15_000)
    await expect(by("camera-light")).to_have_attribute("data-light", "off")
    await by("live-instead").click()
    await expect(by("pin-value")).to_be_visible()
    (member,) = strict.site.edge.members.values()
    assert not member.templates


async def test_who_asks_for_less_motion_sees_no_changing_light(browser: Browser, strict: SiteUnderTest) -> None:
    """The choice goes, and the page says why."""
    page = await kiosk(browser, strict, reduced_motion="reduce")
    await enrol(page)
    await expect(page.get_by_test_id("prove-head")).to_be_visible()
    await expect(page.get_by_test_id("prove-light")).to_be_hidden()
    await expect(page.get_by_test_id("prove-calm")).to_be_visible()
