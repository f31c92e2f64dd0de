"""The edge's HTTP API through its outside: real pictures, the real pack, a real database."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from PIL import Image, ImageEnhance, ImageOps

from visavis.perception.decode import decode_image
from visavis.perception.film import write_film
from visavis.testing import FixedClock
from visavis.types import Frame

from .conftest import OpenSite, SiteUnderTest, eventually
from .test_invariants import embedding, forms

PROXIED = {"X-Forwarded-For": "10.0.0.7"}


def picture(data: bytes) -> tuple[str, bytes, str]:
    return ("p.jpg", data, "image/jpeg")


async def compare(site: SiteUnderTest, first: bytes, second: bytes, **form: Any) -> httpx.Response:
    headers = form.pop("headers", None)
    files = {"first": picture(first), "second": picture(second)}
    return await site.http.post("/v1/edge/compare", data={"consent": "true", **form}, files=files, headers=headers)


async def audited(site: SiteUnderTest, action: str) -> list[Any]:
    return [entry for entry in await site.site.storage.audit.after(0) if entry.action == action]


# ------ detect and compare


async def test_detect_tells_where_faces_are_and_how_good(site: SiteUnderTest, hopper: bytes) -> None:
    """One face inside the picture, usable; at most so many as asked; no landmark."""
    answer = await site.http.post("/v1/edge/detect", files={"image": picture(hopper)})
    seen = answer.raise_for_status().json()
    (face,) = seen["faces"]
    assert 0 <= face["box"]["left"] < face["box"]["right"] <= seen["width"]
    assert 0 <= face["box"]["top"] < face["box"]["bottom"] <= seen["height"]
    assert face["usable"]
    assert face["reasons"] == []
    assert abs(face["yaw_deg"]) < 40
    assert "landmarks" not in answer.text
    assert (await site.http.post("/v1/edge/detect", files={"image": picture(b"nothing")})).status_code == 422
    nobody = await site.http.post("/v1/edge/detect", data={"max_faces": "0"}, files={"image": picture(hopper)})
    assert nobody.json()["code"] == "request-invalid"


async def test_compare_decides_at_the_asked_error_rate(site: SiteUnderTest, hopper: bytes, collins: bytes) -> None:
    """The same picture is one person, two people are not; staff reads the score, a terminal with a key does not."""
    same = (await compare(site, hopper, hopper)).raise_for_status().json()
    other = (await compare(site, hopper, collins, false_match_rate="0.01")).raise_for_status().json()
    assert (same["same_person"], other["same_person"]) == (True, False)
    assert same["score"] == pytest.approx(1.0, abs=0.01)
    assert (same["false_match_rate"], other["false_match_rate"]) == (0.001, 0.01)
    assert other["threshold"] < same["threshold"]
    assert (await compare(site, hopper, hopper, headers=PROXIED)).json()["code"] == "staff-only"
    _, key = await site.site.accounts.keys.add("terminal", ["faces.compare"], days=1, by="test")
    as_terminal = PROXIED | {"Authorization": f"Bearer {key}"}
    outside = (await compare(site, hopper, hopper, headers=as_terminal)).raise_for_status().json()
    assert (outside["same_person"], outside["score"], outside["threshold"]) == (True, None, None)


async def test_compare_needs_the_declared_consent_and_records_only_that(site: SiteUnderTest, hopper: bytes) -> None:
    """Without the declaration nothing is compared; with it the audit log knows that somebody compared, not whom."""
    refused = await compare(site, hopper, hopper, consent="false")
    assert (refused.status_code, refused.json()["code"]) == (403, "consent-missing")
    assert not await audited(site, "compared")
    (await compare(site, hopper, hopper)).raise_for_status()
    (entry,) = await audited(site, "compared")
    assert (entry.subject, dict(entry.detail)) == ("", {"declared": "both people agreed"})


async def test_compare_names_the_picture_that_cannot_be_used(site: SiteUnderTest, hopper: bytes) -> None:
    """The second picture shows nobody."""
    out = BytesIO()
    Image.new("RGB", (320, 240), (90, 90, 90)).save(out, format="JPEG")
    refused = await compare(site, hopper, out.getvalue())
    assert (refused.status_code, refused.json()["code"]) == (422, "no-face-found")
    assert "second" in refused.json()["detail"]


async def test_asking_too_often_is_refused_with_a_time_to_wait(
    site: SiteUnderTest, hopper: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is per place; the answer says when to come back."""
    from visavis.server import limits

    monkeypatch.setattr(limits, "PICTURES", limits.Rate(name="pictures", burst=1, a_minute=1))
    assert (await site.http.post("/v1/edge/detect", files={"image": picture(hopper)})).status_code == 200
    refused = await site.http.post("/v1/edge/detect", files={"image": picture(hopper)})
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert 50 < int(refused.headers["retry-after"]) <= 60


# ------ system


async def test_system_tells_what_runs_and_how_sure_it_is(site: SiteUnderTest, hopper: bytes) -> None:
    """Versions, licences, counts and the threshold with its evidence; for staff at the machine."""
    (await site.join(photos=(hopper,))).raise_for_status()
    system = (await site.http.get("/v1/edge/system")).raise_for_status().json()
    pack = (await site.http.get("/v1/edge/pack", headers=PROXIED)).raise_for_status().json()
    assert system["pack"] == pack
    assert pack["model"] == system["gallery"]["model"] == site.site.edge.observer.model
    assert pack["licences"]
    assert {model["kind"] for model in pack["models"]} >= {"embedder"}
    assert (system["gallery"]["members"], system["gallery"]["templates"]) == (1, 1)
    assert system["threshold"]["false_positive_rate"] == site.site.settings.false_match_rate
    assert system["threshold"]["impostor_pairs"] > 0
    assert system["uptime_s"] >= 0
    ready = (await site.http.get("/readyz")).raise_for_status().json()
    assert (ready["status"], ready["pack"], ready["templates"]) == ("ready", pack["model"], 1)
    assert ready["monitors"] == system["monitors"] == {"wanted": 0, "connected": 0}
    refused = await site.http.get("/v1/edge/system", headers=PROXIED)
    assert (refused.status_code, refused.json()["code"]) == (403, "staff-only")


# ------ monitors


@pytest.fixture(scope="session")
def walk_in(tmp_path_factory: pytest.TempPathFactory, hopper: bytes) -> str:
    """A film of the member who stands still: two seconds."""
    pixels = decode_image(hopper)
    height, width = (side // 2 * 2 for side in pixels.shape[:2])
    path = tmp_path_factory.mktemp("films") / "door.mp4"
    write_film(path, [pixels[:height, :width]] * 20, fps=10, size=(width, height), key_every=5)
    return str(path)


async def add_monitor(site: SiteUnderTest, address: str, **changes: Any) -> httpx.Response:
    return await site.http.post(
        "/v1/edge/monitors", json={"name": "door", "address": address, "placement": "entrance"} | changes
    )


async def test_a_monitor_outlives_whoever_added_it(
    open_test_site: OpenSite, database_url: str, walk_in: str, hopper: bytes, tmp_path: Path
) -> None:
    """Added once, it recognises the member, survives a restart, and its address is nowhere to be read."""
    async with open_test_site(database_url=database_url, camera_loop=True) as running:
        (await running.join(photos=(hopper,))).raise_for_status()
        added = (await add_monitor(running, walk_in)).raise_for_status()
        assert added.status_code == 201
        assert walk_in not in added.text
        assert added.json()["address"] == "door.mp4"

        async def sees() -> bool:
            state = (await running.http.get("/v1/edge/monitors/door")).json()["state"]
            return state is not None and state["frames"] > 0 and running.site.tally.recognised_by_face > 0

        await eventually(sees, within_s=10)

        async def told() -> bool:
            lines = (await running.http.get("/v1/edge/monitors/door/events")).raise_for_status().json()["events"]
            return {"connected", "arrived", "recognised"} <= {line["kind"] for line in lines}

        await eventually(told)
        lines = (await running.http.get("/v1/edge/monitors/door/events")).json()
        (member,) = running.site.edge.members.values()
        assert {line["member"] for line in lines["events"]} == {None, member.token[:8]}
        rest = (await running.http.get("/v1/edge/monitors/door/events", params={"after": lines["next"]})).json()
        assert not [line for line in rest["events"] if line["number"] <= lines["next"]]
        assert len(await audited(running, "monitor_saved")) == 1
        shown = (await running.http.get("/v1/edge/monitors/door/preview")).raise_for_status()
        assert shown.headers["content-type"] == "image/jpeg"
        frame = Frame(pixels=decode_image(shown.content), source="test", captured_at=running.site.clock.now())
        assert not running.site.preview_observer.observe(frame)
        async with running.http.stream("GET", "/v1/edge/monitors/door/preview?stream=true") as stream:
            assert stream.headers["content-type"].startswith("multipart/x-mixed-replace")
            async for part in stream.aiter_bytes():
                assert part.startswith(b"--frame\r\nContent-Type: image/jpeg")
                break
    with psycopg.connect(database_url) as owner:
        (sealed,) = owner.execute("SELECT sealed_address FROM edge.monitor").fetchone()
    assert walk_in.encode() not in sealed
    async with open_test_site(database_url=database_url, camera_loop=True) as running:

        async def resumed() -> bool:
            (monitor,) = (await running.http.get("/v1/edge/monitors")).json()["monitors"]
            return monitor["state"] is not None and monitor["state"]["frames"] > 0

        await eventually(resumed, within_s=10)
        off = (await running.http.patch("/v1/edge/monitors/door", json={"enabled": False})).raise_for_status().json()
        assert (off["enabled"], off["state"], running.site.watch.states()) == (False, None, ())
        assert (await running.http.get("/v1/edge/monitors/door/preview")).status_code == 404
        on = (await running.http.patch("/v1/edge/monitors/door", json={"enabled": True, "max_fps": 2})).json()
        assert (on["max_fps"], on["state"] is not None) == (2, True)
        assert (await running.http.delete("/v1/edge/monitors/door")).status_code == 204
        assert running.site.watch.states() == ()
        assert (await running.http.delete("/v1/edge/monitors/door")).json()["code"] == "camera-unknown"


async def test_of_two_processes_one_watches_and_the_other_takes_over(
    open_test_site: OpenSite, database_url: str, walk_in: str
) -> None:
    """Whichever an operator asks: a change reaches the one that watches; when that ends, the other goes on."""

    def watched(site: SiteUnderTest) -> list[str]:
        return [state.name for state in site.site.watch.states()]

    async with open_test_site(database_url=database_url, camera_loop=True) as second:
        async with open_test_site(database_url=database_url, camera_loop=True) as first:
            both = (first, second)

            async def one_watches() -> bool:
                return sorted([watched(site) for site in both]) == [[], ["door"]]

            (await add_monitor(second, walk_in)).raise_for_status()
            await eventually(one_watches)
            other = next(site for site in both if not watched(site))
            seen = (await other.http.get("/v1/edge/monitors/door")).json()
            assert (seen["enabled"], seen["state"]) == (True, None)
            assert (await other.http.get("/v1/edge/monitors/door/preview")).json()["code"] == "camera-unknown"
            await other.http.patch("/v1/edge/monitors/door", json={"enabled": False})

            async def nobody_watches() -> bool:
                return [watched(site) for site in both] == [[], []]

            await eventually(nobody_watches)
            await other.http.patch("/v1/edge/monitors/door", json={"enabled": True})
            await eventually(one_watches)

        async def took_over() -> bool:
            return watched(second) == ["door"]

        await eventually(took_over)


async def test_a_monitor_that_cannot_be_is_refused(site: SiteUnderTest) -> None:
    """Name, address, placement, a name twice, and whoever is not staff; no answer repeats the password."""
    secret = "rtsp://viewer:p4ssw0rd@127.0.0.1:9/live"
    cases = [
        (secret, {"name": "No Name"}, 422, "request-invalid"),
        ("ftp://viewer:p4ssw0rd@host/x", {}, 422, "camera-refused"),
        (secret, {"placement": "nowhere"}, 404, "placement-unknown"),
        (secret, {"max_fps": 1000}, 422, "request-invalid"),
    ]
    for address, changes, status, code in cases:
        refused = await add_monitor(site, address, **changes)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert "p4ssw0rd" not in refused.text
    added = (await add_monitor(site, secret, enabled=False)).raise_for_status()
    assert added.json()["address"] == "rtsp://127.0.0.1"
    assert (await add_monitor(site, secret)).json()["code"] == "camera-refused"
    for method, path in (("GET", ""), ("GET", "/door"), ("DELETE", "/door"), ("GET", "/door/preview")):
        refused = await site.http.request(method, f"/v1/edge/monitors{path}", headers=PROXIED)
        assert (refused.status_code, refused.json()["code"]) == (403, "staff-only")


# ------ enrolment, image by image


def changed(photo: bytes, work: Any) -> bytes:
    out = BytesIO()
    work(Image.open(BytesIO(photo)).convert("RGB")).save(out, format="JPEG", quality=92)
    return out.getvalue()


def mirrored(photo: bytes) -> bytes:
    return changed(photo, ImageOps.mirror)


def brighter(photo: bytes) -> bytes:
    return changed(photo, lambda image: ImageEnhance.Brightness(image).enhance(1.15))


def tilted(photo: bytes) -> bytes:
    return changed(photo, lambda image: image.rotate(7, fillcolor=(120, 120, 120)))


def dark(photo: bytes) -> bytes:
    return changed(photo, lambda image: ImageEnhance.Brightness(image).enhance(0.05))


def outcomes(images: list[dict[str, Any]]) -> list[list[str]]:
    return [image["reasons"] for image in images]


async def test_each_image_is_taken_or_refused_for_its_own_reasons(
    site: SiteUnderTest, hopper: bytes, collins: bytes
) -> None:
    """Three of six are good, so a member is made of them; the others say why not."""
    photos = (hopper, b"no image", mirrored(hopper), dark(hopper), collins, brighter(hopper))
    too_many = await site.join(photos=photos)
    assert too_many.status_code == 422
    joined = (await site.join(photos=photos[:5])).raise_for_status().json()
    assert outcomes(joined["images"]) == [[], ["invalid_image"], [], joined["images"][3]["reasons"], ["other_person"]]
    assert joined["images"][3]["reasons"]
    (member,) = site.site.edge.members.values()
    assert len(member.templates) == 2
    assert joined["recognised_by_face"]


async def test_when_no_image_can_be_used_nothing_is_kept_and_each_says_why(
    site: SiteUnderTest, hopper: bytes, collins: bytes
) -> None:
    """Two people, one picture each: nobody can tell who joins."""
    refused = await site.join(photos=(hopper, collins))
    assert (refused.status_code, refused.json()["code"]) == (422, "input-refused")
    assert outcomes(refused.json()["images"]) == [["other_person"], ["other_person"]]
    refused = await site.join(photos=(b"no image", dark(hopper)))
    assert refused.json()["code"] == "image-refused"
    assert not site.site.edge.members
    assert not await site.site.storage.roster.members()


async def test_a_face_that_belongs_to_a_member_is_a_duplicate_without_saying_whose(
    site: SiteUnderTest, hopper: bytes
) -> None:
    """Refused with a code and a way out; with allow_duplicate it is a warning."""
    (await site.join(photos=(hopper,), nickname="Grace")).raise_for_status()
    again = await site.join(photos=(mirrored(hopper),), nickname="Ada")
    assert (again.status_code, again.json()["code"]) == (409, "face-already-enrolled")
    assert outcomes(again.json()["images"]) == [["duplicate"]]
    assert "Grace" not in again.text
    joined = (await site.join(photos=(mirrored(hopper),), nickname="Ada", allow_duplicate="true")).json()
    assert joined["images"] == [{"index": 0, "accepted": True, "reasons": [], "warnings": ["duplicate"]}]
    strict = await site.join(photos=(hopper, mirrored(hopper)), allow_duplicate="true", review_mode="strict")
    assert outcomes(strict.json()["images"]) == [["nearer_to_another"], ["nearer_to_another"]]
    assert len(site.site.edge.members) == 2


async def test_templates_are_added_and_removed_by_their_member(
    site: SiteUnderTest, hopper: bytes, collins: bytes
) -> None:
    """Only of the same person, five at most; what is removed is unknown at the next look."""
    joined = (await site.join(photos=(hopper,))).raise_for_status().json()
    session = {"Authorization": f"Bearer {joined['session']}"}

    async def add(*photos: bytes) -> httpx.Response:
        files = [("images", picture(photo)) for photo in photos]
        return await site.http.post("/v1/edge/me/templates", files=files, headers=session)

    added = (await add(mirrored(hopper), collins)).raise_for_status().json()
    assert outcomes(added["images"]) == [[], ["other_person"]]
    assert [t["usable"] for t in added["templates"]] == [True, True]
    assert (await add(collins)).json()["code"] == "input-refused"
    assert (await add(*[hopper] * 4)).json()["code"] == "input-refused"
    assert (await site.look(hopper)).status_code == 200
    for template in added["templates"]:
        left = await site.http.delete(f"/v1/edge/me/templates/{template['id']}", headers=session)
    assert left.raise_for_status().json() == {"templates": []}
    gone = await site.http.delete(f"/v1/edge/me/templates/{template['id']}", headers=session)
    assert (gone.status_code, gone.json()["code"]) == (404, "template-unknown")
    assert (await site.look(hopper)).status_code == 401
    assert (await site.http.get("/v1/edge/me/templates")).json()["code"] == "credential-refused"
    await site.http.post("/v1/edge/me/withdraw", json={"purpose": "recognise"}, headers=session)
    assert (await add(hopper)).json()["code"] == "consent-missing"


# ------ search


async def test_search_greets_members_and_nobody_else(site: SiteUnderTest, hopper: bytes, collins: bytes) -> None:
    """Two faces, one member: the stranger is counted and nothing more; another model is a clear mismatch."""
    (await site.join(photos=(hopper,))).raise_for_status()
    couple = Image.new("RGB", (900, 430))
    for number, photo in enumerate((hopper, collins)):
        couple.paste(Image.open(BytesIO(photo)), (450 * number, 0))
    both = changed(hopper, lambda _: couple)

    async def find(photo: bytes, **form: str) -> httpx.Response:
        form = {"placement": "entrance", "limit": "5"} | form
        return await site.http.post("/v1/edge/search", data=form, files={"image": picture(photo)})

    found = (await find(both)).raise_for_status().json()
    assert (found["faces"], len(found["matches"]), found["waiting"]) == (2, 1, False)
    assert "Grace" in found["matches"][0]["greeting"]["en"]
    assert (await find(collins)).json()["matches"] == []
    assert (await find(hopper, model=site.site.edge.observer.model)).status_code == 200
    other = await find(hopper, model="other@000000000000")
    assert (other.status_code, other.json()["code"]) == (409, "gallery-mismatch")


async def test_a_gallery_of_another_model_is_a_clear_mismatch(site: SiteUnderTest, hopper: bytes) -> None:
    """Templates that another pack made wait; search says so instead of finding nobody."""
    (await site.join(photos=(hopper,))).raise_for_status()
    edge = site.site.edge
    (member,) = edge.members.values()
    old = tuple(replace(template, model="older@000000000000") for template in member.templates)
    await site.site.storage.roster.save(replace(member, templates=old))
    await edge.load()
    answer = await site.http.post("/v1/edge/search", data={"placement": "entrance"}, files={"image": picture(hopper)})
    assert (answer.status_code, answer.json()["code"]) == (409, "gallery-mismatch")
    assert "older@000000000000" in answer.json()["detail"]
    gallery = (await site.http.get("/v1/edge/system")).json()["gallery"]
    assert (gallery["templates"], gallery["other_models"]) == (0, {"older@000000000000": 1})


# ------ not me


async def test_not_me_lowers_the_template_and_three_times_retires_it(site: SiteUnderTest, hopper: bytes) -> None:
    """The visit ends, the bar rises at once, the third correction destroys the template; the log knows pseudonyms."""
    (await site.join(photos=(hopper,), purposes=("recognise", "personalise"))).raise_for_status()
    edge = site.site.edge
    (member,) = edge.members.values()

    async def wrong() -> dict[str, Any]:
        greeted = (await site.look(hopper)).raise_for_status().json()
        session = {"Authorization": f"Bearer {greeted['session']}"}
        answer = (await site.http.post("/v1/edge/me/not-me", headers=session)).raise_for_status().json()
        assert (await site.http.get("/v1/edge/me", headers=session)).status_code == 401
        return answer

    shot = edge.templates(member.id)[0]
    before = edge.identify([shot]).threshold
    assert await wrong() == {"corrected": True, "template_retired": False}
    after = edge.identify([shot]).threshold
    assert after.score > before.score
    assert after.false_match_rate == pytest.approx(before.false_match_rate / 10, rel=0.01)
    assert await wrong() == {"corrected": True, "template_retired": False}
    assert await wrong() == {"corrected": True, "template_retired": True}
    assert (await site.look(hopper)).status_code == 401
    assert edge.member(member.id).templates == ()
    entries = await audited(site, "not_me")
    assert [(e.subject, e.detail["count"]) for e in entries] == [(member.token, str(n)) for n in (1, 2, 3)]
    assert len(await audited(site, "template_retired")) == 1


async def test_a_correction_survives_a_restart_and_needs_a_face(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """Weights come back from the log; a visit by PIN has no template to correct."""
    async with open_test_site(database_url=database_url) as running:
        joined = (await running.join(photos=(hopper,))).raise_for_status().json()
        session = {"Authorization": f"Bearer {joined['session']}"}
        refused = await running.http.post("/v1/edge/me/not-me", headers=session)
        assert (refused.status_code, refused.json()["code"]) == (422, "input-refused")
        greeted = (await running.look(hopper)).raise_for_status().json()
        await running.http.post("/v1/edge/me/not-me", headers={"Authorization": f"Bearer {greeted['session']}"})
    async with open_test_site(database_url=database_url) as running:
        (share,) = running.site.edge.shares.values()
        assert share == pytest.approx(0.1)


# ------ review


async def test_strict_review_holds_the_first_match_until_staff_confirms(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """Not greeted, one line in the queue however often they look; confirmed, they are greeted."""
    async with open_test_site(database_url=database_url, review="strict") as running:
        (await running.join(photos=(hopper,))).raise_for_status()
        (member,) = running.site.edge.members.values()
        for _ in range(2):
            held = await running.look(hopper)
            assert held.status_code == 401
            assert "staff is asked to look" in held.json()["detail"]
        queue = (await running.http.get("/v1/edge/reviews")).raise_for_status().json()
        (review,) = queue["reviews"]
        assert (queue["mode"], review["reason"], review["member"]) == ("strict", "first_time", member.token[:8])
        assert review["score"] >= review["threshold"]
        outside = await running.http.get("/v1/edge/reviews", headers=PROXIED)
        assert outside.json()["code"] == "staff-only"
        answered = await running.http.post(f"/v1/edge/reviews/{review['id']}", json={"answer": "confirm"})
        assert answered.raise_for_status().json()["state"] == "confirmed"
        again = await running.http.post(f"/v1/edge/reviews/{review['id']}", json={"answer": "reject"})
        assert (again.status_code, again.json()["code"]) == (404, "review-unknown")
        assert (await running.look(hopper)).status_code == 200
        assert (await running.http.get("/v1/edge/reviews")).json()["reviews"] == []
        assert [e.detail["answer"] for e in await audited(running, "reviewed")] == ["confirmed"]
        looks = [(e.actor, e.subject, e.detail["purpose"]) for e in await audited(running, "read")]
        assert looks == [("machine", member.token, "review")] * 2  # the list and the answer, each once


async def test_a_pin_confirms_what_waits_and_a_rejection_counts_as_not_me(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """The second factor needs no staff; standard review then holds a member whose template was corrected."""
    async with open_test_site(database_url=database_url, review="strict") as running:
        joined = (await running.join(photos=(hopper,))).raise_for_status().json()
        assert (await running.look(hopper)).status_code == 401
        by_pin = {"placement": "entrance", "pin": joined["pin"]}
        (await running.http.post("/v1/edge/identify", json=by_pin)).raise_for_status()
        assert (await running.look(hopper)).status_code == 200
    async with open_test_site(database_url=database_url, review="standard") as running:
        (member,) = running.site.edge.members.values()
        (template,) = member.templates
        await running.site.corrections.not_me(member.id, template.id, by="kiosk")
        later = FixedClock(running.site.clock.now() + timedelta(hours=2))  # the confirmation has worn off
        running.site.clock = running.site.edge.clock = later
        assert (await running.look(hopper, placement="aisle-1")).status_code == 401
        (review,) = (await running.http.get("/v1/edge/reviews")).json()["reviews"]
        assert review["reason"] == "corrected"
        await running.http.post(f"/v1/edge/reviews/{review['id']}", json={"answer": "reject"})
        assert await running.site.storage.corrections.counts() == {template.id: 2}


# ------ nothing of a face leaves


def numbers_in(answer: Any) -> list[list[Any]]:
    """Lists of more than eight numbers, at any depth."""
    inside = list(answer.values()) if isinstance(answer, dict) else answer if isinstance(answer, list) else []
    own = [answer] if isinstance(answer, list) and len(answer) > 8 and isinstance(answer[0], int | float) else []
    return own + [found for part in inside for found in numbers_in(part)]


async def verify_correct_and_allow(
    site: SiteUnderTest, card: str, session: dict[str, str], photos: tuple[bytes, ...]
) -> None:
    """What a member can ask besides: by card and face together (401 for another face), a new nickname, one consent."""
    for photo in photos:
        data = {"placement": "entrance", "card": card}
        await site.http.post("/v1/edge/verify", data=data, files={"image": picture(photo)})
    notice = next(n for n in (await site.notices())["notices"] if n["purpose"] == "improve")
    ticked = {"purpose": "improve", "notice_version": notice["version"], "notice_sha256": notice["sha256"]["en"]}
    for method, path, body in (
        ("PATCH", "/v1/edge/me", {"nickname": "Ada"}),
        ("POST", "/v1/edge/me/consent", {"locale": "en", "consents": [ticked]}),
    ):
        (await site.http.request(method, path, json=body, headers=session)).raise_for_status()


async def test_no_answer_of_any_route_holds_a_face(
    open_test_site: OpenSite, database_url: str, walk_in: str, hopper: bytes, collins: bytes
) -> None:
    """Every route of the edge is asked once; no answer has the member's or the stranger's embedding, in any form."""
    answers: dict[tuple[str, str], bytes] = {}

    async def keep(response: httpx.Response) -> None:
        await response.aread()
        answers[response.request.method, response.request.url.path] = response.content

    async with open_test_site(database_url=database_url, camera_loop=True, review="strict") as running:
        running.http.event_hooks["response"] = [keep]
        joined = (await running.join(photos=(hopper,))).raise_for_status().json()
        session = {"Authorization": f"Bearer {joined['session']}"}
        edge = running.site.edge
        (template,) = edge.templates(next(iter(edge.members)))
        needles = {f"member {name}": needle for name, needle in forms(template.vector).items()}
        needles |= {f"stranger {name}": needle for name, needle in forms(embedding(running, collins)).items()}

        async def ask(method: str, path: str, **options: Any) -> httpx.Response:
            return (await running.http.request(method, f"/v1/edge{path}", **options)).raise_for_status()

        (held,) = [await running.look(hopper)]
        assert held.status_code == 401
        (review,) = (await ask("GET", "/reviews")).json()["reviews"]
        await ask("POST", f"/reviews/{review['id']}", json={"answer": "confirm"})
        greeted = (await running.look(hopper)).raise_for_status().json()
        both = {"first": picture(hopper), "second": picture(collins)}
        await ask("POST", "/compare", data={"consent": "true"}, files=both)
        for photo in (hopper, collins):
            await ask("POST", "/detect", files={"image": picture(photo)})
            await ask("POST", "/search", data={"placement": "entrance"}, files={"image": picture(photo)})
        await add_monitor(running, walk_in)

        async def shows() -> bool:
            return (await running.http.get("/v1/edge/monitors/door/preview")).status_code == 200

        await eventually(shows)
        for method, path in (("GET", "/monitors"), ("GET", "/monitors/door"), ("GET", "/monitors/door/events")):
            await ask(method, path)
        for method, path in (("GET", "/system"), ("GET", "/pack")):
            await ask(method, path)
        await ask("PATCH", "/monitors/door", json={"enabled": False})
        await ask("DELETE", "/monitors/door")
        await ask("POST", "/identify", json={"placement": "entrance", "pin": joined["pin"]})
        added = await ask("POST", "/me/templates", files=[("images", picture(mirrored(hopper)))], headers=session)
        last = added.json()["templates"][-1]["id"]
        await ask("GET", "/me/templates", headers=session)
        await ask("DELETE", f"/me/templates/{last}", headers=session)
        await ask("POST", "/me/not-me", headers={"Authorization": f"Bearer {greeted['session']}"})
        await ask("GET", "/me", headers=session)
        await verify_correct_and_allow(running, joined["card"], session, (hopper, collins))
        for path, body in (("/me/withdraw", {"purpose": "recognise"}), ("/me/forget", None)):
            await ask("POST", path, json=body, headers=session)
        document = (await running.http.get("/v1/openapi.json")).json()

    shapes = {re.compile("^" + re.sub(r"{\w+}", "[^/]+", path) + "$"): path for path in document["paths"]}
    asked = {(method, path) for method, url in answers for shape, path in shapes.items() if shape.match(url)}
    wanted = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/v1/edge/")
    }
    assert wanted
    assert wanted <= asked, wanted - asked
    assert len(needles) > 10
    for route, content in answers.items():
        assert not [name for name, needle in needles.items() if needle in content], route
        if content[:1] in b"{[" and content:
            assert not numbers_in(json.loads(content)), route
    assert numbers_in({"deep": [{"list": [0.5] * 128}]})
