"""What a member may ask for and change, through the API of a running site."""

from typing import Any

import httpx
import pytest

from visavis.privacy.jwk import read_public_keys
from visavis.privacy.receipts import verify

from .conftest import SiteUnderTest


def bearer(answer: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer['session']}"}


async def joined(site: SiteUnderTest, **changes: Any) -> dict[str, Any]:
    answer = await site.join(**({"purposes": ("personalise", "improve")} | changes))
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


async def known(site: SiteUnderTest, member: dict[str, Any]) -> dict[str, Any]:
    answer = await site.http.post("/v1/edge/identify", json={"placement": "entrance", "pin": member["pin"]})
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


async def ticked(site: SiteUnderTest, purpose: str, locale: str = "en") -> dict[str, Any]:
    notice = next(n for n in (await site.notices())["notices"] if n["purpose"] == purpose)
    one = {"purpose": purpose, "notice_version": notice["version"], "notice_sha256": notice["sha256"][locale]}
    return {"locale": locale, "consents": [one]}


async def public_keys(site: SiteUnderTest) -> list[bytes]:
    return read_public_keys((await site.http.get("/.well-known/jwks.json")).raise_for_status().text)


async def test_r12_offers_without_my_history_and_back_again(site: SiteUnderTest) -> None:
    """Taken back, a member is greeted and served as before, and the reason is said in words; then all is as it was."""
    member = await joined(site)
    headers = bearer(member)
    answer = await site.http.post("/v1/edge/me/withdraw", json={"purpose": "personalise"}, headers=headers)
    (receipt,) = answer.raise_for_status().json()["receipts"]
    key, *_others = await public_keys(site)
    claims = verify(receipt["jws"], key)
    assert (claims["purpose"], claims["event_state"]) == ("personalise", "withdrawn")
    assert claims["ends_record_id"] in {one["id"] for one in member["receipts"]}
    assert (await site.http.get("/v1/edge/me", headers=headers)).json()["decision"] is None

    visit = await known(site, member)
    assert "Grace" in visit["greeting"]["en"]
    (reason,) = visit["decision"]["reasons"]
    assert reason["code"] == "not_personalised"
    assert "Nothing about you was used" in reason["text"]["en"]
    assert "没有使用任何关于您的信息" in reason["text"]["zh-CN"]
    record = (await site.http.get(f"/v1/decisions/{visit['decision']['decision_id']}")).json()
    assert (record["receipt_id"], record["policy"], record["replays"]) == (None, "uniform", True)

    body = await ticked(site, "personalise")
    given = await site.http.post("/v1/edge/me/consent", json=body, headers=bearer(visit))
    claims = verify(given.raise_for_status().json()["receipts"][0]["jws"], key)
    assert (claims["purpose"], claims["language"]) == ("personalise", "en")
    again = await known(site, member)
    assert [r["code"] for r in again["decision"]["reasons"]] != ["not_personalised"]


async def test_r12_nickname_and_language_are_corrected(site: SiteUnderTest) -> None:
    """And the next greeting is right."""
    member = await joined(site)
    answer = await site.http.patch("/v1/edge/me", json={"nickname": "Ada", "locale": "zh-CN"}, headers=bearer(member))
    assert (answer.raise_for_status().json()["nickname"], answer.json()["locale"]) == ("Ada", "zh-CN")
    assert "Ada" in (await known(site, member))["greeting"]["en"]
    refused = await site.http.patch("/v1/edge/me", json={"nickname": "   "}, headers=bearer(member))
    assert (refused.status_code, refused.json()["code"]) == (422, "input-refused")


async def test_r03_yes_counts_only_for_the_text_as_it_is_now(site: SiteUnderTest) -> None:
    """A hash of something else is refused, and nothing is written."""
    member = await joined(site, purposes=("personalise",))
    body = await ticked(site, "improve")
    body["consents"][0]["notice_sha256"] = "0" * 64
    answer = await site.http.post("/v1/edge/me/consent", json=body, headers=bearer(member))
    assert answer.status_code == 422
    consents = (await site.http.get("/v1/edge/me", headers=bearer(member))).json()["consents"]
    assert [one["purpose"] for one in consents] == ["personalise"]


@pytest.mark.parametrize(("method", "path"), [("PATCH", ""), ("POST", "/consent")])
async def test_nobody_changes_another(site: SiteUnderTest, method: str, path: str) -> None:
    """Without the member's own session there is nothing to change."""
    body = await ticked(site, "improve") if path else {"nickname": "Eve"}
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        answer: httpx.Response = await site.http.request(method, f"/v1/edge/me{path}", json=body, headers=headers)
        assert answer.status_code == 401


async def test_r03_the_sites_public_key_is_public(site: SiteUnderTest) -> None:
    """In every form the same, and it proves the receipts of joining."""
    member = await joined(site)
    told = (await site.http.get("/v1/site/public-key")).raise_for_status().json()
    key, *_others = await public_keys(site)
    assert read_public_keys(told["pem"]) == [key]
    assert {verify(one["jws"], key)["purpose"] for one in member["receipts"]} == {"personalise", "improve"}
