"""Access: a member, or staff for them, gets everything that is held, and nothing that would harm them."""

import json
import re
from typing import Any

import pytest

from visavis.privacy.jwk import read_public_keys
from visavis.privacy.receipts import verify
from visavis.server.permissions import SCOPES

from .conftest import SiteUnderTest

STRANGE = "<b>Gr&ce</b>\"'"


def bearer(answer: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer['session']}"}


async def staff(site: SiteUnderTest, *scopes: str) -> dict[str, str]:
    """Of a program that may do this."""
    _, key = await site.site.accounts.keys.add("desk", scopes, days=1, by="test")
    return {"Authorization": f"Bearer {key}"}


async def a_life(site: SiteUnderTest, hopper: bytes) -> dict[str, Any]:
    """Joined by face, saw an offer, reacted, withdrew one consent."""
    member = (await site.join(photos=(hopper,), nickname=STRANGE)).raise_for_status().json()
    await site.show(member["decision"], "rendered", "on_glass")
    (await site.react(member["decision"])).raise_for_status()
    (
        await site.http.post("/v1/edge/me/withdraw", json={"purpose": "improve"}, headers=bearer(member))
    ).raise_for_status()
    found: dict[str, Any] = member
    return found


async def test_r12_a_member_gets_everything_that_is_held(site: SiteUnderTest, hopper: bytes) -> None:
    """Who they are, consents with receipts that verify, decisions with reasons in words, every row, every place."""
    member = await a_life(site, hopper)
    answer = await site.http.get("/v1/members/me/export", headers=bearer(member))
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["cache-control"] == "no-store"
    told = answer.raise_for_status().json()
    assert told["profile"]["nickname"] == STRANGE
    assert told["profile"]["known_by"] == ["card", "pin", "face"]
    assert told["profile"]["templates"] == 1
    states = {one["purpose"]: one["state"] for one in told["consents"]}
    assert states == {"recognise": "live", "personalise": "live", "improve": "withdrawn"}
    key, *_ = read_public_keys((await site.http.get("/.well-known/jwks.json")).text)
    for one in told["consents"]:
        assert verify(one["receipt"], key)["record_id"] in json.dumps(told["rows"])
    (improve,) = [one for one in told["consents"] if one["purpose"] == "improve"]
    assert verify(improve["withdrawal_receipt"], key)["event_state"] == "withdrawn"
    (decision,) = told["decisions"]
    assert decision["item"] == member["decision"]["item"]["title"]
    assert all(reason["en"].endswith(".") and reason["zh-CN"].endswith("。") for reason in decision["reasons"])
    assert [one["meaning"]["en"] for one in told["events"]] == ["Asked to see more of the offer"]
    assert [one["share"] for one in told["interests"]] == [1.0]
    rows = {f"{half}.{table}": len(found) for half, tables in told["rows"].items() for table, found in tables.items()}
    expected = {"edge.member": 1, "edge.template": 1, "edge.ledger": 4, "hub.decision": 1, "hub.event": 1,
                "hub.impression": 2, "hub.outcome": 1, "hub.ledger": 3}  # fmt: skip
    assert {table: rows[table] for table in expected} == expected
    assert {"templates", "behaviour", "backups"} <= {place["id"] for place in told["places"]}


async def test_r12_nothing_that_harms_is_in_it(site: SiteUnderTest, hopper: bytes) -> None:
    """No key, digest or number of a template, in any spelling, in either form."""
    member = await a_life(site, hopper)
    (kept,) = await site.site.storage.roster.members()
    secrets = [kept.wrapped_key, *kept.credentials, kept.nickname.ciphertext, kept.templates[0].sealed.ciphertext]
    secrets.append(site.site.edge.templates(kept.id)[0].vector.tobytes())
    for form in ("json", "html"):
        text = (await site.http.get("/v1/members/me/export", params={"format": form}, headers=bearer(member))).text
        assert member["pin"] not in text
        assert member["card"] not in text
        for secret in secrets:
            assert secret.hex()[:24] not in text
            assert f"\\x{secret.hex()[:16]}" not in text


async def test_r12_the_page_needs_nothing_else_and_escapes_everything(site: SiteUnderTest, hopper: bytes) -> None:
    """No address is loaded, no script runs, and a name that is HTML stays a name; both languages are in it."""
    member = await a_life(site, hopper)
    answer = await site.http.get("/v1/members/me/export", params={"format": "html"}, headers=bearer(member))
    page = answer.raise_for_status().text
    assert "<b>Gr" not in page
    assert "&lt;b&gt;Gr&amp;ce&lt;/b&gt;&quot;&#x27;" in page
    assert not re.findall(r"<script|src=|href=|url\(|@import|https?://", page)
    assert "What we hold about you" in page
    assert "我们保存的关于您的数据" in page
    assert "default-src &#x27;none&#x27;" in page


async def test_r12_an_address_for_the_phone_opens_once(site: SiteUnderTest, hopper: bytes) -> None:
    """Nothing personal stands in it; the second look, or another's guess, finds nothing."""
    member = await a_life(site, hopper)
    link = (await site.http.post("/v1/members/me/export-link", headers=bearer(member))).raise_for_status().json()
    assert link["svg"].startswith("<svg")
    (kept,) = await site.site.storage.roster.members()
    assert kept.token not in link["path"]
    first = await site.http.get(link["path"])
    assert "What we hold about you" in first.raise_for_status().text
    for path in (link["path"], "/v1/members/exports/guess"):
        again = await site.http.get(path)
        assert (again.status_code, again.json()["code"]) == (404, "not-found")


async def test_r12_staff_exports_for_a_member_and_the_log_says_so(site: SiteUnderTest, hopper: bytes) -> None:
    """By card or pseudonym; who, what for and when is in the audit log, the member finds it in the next export."""
    member = await a_life(site, hopper)
    (kept,) = await site.site.storage.roster.members()
    desk = await staff(site, "members.export")
    for whom in ({"card": member["card"]}, {"card": member["pin"]}, {"token": kept.token}, {"token": kept.token[:8]}):
        answer = await site.http.post("/v1/members/export", json=whom | {"why": "complaint"}, headers=desk)
        assert answer.raise_for_status().json()["profile"]["pseudonym"] == kept.token
    lines = [e for e in await site.site.storage.audit.after(0) if e.action == "exported"]
    assert [(e.subject, dict(e.detail)) for e in lines] == [(kept.token, {"purpose": "complaint"})] * 4
    assert {e.actor[:4] for e in lines} == {"key "}
    body = {"token": kept.token, "why": "member"}
    again = (await site.http.post("/v1/members/export", json=body, headers=desk)).json()
    assert "exported" in {row["action"] for row in again["rows"]["edge"]["audit"]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"why": "member"}, 422),
        ({"token": "aaaaaaaa", "card": "x", "why": "member"}, 422),
        ({"token": "short", "why": "member"}, 422),
        ({"token": "aaaaaaaaaaaa"}, 422),
        ({"token": "aaaaaaaaaaaa", "why": "curiosity"}, 422),
        ({"token": "aaaaaaaaaaaa", "why": "member"}, 404),
        ({"card": "0000000000", "why": "member"}, 404),
    ],
)
async def test_r12_no_reason_no_member_no_export(site: SiteUnderTest, body: dict[str, str], status: int) -> None:
    """A request that names nobody, two ways at once, or no reason, gets nothing."""
    desk = await staff(site, "members.export")
    assert (await site.http.post("/v1/members/export", json=body, headers=desk)).status_code == status
    assert not [e for e in await site.site.storage.audit.after(0) if e.action == "exported"]


async def test_r11_withdrawal_and_erasure_at_the_desk(site: SiteUnderTest, hopper: bytes) -> None:
    """The same functions as at the kiosk, with signed receipts; the next look knows nobody."""
    member = await a_life(site, hopper)
    key, *_ = read_public_keys((await site.http.get("/.well-known/jwks.json")).text)
    body = {"card": member["card"], "purpose": "recognise"}
    desk = await staff(site, "members.change", "members.erase")
    ended = (await site.http.post("/v1/members/withdraw", json=body, headers=desk)).raise_for_status().json()
    assert verify(ended["receipts"][0]["jws"], key)["purpose"] == "recognise"
    assert (await site.look(hopper)).status_code == 401
    whom = {"card": member["card"]}
    gone = (await site.http.post("/v1/members/forget", json=whom, headers=desk)).raise_for_status().json()
    assert verify(gone["receipt"]["signature"], key)["removed"]["edge"] >= 1
    assert not await site.site.storage.roster.members()
    assert (await site.http.get("/v1/edge/me", headers=bearer(member))).status_code == 401


@pytest.mark.parametrize("path", ["export", "withdraw", "forget"])
async def test_r12_only_whom_the_table_names_may_ask_for_another(site: SiteUnderTest, path: str) -> None:
    """Nobody from outside, nor a program with every right but this."""
    scope = {"export": "members.export", "withdraw": "members.change", "forget": "members.erase"}[path]
    others = [p.value for p in SCOPES if p.value != scope]
    asked = {"export": {"why": "member"}, "withdraw": {"purpose": "improve"}, "forget": {}}[path]
    body = {"token": "aaaaaaaaaaaa"} | asked
    for headers in ({"X-Forwarded-For": "192.0.2.1"}, await staff(site, *others)):
        answer = await site.http.post(f"/v1/members/{path}", json=body, headers=headers)
        assert answer.status_code in (401, 403)
    allowed = await site.http.post(f"/v1/members/{path}", json=body, headers=await staff(site, scope))
    assert allowed.status_code == 404


async def test_r19_a_member_learns_where_data_rests_but_no_address_of_a_machine(
    site: SiteUnderTest, hopper: bytes, database_url: str
) -> None:
    """Kinds of places, not hosts and folders: those would help a thief alone."""
    member = await a_life(site, hopper)
    answer = await site.http.get("/v1/members/me/export", headers=bearer(member))
    places = answer.raise_for_status().json()["places"]
    assert len(places) > 10
    text = json.dumps(places)
    assert "database of this site" in text
    assert str(site.site.settings.data_dir) not in text
    assert str(site.site.settings.cache_dir) not in text
