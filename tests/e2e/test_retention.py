"""The retention job in a running site: who did not come for long is known by card and PIN only, and is told so."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg

from .conftest import OpenSite, SiteUnderTest, eventually

LONG_AGO = 400


def away(database_url: str, days: int) -> None:
    """Everybody joined and came last so many days ago; their consents hold."""
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE edge.visit SET day = current_date - %s", [days])
        owner.execute("UPDATE edge.member SET enrolled_at = now() - make_interval(days => %s)", [days])
        owner.execute("UPDATE edge.template SET created_at = now() - make_interval(days => %s)", [days])


async def known_by_pin(site: SiteUnderTest, pin: str) -> dict[str, object]:
    answer = await site.http.post("/v1/edge/identify", json={"placement": "entrance", "pin": pin})
    found: dict[str, object] = answer.raise_for_status().json()
    return found


async def test_r10_a_face_that_did_not_come_for_a_year_is_forgotten(
    site: SiteUnderTest, database_url: str, hopper: bytes
) -> None:
    """365 days: known. 400: the template is gone, the member hears of it once, and the audit log has it."""
    pin = (await site.join(photos=(hopper,))).raise_for_status().json()["pin"]
    away(database_url, 365)
    assert (await site.site.retention.run()).total == 0
    away(database_url, LONG_AGO)
    assert (await site.site.retention.job.look()).removed["biometric"] == 1
    swept = await site.site.retention.run()
    assert {category.value: count for category, count in swept.removed.items() if count} == {"biometric": 1}
    assert (await site.look(hopper)).status_code == 401
    assert [(await known_by_pin(site, pin))["news"] for _ in range(2)] == ["face_unused", None]
    (member,) = await site.site.storage.roster.members()
    assert member.templates == ()
    actions = [(e.actor, e.action, e.subject) for e in await site.site.storage.audit.after(0)]
    assert ("edge", "withdrawn", member.token) in actions
    assert ("retention", "expired", "site") in actions
    runs = await site.site.storage.visits.runs()
    assert runs["biometric"].removed == 1
    assert {"event", "decision", "allowance", "review", "membership", "lapsed"} < runs.keys()


async def test_r10_a_visit_by_face_or_pin_keeps_the_face(site: SiteUnderTest, database_url: str, hopper: bytes) -> None:
    """Seen today by either: the day is written down, and nothing goes."""
    pin = (await site.join(photos=(hopper,))).raise_for_status().json()["pin"]
    for came in (lambda: site.look(hopper), lambda: known_by_pin(site, pin)):
        away(database_url, LONG_AGO)
        site.site.edge._came.clear()  # another day has begun
        await came()
        assert (await site.site.retention.run()).total == 0
    assert (await site.look(hopper)).status_code == 200


async def test_r10_a_member_who_never_came_back_is_erased_everywhere(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """After two years the job that runs by itself at start forgets them; their decisions are gone, too."""
    async with open_test_site(database_url=database_url) as site:
        (await site.join(photos=(hopper,))).raise_for_status()
    away(database_url, 731)
    async with open_test_site(database_url=database_url) as site:

        async def gone() -> bool:
            return not await site.site.storage.roster.members()

        await eventually(gone)
        assert await site.site.storage.decisions.recent() == []
        assert await site.site.storage.eraser.tokens() == frozenset()
        assert site.site.edge.members == {}


# ------ the command line


def visavis(
    folder: Path, database_url: str, *arguments: str, language: str = "en"
) -> "subprocess.CompletedProcess[str]":
    """`visavis retention …` on the site's folder and database."""
    return subprocess.run(
        [sys.executable, "-m", "visavis", "retention", *arguments, "--data-dir", str(folder)],
        env=os.environ | {"VISAVIS_LANG": language, "COLUMNS": "160", "VISAVIS_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_r10_the_command_looks_first_then_deletes_beside_the_running_site(
    site: SiteUnderTest, database_url: str, tmp_path: Path, hopper: bytes
) -> None:
    """A dry run changes nothing; a run ends the face, of which the running site hears."""
    pin = (await site.join(photos=(hopper,))).raise_for_status().json()["pin"]
    away(database_url, LONG_AGO)

    async def command(*arguments: str, language: str = "en") -> "subprocess.CompletedProcess[str]":
        return await asyncio.to_thread(visavis, tmp_path / "data", database_url, *arguments, language=language)

    looked = await command("run", "--dry-run", "--json")
    assert looked.returncode == 0, looked.stderr
    assert {line["category"]: line["removed"] for line in json.loads(looked.stdout)}["biometric"] == 1
    (member,) = await site.site.storage.roster.members()
    assert len(member.templates) == 1
    run = await command("run", language="zh-CN")
    assert "已删除 1 条" in run.stdout, run.stdout + run.stderr

    async def unknown() -> bool:
        return (await site.look(hopper)).status_code == 401

    await eventually(unknown)
    assert (await known_by_pin(site, pin))["news"] == "face_unused"
    shown = await command("show")
    assert "face templates" in shown.stdout
    assert "365" in shown.stdout
    lines = {line["category"]: line for line in json.loads((await command("show", "--json")).stdout)}
    assert (lines["biometric"]["removed"], lines["audit"]["days"]) == (1, None)


async def test_r10_without_the_site_key_the_command_deletes_nothing(
    site: SiteUnderTest, database_url: str, tmp_path: Path, hopper: bytes
) -> None:
    """What cannot destroy a key must not pretend to; the error names what is missing."""
    (await site.join(photos=(hopper,))).raise_for_status()
    away(database_url, LONG_AGO)
    refused = await asyncio.to_thread(visavis, tmp_path / "elsewhere", database_url, "run", "--json")
    assert refused.returncode == 2
    assert json.loads(refused.stdout)["error"] == "setting-invalid"
    (member,) = await site.site.storage.roster.members()
    assert len(member.templates) == 1
