"""Staff at the command line, beside a site that runs in another process."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from visavis.privacy.jwk import read_public_keys
from visavis.privacy.receipts import verify
from visavis.types import Withdrawal

from .conftest import OpenSite, SiteUnderTest

WITHIN = timedelta(seconds=1)


async def visavis(*arguments: str, typed: str = "") -> tuple[int, str, str]:
    """A second process; exit status, output, messages."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "visavis", *arguments, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate(typed.encode())
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def watching(site: SiteUnderTest) -> AsyncIterator[dict[str, datetime]]:
    """When the running site's gallery became empty."""
    seen: dict[str, datetime] = {}

    async def watch() -> None:
        while len(site.site.edge.gallery):  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.002)
        seen["empty"] = site.site.clock.now()

    task = asyncio.create_task(watch())
    try:
        yield seen
        await asyncio.wait_for(task, 10)
    finally:
        task.cancel()


def where(site: SiteUnderTest, database_url: str) -> list[str]:
    return ["--data-dir", str(site.site.settings.data_dir), "--database-url", database_url]


async def ended_at(site: SiteUnderTest) -> datetime:
    """When the ledger says that the last consent ended."""
    with_ends = [
        entry.withdrawn_at
        for member_id in {m.id for m in await site.site.storage.roster.members()}
        for entry in await site.site.edge.consents(member_id)
        if isinstance(entry, Withdrawal)
    ]
    return max(with_ends)


async def test_r11_a_withdrawal_at_the_desk_stops_matching_within_a_second_elsewhere(
    site: SiteUnderTest, database_url: str, hopper: bytes
) -> None:
    """The running process drops the face without being asked; the member stays, by PIN."""
    joined = (await site.join(photos=(hopper,))).raise_for_status().json()
    assert (await site.look(hopper)).status_code == 200
    (member,) = await site.site.storage.roster.members()
    command = ["members", "withdraw", member.token[:8], "--purpose", "recognise", "--json", *where(site, database_url)]
    async with watching(site) as seen:
        code, out, err = await visavis(*command)
    assert code == 0, err
    key, *_ = read_public_keys((await site.http.get("/.well-known/jwks.json")).text)
    assert verify(json.loads(out)["receipts"][0]["jws"], key)["purpose"] == "recognise"
    lag = seen["empty"] - await ended_at(site)
    print(f"\nmatching stopped {lag.total_seconds() * 1000:.0f} ms after the withdrawal in another process")  # noqa: T201
    assert lag < WITHIN
    assert (await site.look(hopper)).status_code == 401
    by_pin = await site.http.post("/v1/edge/identify", json={"placement": "entrance", "pin": joined["pin"]})
    assert by_pin.status_code == 200


async def test_r11_forgotten_at_the_desk_the_member_is_a_stranger_everywhere(
    site: SiteUnderTest, database_url: str, hopper: bytes
) -> None:
    """The visit that was open at the kiosk ends, the face is unknown, the code is refused; the receipt is signed."""
    joined = (await site.join(photos=(hopper,))).raise_for_status().json()
    async with watching(site) as seen:
        code, out, err = await visavis(
            "members", "forget", "--card", "--yes", "--json", *where(site, database_url), typed=joined["card"] + "\n"
        )
    assert code == 0, err
    receipt = json.loads(out)
    assert seen["empty"] - datetime.fromisoformat(receipt["deleted_at"]) < WITHIN
    key, *_ = read_public_keys((await site.http.get("/.well-known/jwks.json")).text)
    assert verify(receipt["signature"], key)["removed"]["edge"] == 2
    session = {"Authorization": f"Bearer {joined['session']}"}
    assert (await site.http.get("/v1/edge/me", headers=session)).status_code == 401
    assert (await site.look(hopper)).status_code == 401
    by_pin = await site.http.post("/v1/edge/identify", json={"placement": "entrance", "pin": joined["pin"]})
    assert by_pin.status_code == 401


async def test_r11_an_objection_at_the_desk_takes_the_offer_off_the_screens(
    site: SiteUnderTest, database_url: str
) -> None:
    """What was chosen by their history is not shown on, nor told again at the kiosk."""
    joined = (await site.join(purposes=("personalise",))).raise_for_status().json()
    (member,) = await site.site.storage.roster.members()
    screens: Any = site.site.screens
    async with asyncio.timeout(5):
        while "entrance" not in screens._current:  # noqa: ASYNC110 - the announcement comes by the database
            await asyncio.sleep(0.02)
    code, _, err = await visavis(
        "consent", "withdraw", member.token, "--purpose", "personalise", *where(site, database_url)
    )
    assert code == 0, err
    async with asyncio.timeout(5):
        while "entrance" in screens._current:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    session = {"Authorization": f"Bearer {joined['session']}"}
    assert (await site.http.get("/v1/edge/me", headers=session)).json()["decision"] is None


async def test_r12_the_command_line_exports_and_lists(site: SiteUnderTest, database_url: str, tmp_path: Path) -> None:
    """JSON to the output, a page to a file that its owner alone can read; the audit log says who."""
    (await site.join(purposes=("personalise",), nickname="小明")).raise_for_status()
    (member,) = await site.site.storage.roster.members()
    code, out, err = await visavis("members", "export", member.token, *where(site, database_url))
    assert code == 0, err
    assert json.loads(out)["profile"]["nickname"] == "小明"
    page = tmp_path / "my-data.html"
    command = ["members", "export", member.token, "--format", "html", "--out", str(page), *where(site, database_url)]
    code, _, err = await visavis(*command)
    assert code == 0, err
    assert "小明" in page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o077 == 0
    assert (await visavis(*command))[0] == 2  # it writes over nothing
    actors = [e.actor for e in await site.site.storage.audit.after(0) if e.action == "exported"]
    assert actors == ["command line", "command line", "command line"][: len(actors)]
    assert len(actors) >= 2
    code, out, err = await visavis("consent", "list", member.token[:8], "--json", *where(site, database_url))
    assert code == 0, err
    assert [(one["purpose"], one["state"]) for one in json.loads(out)] == [("personalise", "live")]


async def test_r03_a_receipt_is_checked_without_the_site(open_test_site: OpenSite, tmp_path: Path) -> None:
    """With the public key and nothing else; changed by one character, or another site's, it is refused."""
    async with open_test_site() as site:
        joined = (await site.join(purposes=("personalise",))).raise_for_status().json()
        data = str(site.site.settings.data_dir)
    receipt, key = tmp_path / "receipt.jws", tmp_path / "site.jwks.json"
    receipt.write_text(joined["receipts"][0]["jws"] + "\n")
    code, out, err = await visavis("consent", "public-key", "--json", "--data-dir", data)
    assert code == 0, err
    key.write_text(out)
    code, out, err = await visavis("consent", "verify", str(receipt), "--public-key", str(key), "--json")
    assert code == 0, err
    assert json.loads(out)["claims"]["purpose"] == "personalise"
    pem = tmp_path / "site.pem"
    pem.write_text((await visavis("consent", "public-key", "--data-dir", data))[1])
    code, out, err = await visavis("consent", "verify", "-", "--public-key", str(pem), typed=receipt.read_text())
    assert code == 0, err
    assert "personalise" in out
    changed = joined["receipts"][0]["jws"][:-2] + ("A" if joined["receipts"][0]["jws"][-2] != "A" else "B")
    code, _, err = await visavis("consent", "verify", "-", "--public-key", str(key), typed=changed)
    assert code == 1
    assert "signature-invalid" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["members", "export"],
        ["members", "withdraw", "aaaaaaaa", "--card", "--purpose", "improve"],
        ["members", "forget", "aaaaaaaa"],
        ["consent", "verify", "/nonexistent", "--public-key", "/nonexistent"],
    ],
)
async def test_what_cannot_be_done_is_refused_before_anything_is_opened(arguments: list[str]) -> None:
    """One line that says what to give instead."""
    code, out, err = await visavis(*arguments)
    assert (code, out) == (2, "")
    assert "input-refused" in err
    assert "Traceback" not in err


async def test_r19_the_register_is_printed_for_people_programs_and_documents(tmp_path: Path) -> None:
    """Without a site that ever ran."""
    data = ["--data-dir", str(tmp_path)]
    code, out, _ = await visavis("privacy", "register", "--json", *data)
    assert code == 0
    assert "templates" in {place["id"] for place in json.loads(out)}
    code, out, _ = await visavis("privacy", "register", "--md", *data)
    assert code == 0
    assert out.startswith("| what | where | as what | how long |\n| --- |")
    assert (await visavis("privacy", "register", *data))[0] == 0
