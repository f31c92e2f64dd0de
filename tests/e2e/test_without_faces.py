"""A site where no face may be used: no camera, no picture, and everything works by card and PIN."""

import shutil
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from visavis.privacy.jurisdiction import PROFILES

from .conftest import OpenSite, SiteUnderTest

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ASKED = "navigator.mediaDevices.getUserMedia = () => { window.asked = true; return Promise.reject(new Error()); }"


async def everything_is_refused(site: SiteUnderTest, photo: bytes) -> None:
    """Each route that looks at a face, and enrolment with one; nothing of the picture is computed."""
    picture = ("p.jpg", photo, "image/jpeg")
    visit = (await site.join(purposes=("personalise",))).raise_for_status().json()["session"]
    asked = [
        await site.look(photo),
        await site.join(photos=(photo,)),
        await site.http.post("/v1/edge/detect", files={"image": picture}),
        await site.http.post("/v1/edge/compare", data={"consent": "true"}, files={"first": picture, "second": picture}),
        await site.http.post("/v1/edge/search", data={"placement": "entrance"}, files={"image": picture}),
        await site.http.post(
            "/v1/edge/me/templates", files={"images": picture}, headers={"Authorization": f"Bearer {visit}"}
        ),
        await site.http.post(
            "/v1/edge/monitors", json={"name": "door", "address": "rtsp://10.0.0.7/live", "placement": "entrance"}
        ),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in asked} == {(403, "faces-off")}
    assert site.site.tally.frames_seen == 0


async def test_r17_a_place_that_forbids_faces_serves_by_card_and_pin(
    open_test_site: OpenSite, database_url: str, tmp_path: Path, hopper: bytes
) -> None:
    """An operator's own profile without recognition: the notice of it is not even shown."""
    text = (PROFILES / "uk.yaml").read_text(encoding="utf-8").replace("[recognise, ", "[")
    (tmp_path / "no-faces.yaml").write_text(text, encoding="utf-8")
    async with open_test_site(database_url=database_url, jurisdiction=str(tmp_path / "no-faces.yaml")) as site:
        notices = await site.notices()
        assert not notices["camera_allowed"]
        assert "recognise" not in {notice["purpose"] for notice in notices["notices"]}
        await everything_is_refused(site, hopper)
        joined = (await site.join(purposes=("personalise", "improve"))).raise_for_status().json()
        assert joined["decision"]
        for credential in ({"pin": joined["pin"]}, {"card": joined["card"]}):
            known = await site.http.post("/v1/edge/identify", json={"placement": "entrance"} | credential)
            assert known.raise_for_status().json()["decision"]


async def test_r17_faces_switched_off_are_known_to_nobody(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """Who joined with a face while that was allowed is compared no more; switched on again, they are known."""
    async with open_test_site(database_url=database_url) as site:
        pin = (await site.join(photos=(hopper,))).raise_for_status().json()["pin"]
    async with open_test_site(
        database_url=database_url, face=False, cameras=("door=rtsp://10.0.0.7/@entrance",)
    ) as site:
        assert len(site.site.edge.gallery) == 0
        assert site.site.watch.states() == ()
        assert (await site.look(hopper)).json()["code"] == "faces-off"
        known = await site.http.post("/v1/edge/identify", json={"placement": "entrance", "pin": pin})
        assert known.raise_for_status().json()["decision"]
    async with open_test_site(database_url=database_url) as site:
        assert (await site.look(hopper)).status_code == 200


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium")
@pytest.mark.parametrize(
    ("locale", "said", "scan"),
    [("en", "No camera is used here", "scan the card"), ("zh-CN", "这里不使用摄像头", "扫描卡片")],
)
async def test_r17_the_kiosk_says_so_and_never_asks_for_the_camera(
    open_test_site: OpenSite, database_url: str, locale: str, said: str, scan: str
) -> None:
    """From the start to membership and PIN, no button leads to a camera."""
    async with open_test_site(database_url=database_url, face=False) as site, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await (await chromium.new_context(locale=locale)).new_page()
        await page.add_init_script(ASKED)
        await page.goto(f"{site.address}/kiosk?placement=entrance")
        await expect(page.get_by_test_id("camera-notice")).to_contain_text(said)
        await page.get_by_test_id("start").click()
        await expect(page.get_by_test_id("choose-camera")).to_be_hidden()
        await expect(page.get_by_test_id("choose-code")).to_contain_text(said)
        await page.get_by_test_id("choose-join").click()
        await expect(page.get_by_test_id("notice-recognise")).to_have_count(0)
        await page.get_by_test_id("notice-personalise").check()
        await page.get_by_test_id("notices-next").click()
        await page.get_by_test_id("suggest").click()
        await page.get_by_test_id("age").check()
        await page.get_by_test_id("join-submit").click()
        await expect(page.get_by_test_id("greeting")).to_be_visible()
        await expect(page.locator("#joined-next")).to_contain_text(scan)
        pin = await page.get_by_test_id("pin-value").inner_text()
        await page.get_by_test_id("done").click()
        await page.get_by_test_id("start").click()
        await page.get_by_test_id("choose-code").click()
        await expect(page.get_by_test_id("code-camera")).to_be_hidden()
        await page.get_by_test_id("pin-input").fill(pin)
        await page.get_by_test_id("pin-submit").click()
        await expect(page.get_by_test_id("greeting")).to_be_visible()
        assert await page.evaluate("window.asked") is None
        await chromium.close()
