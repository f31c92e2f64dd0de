"""What a face opens waits for a liveness check where the scenario asks for one; card and PIN never do."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from visavis.perception.liveness.head import Pose
from visavis.types import Guarded, Method

from .conftest import OpenSite, SiteUnderTest
from .test_camera_socket import ask, camera

STRAIGHT = (Pose.STRAIGHT,)  # a portrait can do that much


@pytest.fixture
async def strict(
    open_test_site: OpenSite, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SiteUnderTest]:
    """Asks for a check everywhere but at the desk; the check takes three frames that look straight."""
    monkeypatch.setattr("visavis.pipeline.liveness.draw_steps", lambda _rng: STRAIGHT)
    async with open_test_site(database_url=database_url, liveness="active", attended=("aisle-1",)) as running:
        yield running


def checking(site: SiteUnderTest, use: str) -> Any:
    return camera(site, mode=f"live&use={use}")


async def passed(socket: Any, photo: bytes, first: str | None = None) -> str:
    """Three frames of the same person; the pass."""
    if first:
        await socket.send(first)
    for _ in range(2):
        assert (await ask(socket, photo))["live"]["state"] == "pending"
    reply = await ask(socket, photo)
    assert reply["live"]["state"] == "passed"
    return reply["pass"]


async def enrolled(site: SiteUnderTest, photo: bytes) -> dict[str, Any]:
    return (await site.join(photos=(photo,), placement="aisle-1")).raise_for_status().json()


async def test_pictures_without_a_check_are_refused_and_nothing_is_kept(strict: SiteUnderTest, hopper: bytes) -> None:
    """403 at the kiosk; without pictures the person joins all the same, and at the desk with them."""
    refused = await strict.join(photos=(hopper,))
    assert (refused.status_code, refused.json()["code"]) == (403, "liveness-required")
    assert not strict.site.edge.members
    assert (await strict.join(purposes=("personalise",))).status_code == 201
    assert (await strict.join(photos=(hopper,), placement="aisle-1")).status_code == 201


async def test_a_pass_lets_the_pictures_in_that_the_check_saw(
    strict: SiteUnderTest, hopper: bytes, collins: bytes
) -> None:
    """Of the person who passed: kept. Somebody else's: not, and the pass is gone with the person."""
    strict.http.headers["Liveness-Pass"] = "guessed"
    assert (await strict.join(photos=(hopper,))).status_code == 403
    async with checking(strict, "enrolment") as socket:
        strict.http.headers["Liveness-Pass"] = await passed(socket, hopper)
        assert (await ask(socket, hopper))["kept"] is True
    assert (await strict.join(photos=(hopper,))).status_code == 201
    assert (await strict.join(photos=(hopper,))).status_code == 403  # good once
    async with checking(strict, "enrolment") as socket:
        strict.http.headers["Liveness-Pass"] = await passed(socket, hopper)
    assert (await strict.join(photos=(collins,))).status_code == 403  # a picture that the check did not see


async def test_the_kiosk_compares_a_face_only_after_the_check(strict: SiteUnderTest, hopper: bytes) -> None:
    """Three frames for the check, then the greeting; a single picture without a pass is refused."""
    await enrolled(strict, hopper)
    async with camera(strict) as socket:
        replies = [await ask(socket, hopper) for _ in range(3)]
    assert ["recognised" in reply for reply in replies] == [False, False, True]
    assert (await strict.look(hopper)).status_code == 403
    assert (await strict.look(hopper, placement="aisle-1")).status_code == 200


async def test_a_visit_that_a_face_opened_changes_nothing_without_the_check(
    strict: SiteUnderTest, hopper: bytes, collins: bytes
) -> None:
    """Forgetting needs the member before the camera; a live stranger is not enough. PIN opens it at once."""
    joined = await enrolled(strict, hopper)
    async with camera(strict) as socket:
        replies = [await ask(socket, hopper) for _ in range(3)]
    visit = replies[-1]["recognised"]["session"]
    strict.http.headers["Authorization"] = f"Bearer {visit}"
    refused = await strict.http.post("/v1/edge/me/withdraw", json={"purpose": "improve"})
    assert (refused.status_code, refused.json()["code"]) == (403, "liveness-required")
    async with checking(strict, "consent_change") as socket:
        await socket.send(visit)
        replies = [await ask(socket, collins) for _ in range(3)]
    assert replies[-1]["problem"]["code"] == "liveness-required"
    async with checking(strict, "consent_change") as socket:
        strict.http.headers["Liveness-Pass"] = await passed(socket, hopper, first=visit)
    assert (await strict.http.post("/v1/edge/me/withdraw", json={"purpose": "improve"})).status_code == 200
    del strict.http.headers["Liveness-Pass"]
    by_pin = await strict.http.post("/v1/edge/identify", json={"placement": "entrance", "pin": joined["pin"]})
    strict.http.headers["Authorization"] = f"Bearer {by_pin.json()['session']}"
    assert (await strict.http.post("/v1/edge/me/forget")).status_code == 200


async def test_a_pass_is_for_one_use_and_place(strict: SiteUnderTest, hopper: bytes) -> None:
    """What was earned to be recognised does not enrol."""
    gate = strict.site.liveness
    async with checking(strict, "rewards") as socket:
        key = await passed(socket, hopper)
        assert (await ask(socket, hopper))["kept"] is True
    strict.http.headers["Liveness-Pass"] = key
    assert (await strict.join(photos=(hopper,))).status_code == 403
    assert gate.level(Guarded.ENROLMENT, "entrance") == "active"
    assert gate.level(Guarded.ENROLMENT, "aisle-1") == "off"


async def test_five_failures_lock_the_camera_way_and_leave_the_others(
    strict: SiteUnderTest, hopper: bytes, collins: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever leaves after seeing what is asked has failed too; PIN and card go on."""
    joined = await enrolled(strict, hopper)
    monkeypatch.setattr("visavis.pipeline.liveness.draw_steps", lambda _rng: (Pose.STRAIGHT, Pose.LEFT))
    for _ in range(5):
        async with checking(strict, "enrolment") as socket:
            replies = [await ask(socket, hopper) for _ in range(4)]
            assert replies[-1]["live"]["pose"] == "left"
    async with checking(strict, "enrolment") as socket:
        reply = json.loads(await socket.recv())
    assert (reply["problem"]["code"], reply["problem"]["status"]) == ("liveness-locked", 429)
    welcome = await strict.site.edge.presented(joined["pin"], method=Method.PIN, placement="entrance")
    assert welcome.nickname == "Grace"


async def test_replies_hold_no_score(strict: SiteUnderTest, hopper: bytes) -> None:
    """Invariant 2: what to do and how far it is, nothing more."""
    async with checking(strict, "enrolment") as socket:
        reply = await ask(socket, hopper)
    assert set(reply) == {"faces", "hint", "usable", "live"}
    assert set(reply["live"]) == {"state", "challenge", "pose", "colour", "number", "of", "left_s"}


async def test_by_default_the_shop_asks_for_no_check(site: SiteUnderTest) -> None:
    """The retail pack leaves it off; the kiosk is told so."""
    assert (await site.notices())["liveness"] == {"enrolment": "off", "consent_change": "off", "rewards": "off"}
