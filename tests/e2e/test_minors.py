"""Who is too young joins with a guardian or not at all, and Illinois signs before the first picture."""

import shutil
from pathlib import Path

import psycopg
import pytest
from playwright.async_api import async_playwright, expect

from visavis.types import Consent, MemberId

from .conftest import OpenSite, SiteUnderTest

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
GUARDIAN = "Augusta Adelaide Byron"


async def join(site: SiteUnderTest, **declared: object) -> tuple[int, str]:
    answer = await site.join(purposes=("personalise",), declared=declared)
    return answer.status_code, answer.json().get("code", "")


async def receipts(site: SiteUnderTest) -> list[Consent]:
    (member,) = await site.site.storage.roster.members()
    entries = await site.site.storage.edge_ledger.history(MemberId(member.id))
    return [entry for entry in entries if isinstance(entry, Consent)]


def everything(database_url: str) -> bytes:
    """Every row of both halves as the owner reads it."""
    with psycopg.connect(database_url) as owner:
        tables = owner.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('edge', 'hub')"
        ).fetchall()
        assert len(tables) > 10
        found = b""
        for schema, table in tables:
            with owner.cursor().copy(f'COPY {schema}."{table}" TO STDOUT') as rows:
                found += b"".join(map(bytes, rows))
    return found


async def test_r08_where_no_guardian_may_consent_the_young_are_refused(site: SiteUnderTest) -> None:
    """The default profile: 18, whatever the scenario says; nothing is kept of who was refused."""
    assert (await site.notices())["minimum_age"] == 18
    assert await join(site, age_confirmed=False) == (403, "age-refused")
    assert await join(site, age_confirmed=False, guardian=True, signature=GUARDIAN) == (403, "age-refused")
    assert await site.site.storage.roster.members() == []
    assert (await join(site))[0] == 201


async def test_r08_a_guardian_signs_and_stands_in_every_receipt(open_test_site: OpenSite, database_url: str) -> None:
    """Below 16 in the EU; neither name nor age is anywhere in the database, and the same guardian renews."""
    async with open_test_site(database_url=database_url, jurisdiction="EU") as site:
        notices = await site.notices()
        assert (notices["minimum_age"], notices["guardian_consents"]) == (16, True)
        assert await join(site, age_confirmed=False) == (403, "guardian-missing")
        assert await join(site, age_confirmed=False, guardian=True) == (403, "guardian-missing")
        assert await join(site, age_confirmed=False, guardian=True, signature="\x00") == (422, "input-refused")
        assert await site.site.storage.roster.members() == []
        assert (await join(site, age_confirmed=False, guardian=True, signature=GUARDIAN))[0] == 201
        given = await receipts(site)
        assert given
        assert all(consent.guardian and consent.guardian.startswith("signed hmac-sha256:") for consent in given)
    rows = everything(database_url)
    assert all(word.encode() not in rows for word in GUARDIAN.split())


async def test_r08_only_the_same_guardian_renews(open_test_site: OpenSite, database_url: str) -> None:
    """Another name, or none, renews nothing."""
    async with open_test_site(database_url=database_url, jurisdiction="EU") as site:
        declared = {"age_confirmed": False, "guardian": True, "signature": GUARDIAN}
        joined = (await site.join(purposes=("personalise",), declared=declared)).raise_for_status().json()
        notice = next(n for n in (await site.notices())["notices"] if n["purpose"] == "improve")
        ticked = {"purpose": "improve", "notice_version": notice["version"], "notice_sha256": notice["sha256"]["en"]}

        async def allow(signature: str) -> int:
            body = {"locale": "en", "consents": [ticked], "signature": signature}
            headers = {"Authorization": f"Bearer {joined['session']}"}
            return (await site.http.post("/v1/edge/me/consent", json=body, headers=headers)).status_code

        assert [await allow(name) for name in ("", "Somebody Else")] == [403, 403]
        assert await allow(GUARDIAN.upper()) == 200
        assert {consent.guardian for consent in await receipts(site)} == {(await receipts(site))[0].guardian}


async def test_r17_illinois_signs_before_the_first_picture(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """Without the signature no picture is looked at; with it, the receipt of recognition carries its digest."""
    async with open_test_site(database_url=database_url, jurisdiction="US-IL") as site:
        assert (await site.notices())["written_release"]
        refused = await site.join(photos=(b"no picture at all",))
        assert (refused.status_code, refused.json()["code"]) == (403, "release-missing")
        assert (await site.join(photos=(hopper,), declared={"signature": "Grace Hopper"})).status_code == 201
        evidence = {consent.purpose.value: consent.evidence for consent in await receipts(site)}
        assert evidence["recognise"].startswith("signed hmac-sha256:")
        assert "hmac" not in evidence["personalise"]
    assert b"Hopper" not in everything(database_url)


async def test_r17_illinois_takes_no_later_picture_without_a_signature(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """Who ticked recognition without a picture, and without signing, signs first."""
    async with open_test_site(database_url=database_url, jurisdiction="US-IL") as site:
        joined = (await site.join()).raise_for_status().json()
        headers = {"Authorization": f"Bearer {joined['session']}"}
        files = {"images": ("p.jpg", hopper, "image/jpeg")}
        refused = await site.http.post("/v1/edge/me/templates", files=files, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "release-missing")


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium")
async def test_r08_the_kiosk_asks_for_the_guardian(open_test_site: OpenSite, database_url: str) -> None:
    """Either old enough or with a guardian, who signs; no field asks for an age or a date of birth."""
    async with open_test_site(database_url=database_url, jurisdiction="CN") as site, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await (await chromium.new_context(locale="en")).new_page()
        await page.goto(f"{site.address}/kiosk?placement=entrance")
        await page.get_by_test_id("start").click()
        await page.get_by_test_id("choose-join").click()
        await page.get_by_test_id("notice-personalise").check()
        await page.get_by_test_id("notices-next").click()
        await page.get_by_test_id("suggest").click()
        await page.get_by_test_id("join-submit").click()
        await expect(page.get_by_test_id("error")).to_contain_text("16 years")
        await expect(page.get_by_test_id("signature")).to_be_hidden()
        await page.get_by_test_id("age").check()
        await page.get_by_test_id("guardian").check()
        await expect(page.get_by_test_id("age")).not_to_be_checked()
        await page.get_by_test_id("join-submit").click()
        await expect(page.get_by_test_id("error")).to_contain_text("sign")
        await page.get_by_test_id("signature").fill(GUARDIAN)
        await page.get_by_test_id("join-submit").click()
        await expect(page.get_by_test_id("greeting")).to_be_visible()
        assert all(consent.guardian for consent in await receipts(site))
        await chromium.close()
