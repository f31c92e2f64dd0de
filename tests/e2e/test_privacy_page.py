"""The public page about privacy and its JSON twin, the way there from the kiosk, and what operators are told."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from visavis.config import Settings
from visavis.privacy.jurisdiction import PROFILES
from visavis.privacy.retention import Category
from visavis.server.doctor import examine

from .conftest import OpenSite, SiteUnderTest, eventually

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CONTACT = {
    "contact_role": "Data protection officer",
    "contact_phone": "+49 30 1234",
    "contact_email": "dpo@example.org",
}
browser_test = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium")


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield await (await chromium.new_context(locale="en", viewport={"width": 390, "height": 844})).new_page()
        await chromium.close()


async def test_r20_r10_anybody_reads_whom_to_call_and_how_long_things_are_kept(
    open_test_site: OpenSite, database_url: str
) -> None:
    """Without signing in, in both languages, with the last run of each category; the page says what the JSON says."""
    async with open_test_site(database_url=database_url, jurisdiction="EU", **CONTACT) as site:

        async def ran() -> bool:
            return len(await site.site.storage.visits.runs()) == 8

        await eventually(ran)
        said = (await site.http.get("/v1/privacy")).raise_for_status().json()
        assert said["contact"] == {"role": CONTACT["contact_role"], "phone": "+49 30 1234", "email": "dpo@example.org"}
        assert [line["category"] for line in said["retention"]] == [category.value for category in Category]
        assert all(line["last_run"] for line in said["retention"] if line["days"])
        assert (said["jurisdiction"]["name"], said["minimum_age"]) == ("EU", 16)
        assert {purpose["purpose"] for purpose in said["purposes"]} == {"recognise", "personalise", "push", "improve"}
        for language, heading in (("en", "Whom to call"), ("zh-CN", "联系人")):
            answer = await site.http.get("/privacy", headers={"Accept-Language": language})
            assert heading in answer.raise_for_status().text
            assert "dpo@example.org" in answer.text
            assert all(purpose["title"][language] in answer.text for purpose in said["purposes"])
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        too_long = await site.http.get("/privacy", params={"lang": "x" * 40})
        assert too_long.status_code == 422


@pytest.mark.browser
@browser_test
async def test_r10_the_kiosk_leads_to_the_page_and_back(site: SiteUnderTest, page: Page) -> None:
    """In the language that is chosen, with a way back and without a way out; nothing is wider than a phone."""
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    await page.goto(f"{site.address}/kiosk?placement=entrance")
    await page.get_by_test_id("notice-link").click()
    await page.get_by_test_id("lang-zh").click()
    await page.get_by_test_id("privacy-page").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("您在这里的隐私")
    await expect(page.locator("#retention")).to_contain_text("365")
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert await page.locator("a[href^=http], a[href^=tel], a[href^=mailto]").count() == 0
    await page.locator("#recognise summary").click()
    await expect(page.locator("#recognise")).to_contain_text("SHA-256")
    await page.get_by_role("link", name="返回自助终端").click()
    await expect(page.get_by_test_id("start")).to_be_visible()
    assert refused == []


@pytest.mark.browser
@browser_test
async def test_r18_the_operator_is_told_when_the_site_has_to_be_registered(
    open_test_site: OpenSite, database_url: str, tmp_path: Path, hopper: bytes, page: Page
) -> None:
    """Metric, /readyz, doctor and console, of a profile for which one person is enough; and that nobody is named."""
    text = (PROFILES / "uk.yaml").read_text(encoding="utf-8").replace("threshold: null", "threshold: 1")
    (tmp_path / "small.yaml").write_text(text, encoding="utf-8")
    law = str(tmp_path / "small.yaml")
    async with open_test_site(database_url=database_url, jurisdiction=law) as site:
        (await site.join(purposes=("personalise",))).raise_for_status()  # no face, so not counted
        enrolled = (await site.http.get("/readyz")).json()["enrolled"]
        assert enrolled == {"people": 0, "threshold": 1, "filing": "below"}
        (await site.join(photos=(hopper,), nickname="Ada")).raise_for_status()
        enrolled = (await site.http.get("/readyz")).json()["enrolled"]
        assert enrolled == {"people": 1, "threshold": 1, "filing": "reached"}
        assert "visavis_enrolled 1.0" in (await site.http.get("/metrics")).text
        await page.goto(f"{site.address}/console/?lang=en")
        await expect(page.get_by_test_id("notes")).to_contain_text("File now")
        await expect(page.get_by_test_id("notes")).to_contain_text("VISAVIS_CONTACT_ROLE")
        settings = Settings(
            data_dir=tmp_path / "data", database_url=database_url, jurisdiction=law, port=0, cache_dir=tmp_path / "none"
        )
        found = {finding.name: finding for finding in await examine(settings)}
        assert (found["enrolled people"].state, found["contact"].state) == ("broken", "note")
        assert "enrol no more" in found["enrolled people"].remedy
