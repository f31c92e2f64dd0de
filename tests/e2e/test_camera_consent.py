"""What a person sees before the camera does: the notice first, a press first, and a light while it looks."""

import hashlib
import shutil
from io import BytesIO
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.async_api import Browser, async_playwright, expect

from visavis.types import Consent, Purpose

from .conftest import SiteUnderTest
from .test_browser import Watched, browser, camera_file, opened  # noqa: F401 - Chromium with a camera

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium"),
]

WITNESS = """
  window.asked = [];
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wanted) => {
    const pressed = navigator.userActivation.isActive;
    window.asked.push({ read: window.read ?? "", at: document.body.dataset.at, pressed });
    return real(wanted);
  };
  const see = () => { window.read = (window.read ?? "") + document.querySelector("main").innerText; };
  addEventListener("click", see, true);
"""


async def at_the_kiosk(chromium: Browser, site: SiteUnderTest) -> Watched:
    """A kiosk page with a witness: what was on the screen before each press, and when the camera was asked for."""
    context = await chromium.new_context(locale="en")
    await context.add_init_script(WITNESS)
    watched = Watched(await context.new_page(), site.address)
    await watched.page.goto(f"{site.address}/kiosk?placement=entrance")
    await expect(watched.by("start")).to_be_enabled()
    return watched


async def asked(kiosk: Watched) -> list[dict[str, object]]:
    """Each time when the page asked for the camera."""
    return await kiosk.page.evaluate("window.asked")  # type: ignore[no-any-return]


async def test_r02_the_camera_is_off_until_the_person_presses_for_it(
    browser: Browser,  # noqa: F811
    site: SiteUnderTest,
) -> None:
    """A way through every page that needs no camera asks for none; then one press, one question, and a light."""
    kiosk = await at_the_kiosk(browser, site)
    await kiosk.page.wait_for_timeout(1_000)
    await kiosk.by("lang-zh").click()
    await kiosk.by("lang-en").click()
    await kiosk.by("notice-link").click()
    await kiosk.by("notice-close").click()
    await kiosk.by("start").click()
    await kiosk.by("choose-code").click()
    await kiosk.by("key-1").click()
    await kiosk.by("code-back").click()
    await kiosk.by("choose-join").click()
    await expect(kiosk.by("notice-personalise")).to_be_visible()
    await kiosk.page.get_by_test_id("notices-back").click()
    assert await asked(kiosk) == []
    await kiosk.by("choose-camera").click()
    await expect(kiosk.by("camera-light")).to_have_attribute("data-light", "on")
    await expect(kiosk.by("camera-light")).to_be_visible()
    await expect(kiosk.page.locator("video")).to_be_hidden()  # no mirror image
    questions = await asked(kiosk)
    assert [(q["at"], q["pressed"]) for q in questions] == [("camera", True)]
    tracks = "document.querySelector('video').srcObject.getTracks()"
    await kiosk.page.evaluate(f"window.tracks = {tracks}")
    await kiosk.by("camera-stop").click()
    assert await kiosk.page.evaluate("window.tracks.map((track) => track.readyState)") == ["ended"]
    assert not kiosk.complaints


async def test_r01_the_notice_is_read_before_the_camera_starts_and_its_hash_is_in_the_consent(
    browser: Browser,  # noqa: F811
    site: SiteUnderTest,
) -> None:
    """The text that was on the screen is, letter for letter, the one whose version and SHA-256 the receipt names."""
    kiosk = await at_the_kiosk(browser, site)
    await expect(kiosk.by("camera-notice")).to_be_visible()
    await expect(kiosk.by("notice-link")).to_be_visible()
    await kiosk.by("start").click()
    await kiosk.by("choose-join").click()
    purposes = ("recognise", "personalise", "improve")
    for purpose in purposes:
        await kiosk.by(f"notice-{purpose}").check()
    for more in await kiosk.page.locator("details > summary").all():
        if await more.is_visible():
            await more.click()
    await kiosk.by("notices-next").click()
    await kiosk.by("nickname").fill("Grace")
    await kiosk.by("age").check()
    assert await asked(kiosk) == []
    await kiosk.by("join-submit").click()
    await expect(kiosk.by("pin-value")).to_be_visible(timeout=30_000)
    (question,) = await asked(kiosk)
    read = words(str(question["read"]))
    (member_id,) = site.site.edge.members
    consents = [c for c in await site.site.edge.consents(member_id) if isinstance(c, Consent)]
    assert {consent.purpose.value for consent in consents} == set(purposes)
    for consent in consents:
        notice = site.site.scenario.notices[consent.purpose]
        title, text = notice.title["en"], notice.text["en"]
        assert words(title) in read
        for paragraph in text.split("\n\n"):
            assert words(paragraph) in read, paragraph
        shown = f"{consent.purpose.value}\n{notice.version}\nen\n{title}\n{text}"
        assert consent.notice_version == notice.version
        assert consent.notice_sha256 == hashlib.sha256(shown.encode()).hexdigest()
    assert Purpose.PUSH not in {consent.purpose for consent in consents}  # nothing but what was ticked


def words(text: str) -> str:
    """Without line breaks and the like."""
    return " ".join(text.split())


async def test_r04_a_card_before_the_camera_takes_as_many_presses_as_a_face(
    site: SiteUnderTest, tmp_path: Path
) -> None:
    """Two presses, as for a face, and the same page with an offer; a PIN needs its digits and no camera."""
    joined = (await site.join(purposes=("personalise",))).raise_for_status().json()
    card = BytesIO()
    segno.make(joined["card"], error="m").save(card, kind="png", scale=9, border=4)
    picture = Image.new("RGB", (640, 480), (235, 235, 235))
    with Image.open(card) as code:
        square = code.convert("RGB").resize((360, 360), Image.Resampling.NEAREST)
    picture.paste(square, (140, 60))
    out = BytesIO()
    picture.save(out, format="JPEG", quality=95)
    (tmp_path / "card.mjpeg").write_bytes(out.getvalue() * 30)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={tmp_path / 'card.mjpeg'}",
            ],
        )
        kiosk = await opened(chromium, site, "/kiosk?placement=entrance", locale="en")
        await kiosk.by("start").click()
        await kiosk.by("choose-camera").click()
        await expect(kiosk.by("greeting")).to_contain_text("Grace", timeout=15_000)
        await expect(kiosk.by("offer-title")).to_be_visible()
        await chromium.close()
