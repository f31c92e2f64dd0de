"""Browser frames: guidance, recognition by face and by card, and what is refused."""

import json
from io import BytesIO
from typing import Any

import pytest
import segno
from PIL import Image
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .conftest import SiteUnderTest


def jpeg(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, format="JPEG", quality=90)
    return out.getvalue()


def camera(site: SiteUnderTest, *, mode: str = "identify", placement: str = "entrance", **options: Any) -> connect:
    base = site.address.replace("http", "ws", 1)
    return connect(f"{base}/v1/edge/camera?placement={placement}&mode={mode}", **options)


async def ask(socket: Any, frame: bytes) -> dict[str, Any]:
    await socket.send(frame)
    return json.loads(await socket.recv())


EMPTY = jpeg(Image.new("RGB", (640, 480), (90, 90, 90)))


async def test_a_person_is_guided_and_then_recognised(site: SiteUnderTest, hopper: bytes, collins: bytes) -> None:
    """No face, then a stranger, then the member, who is greeted once."""
    (await site.join(photos=(hopper,))).raise_for_status()
    async with camera(site) as socket:
        assert await ask(socket, EMPTY) == {"faces": 0, "hint": "no_face", "usable": False}
        stranger = await ask(socket, collins)
        assert stranger["faces"] == 1
        assert "recognised" not in stranger
    async with camera(site) as socket:
        member = await ask(socket, hopper)
        assert member["recognised"]["method"] == "face"
        assert "Grace" in member["recognised"]["greeting"]["en"]
        assert "recognised" not in await ask(socket, hopper)


async def test_a_card_held_to_the_camera_is_as_good_as_a_face(site: SiteUnderTest) -> None:
    """Invariant 5; a card of nobody is nobody's."""
    joined = (await site.join(purposes=("personalise",))).raise_for_status().json()
    shown = []
    for text in ("VV1-NOTACARD", joined["card"]):
        code = BytesIO()
        segno.make(text, error="m").save(code, kind="png", scale=8, border=4)
        picture = Image.new("RGB", (640, 480), (200, 200, 200))
        picture.paste(Image.open(code).convert("RGB"), (120, 60))
        shown.append(jpeg(picture))
    async with camera(site) as socket:
        assert "recognised" not in await ask(socket, shown[0])
        assert (await ask(socket, shown[1]))["recognised"]["method"] == "card"


async def test_enrolment_guidance_compares_with_nobody(site: SiteUnderTest, hopper: bytes) -> None:
    """A member who looks into the enrolment camera is not recognised by it."""
    (await site.join(photos=(hopper,))).raise_for_status()
    async with camera(site, mode="enrol") as socket:
        assert await ask(socket, hopper) == {"faces": 1, "hint": None, "usable": True}


@pytest.mark.parametrize("frame", [b"", b"not a picture", b"\xff\xd8\xff" + b"\0" * 1_500_000])
async def test_a_bad_frame_is_a_problem_and_the_end(site: SiteUnderTest, frame: bytes) -> None:
    """The page is told why; the server goes on."""
    async with camera(site) as socket:
        assert (await ask(socket, frame))["problem"]["code"] == "image-refused"
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert (await site.http.get("/healthz")).status_code == 200


async def test_another_sites_page_may_not_use_the_camera(site: SiteUnderTest) -> None:
    """A WebSocket is not bound by the same-origin policy, so the server looks at Origin itself."""
    with pytest.raises(InvalidStatus):
        async with camera(site, origin="https://evil.example"):
            pass


async def test_an_unknown_placement_is_told(site: SiteUnderTest) -> None:
    """Before any frame."""
    async with camera(site, placement="nowhere") as socket:
        assert json.loads(await socket.recv())["problem"]["code"] == "placement-unknown"


async def test_a_foreign_host_name_is_refused(site: SiteUnderTest) -> None:
    """DNS rebinding: a name that somebody else made resolve to this machine is not this machine."""
    assert (await site.http.get("/healthz", headers={"Host": "evil.example"})).status_code == 400


async def test_another_sites_page_may_not_write(site: SiteUnderTest) -> None:
    """A form or fetch of a foreign page, whatever its content type; the site's own pages may."""
    for origin, status in (("https://evil.example", 403), ("null", 403), (site.address, 422)):
        answer = await site.http.post("/v1/events", content="x", headers={"Origin": origin})
        assert answer.status_code == status


async def test_guessing_pins_is_slowed_down(site: SiteUnderTest) -> None:
    """After ten wrong codes at a placement even the right one has to wait; elsewhere nobody notices."""
    joined = (await site.join(purposes=("personalise",))).raise_for_status().json()
    for number in range(10):
        wrong = {"placement": "entrance", "pin": f"{number:010d}"}
        assert (await site.http.post("/v1/edge/identify", json=wrong)).status_code == 401
    right = {"placement": "entrance", "pin": joined["pin"]}
    assert (await site.http.post("/v1/edge/identify", json=right)).status_code == 429
    assert (await site.http.post("/v1/edge/identify", json=right | {"placement": "aisle-1"})).status_code == 200
