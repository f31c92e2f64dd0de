"""The edge's HTTP API through its outside: real pictures, the real pack, a real database."""

from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from visavis.perception.decode import decode_image
from visavis.perception.film import write_film
from visavis.types import Frame

from .conftest import OpenSite, SiteUnderTest, eventually

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
    """The same picture is one person, two people are not; staff reads the score, a caller through a proxy does not."""
    same = (await compare(site, hopper, hopper)).raise_for_status().json()
    other = (await compare(site, hopper, collins, false_match_rate="0.01")).raise_for_status().json()
    assert (same["same_person"], other["same_person"]) == (True, False)
    assert same["score"] == pytest.approx(1.0, abs=0.01)
    assert (same["false_match_rate"], other["false_match_rate"]) == (0.001, 0.01)
    assert other["threshold"] < same["threshold"]
    outside = (await compare(site, hopper, hopper, headers=PROXIED)).raise_for_status().json()
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
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (320, 240), (90, 90, 90)).save(out, format="JPEG")
    refused = await compare(site, hopper, out.getvalue())
    assert (refused.status_code, refused.json()["code"]) == (422, "no-face-found")
    assert "second" in refused.json()["detail"]


async def test_asking_too_often_is_refused_with_a_time_to_wait(site: SiteUnderTest, hopper: bytes) -> None:
    """The limit is per place; the answer says when to come back."""
    from visavis.server.limits import Limits

    site.site.limits = Limits(site.site.clock, requests=1)
    assert (await site.http.post("/v1/edge/detect", files={"image": picture(hopper)})).status_code == 200
    refused = await site.http.post("/v1/edge/detect", files={"image": picture(hopper)})
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert refused.headers["retry-after"] == "60"


# ------ system


async def test_system_tells_what_runs_and_how_sure_it_is(site: SiteUnderTest, hopper: bytes) -> None:
    """Versions, licences, counts and the threshold with its evidence; for staff at the machine."""
    (await site.join(photos=(hopper,))).raise_for_status()
    system = (await site.http.get("/v1/edge/system")).raise_for_status().json()
    pack = (await site.http.get("/v1/edge/pack", headers=PROXIED)).raise_for_status().json()
    assert system["pack"] == pack
    assert pack["model"] == system["gallery"]["model"] == site.site.edge.gallery.model
    assert pack["licences"]
    assert {model["kind"] for model in pack["models"]} >= {"embedder"}
    assert (system["gallery"]["members"], system["gallery"]["templates"]) == (1, 1)
    assert system["threshold"]["false_positive_rate"] == site.site.settings.false_match_rate
    assert system["threshold"]["impostor_pairs"] > 0
    assert system["uptime_s"] >= 0
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
