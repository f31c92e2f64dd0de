"""What must always hold, each invariant of the house plan as a named test through the outside of a running site."""

import re
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from scan import forms, scan

from visavis.errors import SettingInvalid
from visavis.perception.decode import decode_image
from visavis.types import Frame, Purpose

from .conftest import OpenSite, SiteUnderTest, eventually


def embedding(running: SiteUnderTest, photo: bytes) -> np.ndarray:
    observer = running.site.edge.observer
    frame = Frame(pixels=decode_image(photo), source="test", captured_at=running.site.clock.now())
    faces = observer.observe(frame)
    assert len(faces) == 1
    return observer.embed(frame, faces)[0].vector


async def test_invariant_01_nothing_happens_without_live_consent(site: SiteUnderTest, hopper: bytes) -> None:
    """Recognition, decision and delivery each stop with the consent that allowed them."""
    refused = await site.join(purposes=("personalise",), photos=(hopper,))
    assert (refused.status_code, refused.json()["code"]) == (403, "consent-missing")
    joined = (await site.join(photos=(hopper,))).raise_for_status().json()
    assert (await site.look(hopper)).status_code == 200
    session = {"Authorization": f"Bearer {joined['session']}"}
    await site.http.post("/v1/edge/me/withdraw", json={"purpose": "recognise"}, headers=session)
    assert (await site.look(hopper)).status_code == 401
    by_pin = {"placement": "entrance", "pin": joined["pin"]}
    assert (await site.http.post("/v1/edge/identify", json=by_pin)).json()["decision"]
    await site.http.post("/v1/edge/me/withdraw", json={"purpose": "personalise"}, headers=session)
    served = (await site.http.post("/v1/edge/identify", json=by_pin)).raise_for_status().json()["decision"]
    decision = await site.site.storage.decisions.get(served["decision_id"])
    assert decision is not None
    assert (decision.token, decision.receipt_id, decision.policy) == (None, None, "uniform")


async def test_invariant_01_consent_ends_between_two_frames(site: SiteUnderTest, hopper: bytes) -> None:
    """A withdrawal that only the ledger knows of stops the very next frame: the gate asks the ledger, not a cache."""
    (await site.join(photos=(hopper,))).raise_for_status()
    edge = site.site.edge
    member = next(iter(edge.members.values()))
    history = await edge.ledger.history(member.id)
    receipt = next(c for c in history if c.purpose is Purpose.RECOGNISE)
    from visavis.privacy.consent import withdraw

    await edge.ledger.append([withdraw(receipt, method="api", now=site.site.clock.now(), ids=edge.ids)])
    assert (await site.look(hopper)).status_code == 401


async def test_invariant_02_nothing_biometric_leaves_the_edge(
    site: SiteUnderTest, hopper: bytes, dump_hub: Callable[[], bytes]
) -> None:
    """No hub table, metric or answer holds a template or speaks of one."""
    (await site.join(photos=(hopper,))).raise_for_status()
    seen = (await site.look(hopper)).raise_for_status()
    needles = forms(embedding(site, hopper))
    metrics = (await site.http.get("/metrics")).content
    spoken = [seen.content, metrics, dump_hub()]
    assert all(spoken)
    assert not [name for name, needle in needles.items() for said in spoken if needle in said]
    names = re.findall(rb"\b(embedding|landmark|template|image)\w*", b"".join(spoken))
    assert not names


async def test_invariant_03_and_04_no_frame_stranger_or_plain_template_on_disk(
    open_test_site: OpenSite, tmp_path: Path, hopper: bytes, collins: bytes
) -> None:
    """After a visit of a member and a stranger, no form of either face is in data, logs or temporary files."""
    async with open_test_site() as running:
        (await running.join(photos=(hopper,))).raise_for_status()
        for _ in range(3):
            assert (await running.look(hopper)).status_code == 200
            assert (await running.look(collins)).status_code == 401
        needles = {f"member {k}": v for k, v in forms(embedding(running, hopper)).items()}
        needles |= {f"stranger {k}": v for k, v in forms(embedding(running, collins)).items()}
        needles["member photo"] = hopper[2000:2064]
        needles["stranger photo"] = collins[2000:2064]
        live = scan([tmp_path], needles)
    assert not live
    assert not scan([tmp_path], needles)


async def test_invariant_04_withdrawal_destroys_the_key(
    site: SiteUnderTest, hopper: bytes, dump_hub: Callable[[], bytes]
) -> None:
    """Forget me: unknown at the next frame, no row left, a receipt that the site signed."""
    joined = (await site.join(photos=(hopper,))).raise_for_status().json()
    member = next(iter(site.site.edge.members.values()))
    assert str(member.token).encode() in dump_hub()
    session = {"Authorization": f"Bearer {joined['session']}"}
    receipt = (await site.http.post("/v1/edge/me/forget", headers=session)).raise_for_status().json()["receipt"]
    assert (await site.look(hopper)).status_code == 401
    assert not await site.site.storage.roster.members()
    assert sum(receipt["removed"].values()) > 0
    from visavis.privacy.receipts import public_key, verify

    claims = verify(receipt["signature"], public_key(site.site.edge.keys))
    assert claims
    assert str(member.token).encode() not in dump_hub()
    again = await site.http.post("/v1/edge/identify", json={"placement": "entrance", "pin": joined["pin"]})
    assert again.status_code == 401


async def test_invariant_04_the_ciphertext_is_all_that_rests(site: SiteUnderTest, hopper: bytes) -> None:
    """What the database holds of a template opens with the site's key and with no other."""
    from visavis.errors import SealBroken
    from visavis.identity.enrol import open_templates
    from visavis.privacy.keys import FileSiteKey

    (await site.join(photos=(hopper,))).raise_for_status()
    (member,) = await site.site.storage.roster.members()
    opened = open_templates(member, site.site.edge.keys, site.site.edge.gallery.model)
    assert len(opened) == 1
    folder = site.site.settings.data_dir
    shutil.copy(folder / "site.slots", folder / "other.slots")  # a thief who has those too
    thief = FileSiteKey(folder / "other.key")
    with pytest.raises(SealBroken):
        open_templates(member, thief, site.site.edge.gallery.model)


async def test_invariant_05_card_and_pin_give_the_same_as_a_face(site: SiteUnderTest, hopper: bytes) -> None:
    """A member without a template gets the same kind of decision from the same candidates, in one step."""
    face = (await site.join(photos=(hopper,))).raise_for_status().json()
    card = (await site.join(purposes=("personalise", "improve"), nickname="Ada")).raise_for_status().json()
    assert not card["recognised_by_face"]
    decisions = [(await site.look(hopper)).json()["decision"]]
    for body in ({"pin": card["pin"]}, {"card": card["card"]}):
        answer = await site.http.post("/v1/edge/identify", json={"placement": "entrance"} | body)
        decisions.append(answer.raise_for_status().json()["decision"])
    candidates = []
    for decision in decisions:
        full = (await site.http.get(f"/v1/decisions/{decision['decision_id']}")).json()
        candidates.append({c["item_id"] for c in full["candidates"]})
    assert face["decision"]
    assert candidates[0] == candidates[1] == candidates[2]


async def test_invariant_08_every_decision_can_be_replayed(site: SiteUnderTest) -> None:
    """A decision names candidates, propensity, versions, reasons and receipt, and replays bit for bit."""
    joined = (await site.join(purposes=("personalise", "improve"))).raise_for_status().json()
    decision = (await site.http.get(f"/v1/decisions/{joined['decision']['decision_id']}")).raise_for_status().json()
    chosen = next(c for c in decision["candidates"] if c["item_id"] == decision["item"]["id"])
    assert decision["propensity"] == chosen["probability"] > 0
    assert sum(c["probability"] for c in decision["candidates"]) == pytest.approx(1.0, abs=1e-9)
    assert decision["reasons"]
    assert decision["model_version"]
    assert decision["policy_version"] >= 0
    assert decision["receipt_id"] in {r["id"] for r in joined["receipts"]}
    assert decision["replays"] is True


async def test_invariant_09_nothing_is_counted_twice(site: SiteUnderTest) -> None:
    """Plays and events sent again are acknowledged again and change nothing."""
    joined = (await site.join(purposes=("personalise", "improve"))).raise_for_status().json()
    decision = joined["decision"]
    first = (await site.show(decision, "rendered", "on_glass")).json()
    again = (await site.show(decision, "rendered", "on_glass")).json()
    assert (first, again) == ({"accepted": 2, "duplicates": 0}, {"accepted": 0, "duplicates": 2})
    taps = [(await site.react(decision)).json() for _ in range(3)]
    assert [t["accepted"] for t in taps] == [1, 0, 0]
    outcomes = await site.site.storage.outcomes.of(decision["decision_id"])
    assert len(outcomes) == 1

    async def learned() -> bool:
        return site.site.hub.policy.version == 1

    await eventually(learned, within_s=2.0)


async def test_invariant_09_what_was_acknowledged_survives_a_restart(open_test_site: OpenSite, hopper: bytes) -> None:
    """Member, decision, outcome and what was learned from it are there after a restart."""
    async with open_test_site() as running:
        joined = (await running.join(photos=(hopper,))).raise_for_status().json()
        decision = joined["decision"]
        await running.show(decision, "rendered", "on_glass")
        (await running.react(decision)).raise_for_status()
    async with open_test_site() as running:
        assert (await running.look(hopper)).status_code == 200
        assert (await running.react(decision)).json() == {"accepted": 0, "duplicates": 1}

        async def learned() -> bool:
            return running.site.hub.policy.version == 1

        await eventually(learned)
        by_pin = {"placement": "entrance", "pin": joined["pin"]}
        another = (await running.http.post("/v1/edge/identify", json=by_pin)).json()["decision"]
        await running.show(another, "rendered", "on_glass", "ended")

        async def learns_on() -> bool:
            return running.site.hub.policy.version == 2

        await eventually(learns_on)


async def test_invariant_12_bad_input_is_refused_with_a_clear_error(site: SiteUnderTest, hopper: bytes) -> None:
    """Each kind of bad upload is a problem document with its own code and remedy, and leaves nothing behind."""
    empty = BytesIO()
    Image.new("RGB", (640, 480), (90, 90, 90)).save(empty, format="JPEG")
    two = Image.new("RGB", (900, 430))
    head = Image.open(BytesIO(hopper))
    two.paste(head, (0, 0))
    two.paste(head, (450, 0))
    couple = BytesIO()
    two.save(couple, format="JPEG")
    cases = {
        b"": "image-refused",
        b"not an image at all": "image-refused",
        hopper[:3000]: "image-refused",
        b"\xff\xd8" + b"\x00" * 9_000_000: "image-refused",
        empty.getvalue(): "no-face-found",
        couple.getvalue(): "several-faces-found",
    }
    for photo, code in cases.items():
        answer = await site.join(photos=(photo,))
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert "Traceback" not in answer.text
    assert not await site.site.storage.roster.members()
    assert not site.site.edge.members


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/v1/play/nowhere/stream", None, 404, "placement-unknown"),
        ("GET", "/play/nowhere", None, 404, "placement-unknown"),
        ("GET", "/v1/decisions/none", None, 404, "decision-unknown"),
        ("POST", "/v1/events", "not json", 422, "event-refused"),
        ("POST", "/v1/events", '{"specversion":"1.0"}', 422, "event-refused"),
        ("POST", "/v1/edge/identify", '{"placement":"entrance","pin":"0000000000"}', 401, "credential-refused"),
        ("POST", "/v1/edge/me/forget", None, 401, "credential-refused"),
        ("POST", "/v1/edge/members", None, 422, "request-invalid"),
        ("GET", "/v1/nothing", None, 404, "not-found"),
    ],
)
async def test_invariant_12_every_error_is_a_problem_document(
    site: SiteUnderTest, method: str, path: str, body: str | None, status: int, code: str
) -> None:
    """RFC 9457 with a stable code, whatever was asked."""
    answer: httpx.Response = await site.http.request(
        method, path, content=body, headers={"Content-Type": "application/json"} if body else {}
    )
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_site_stops_at_once_with_a_screen_listening(open_test_site: OpenSite, database_url: str) -> None:
    """The stream ends with a goodbye instead of holding the server up."""
    async with open_test_site(database_url=database_url) as running:
        lines = []
        async with running.http.stream("GET", "/v1/play/entrance/stream") as stream:
            async for line in stream.aiter_lines():
                if not lines:
                    running.site.screens.close()
                lines.append(line)
    assert lines[0] == "event: house"


async def test_a_site_whose_key_is_lost_does_not_start_with_another(open_test_site: OpenSite, tmp_path: Path) -> None:
    """A fresh key would open nothing: the remedy is the backup, and no new key is written."""
    async with open_test_site() as running:
        (await running.join(purposes=("personalise",))).raise_for_status()
    key = tmp_path / "data" / "site.key"
    key.rename(tmp_path / "backup.key")
    with pytest.raises(SettingInvalid, match="restore it"):
        async with open_test_site():
            pass
    assert not key.exists()
