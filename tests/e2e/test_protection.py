"""Levels of protection: at L2 the site opens nothing without the member's card, and searches for nobody."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.async_api import async_playwright, expect

from visavis.errors import KeyHeld
from visavis.identity.enrol import nickname, open_templates
from visavis.privacy.keys import FileSiteKey
from visavis.types import Method, Purpose

from .conftest import OpenSite, SiteUnderTest
from .test_browser import CHROMIUM, opened
from .test_camera_socket import EMPTY, ask, camera, jpeg


def card_picture(card: str) -> bytes:
    """A card held to the camera."""
    code = BytesIO()
    segno.make(card, error="m").save(code, kind="png", scale=8, border=4)
    picture = Image.new("RGB", (640, 480), (200, 200, 200))
    picture.paste(Image.open(code).convert("RGB"), (120, 60))
    return jpeg(picture)


async def verify(site: SiteUnderTest, card: str, photo: bytes) -> tuple[int, dict]:
    answer = await site.http.post(
        "/v1/edge/verify",
        data={"placement": "entrance", "card": card},
        files={"image": ("p.jpg", photo, "image/jpeg")},
    )
    return answer.status_code, answer.json()


async def test_r22_at_l2_nothing_opens_without_the_card(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """With every key and every file of the site: no template, no nickname; and no card rests."""
    async with open_test_site(database_url=database_url, protection="L2") as site:
        joined = (await site.join(photos=(hopper,))).raise_for_status().json()
        assert (joined["recognised_by_face"], joined["card_needed"]) == (True, True)
        assert "Grace" in joined["greeting"]["en"]
        (member,) = await site.site.storage.roster.members()
        assert len(member.templates) == 1
        folder = site.site.settings.data_dir
        keys = FileSiteKey(folder / "site.key")
        for attempt in (
            lambda: nickname(member, keys),
            lambda: open_templates(member, keys, member.templates[0].model),
        ):
            with pytest.raises(KeyHeld):
                attempt()
        assert keys.is_held(member.wrapped_key)
        assert len(site.site.edge.gallery) == 0
        assert (await site.look(hopper)).status_code == 401
        rests = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
        assert joined["card"].encode() not in rests
        assert joined["card"] not in repr(member)
    async with open_test_site(database_url=database_url, protection="L2") as site:  # nor after a restart
        assert len(site.site.edge.gallery) == 0
        assert (await site.look(hopper)).status_code == 401


async def test_r22_card_and_face_are_compared_one_to_one(
    open_test_site: OpenSite, database_url: str, hopper: bytes, collins: bytes
) -> None:
    """The member with their card is known by face; another face, another card and no face are refused alike."""
    async with open_test_site(database_url=database_url, protection="L2") as site:
        hers = (await site.join(photos=(hopper,))).raise_for_status().json()
        his = (await site.join(photos=(collins,), nickname="Michael")).raise_for_status().json()
        status, found = await verify(site, hers["card"], hopper)
        assert (status, found["method"]) == (200, "face")
        assert "Grace" in found["greeting"]["en"]
        refusals = [
            await verify(site, card, photo)
            for card, photo in (
                (hers["card"], collins),
                (his["card"], hopper),
                ("VV1-NOBODYS", hopper),
                (hers["card"], EMPTY),
            )
        ]
        assert {status for status, _ in refusals} == {401}
        assert len({str(body) for _, body in refusals}) == 1  # nobody learns which of the two was wrong

        async with camera(site) as socket:  # the same at the kiosk
            assert (await ask(socket, hopper))["hint"] == "show_card"
            assert (await ask(socket, card_picture("VV1-NOBODYS")))["hint"] == "show_card"
            shown = await ask(socket, card_picture(hers["card"]))
            assert "recognised" not in shown
            assert "recognised" not in await ask(socket, collins)
        async with camera(site) as socket:
            await ask(socket, card_picture(hers["card"]))
            assert (await ask(socket, EMPTY))["hint"] == "no_face"
            seen = (await ask(socket, hopper))["recognised"]
            assert seen["method"] == "face"
            assert "Grace" in seen["greeting"]["en"]


async def test_at_l2_a_face_that_does_not_fit_denies_nothing(
    open_test_site: OpenSite, database_url: str, hopper: bytes, collins: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three looks, or a few seconds, the card alone does; without photos at once; the PIN always."""
    monkeypatch.setattr("visavis.pipeline.card_and_face.OTHER_MOMENT", timedelta())
    async with open_test_site(database_url=database_url, protection="L2") as site:
        joined = (await site.join(photos=(hopper,))).raise_for_status().json()
        plain = (await site.join(purposes=("personalise",), nickname="Ada")).raise_for_status().json()
        async with camera(site) as socket:
            await ask(socket, card_picture(joined["card"]))
            answers = [await ask(socket, collins) for _ in range(3)]
        assert ["recognised" in answer for answer in answers] == [False, False, True]
        assert answers[-1]["recognised"]["method"] == "card"
        async with camera(site) as socket:
            assert (await ask(socket, card_picture(plain["card"])))["recognised"]["method"] == "card"
        pin = {"placement": "entrance", "pin": joined["pin"]}
        found = (await site.http.post("/v1/edge/identify", json=pin)).raise_for_status().json()
        assert found["greeting"]["en"].endswith("–") or "–" in found["greeting"]["en"]
        assert found["decision"] is not None


async def session_by(site: SiteUnderTest, **code: str) -> dict[str, str]:
    body = {"placement": "entrance"} | code
    found = (await site.http.post("/v1/edge/identify", json=body)).raise_for_status().json()
    return {"Authorization": f"Bearer {found['session']}"}


async def test_r22_rights_at_l2_need_no_card_but_what_it_seals(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """With the PIN: what is held is said to be held, corrections wait for the card; withdrawing and leaving do not."""
    async with open_test_site(database_url=database_url, protection="L2") as site:
        joined = (await site.join(photos=(hopper,))).raise_for_status().json()
        by_card, by_pin = await session_by(site, card=joined["card"]), await session_by(site, pin=joined["pin"])
        me = [(await site.http.get("/v1/edge/me", headers=who)).raise_for_status().json() for who in (by_card, by_pin)]
        assert [(one["nickname"], one["held"]) for one in me] == [("Grace", False), ("–", True)]
        again = {"images": ("p.jpg", hopper, "image/jpeg")}
        added = await site.http.post("/v1/edge/me/templates", headers=by_pin, files=again)
        assert (added.status_code, added.json()["code"]) == (401, "key-held")
        added = await site.http.post("/v1/edge/me/templates", headers=by_card, files=again)
        assert added.status_code == 201
        assert len(added.json()["templates"]) == 2

        (await site.http.post("/v1/edge/me/withdraw", headers=by_pin, json={"purpose": "recognise"})).raise_for_status()
        (member,) = await site.site.storage.roster.members()
        assert not member.templates
        assert (await verify(site, joined["card"], hopper))[0] == 401
        by_card = await session_by(site, card=joined["card"])
        assert (await site.http.get("/v1/edge/me", headers=by_card)).json()["nickname"] == "–"  # it was sealed with it
        (await site.http.post("/v1/edge/me/forget", headers=by_pin)).raise_for_status()
        assert not await site.site.storage.roster.members()


async def test_members_of_before_go_into_the_hand_of_their_card(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """A site that goes up to L2 searches for nobody from then on; at the next card visit the card holds the key."""
    async with open_test_site(database_url=database_url) as site:
        joined = (await site.join(photos=(hopper,))).raise_for_status().json()
        assert (await site.look(hopper)).status_code == 200
        (before,) = await site.site.storage.roster.members()
    async with open_test_site(database_url=database_url, protection="L2") as site:
        keys = site.site.keys
        assert (await site.look(hopper)).status_code == 401
        assert (await verify(site, joined["card"], hopper))[0] == 200
        assert not keys.is_held(before.wrapped_key)
        await session_by(site, card=joined["card"])
        (after,) = await site.site.storage.roster.members()
        assert keys.is_held(after.wrapped_key)
        assert (await verify(site, joined["card"], hopper))[0] == 200
        member = site.site.edge.member(after.id)
        await site.site.edge.permitted(member, Purpose.RECOGNISE)
        by_pin = await site.site.edge.presented(joined["pin"], method=Method.PIN, placement="entrance")
        assert by_pin.nickname == "–"


async def test_at_l0_there_is_no_slot_to_destroy(open_test_site: OpenSite, database_url: str, hopper: bytes) -> None:
    """The site key and the keyed rotation alone; everything works."""
    async with open_test_site(database_url=database_url, protection="L0") as site:
        joined = (await site.join(photos=(hopper,))).raise_for_status().json()
        assert (await site.look(hopper)).status_code == 200
        (member,) = await site.site.storage.roster.members()
        assert not site.site.keys.is_erasable(member.wrapped_key)
        assert not (site.site.settings.data_dir / "site.slots").exists()
        who = {"Authorization": f"Bearer {joined['session']}"}
        (await site.http.post("/v1/edge/me/forget", headers=who)).raise_for_status()
        assert (await site.look(hopper)).status_code == 401


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium: sudo apt-get install -y chromium")
async def test_r22_the_kiosk_asks_for_the_card_then_looks(
    open_test_site: OpenSite, database_url: str, hopper: bytes, tmp_path: Path
) -> None:
    """In a browser whose camera sees nobody, then a card, then its member: asked, known by face, and greeted."""
    async with open_test_site(database_url=database_url, protection="L2") as site:
        joined = (await site.join(photos=(hopper,))).raise_for_status().json()
        face = Image.new("RGB", (640, 480), (120, 124, 130))
        with Image.open(BytesIO(hopper)) as head:
            face.paste(head.resize((440, 450)), (100, 30))
        film = tmp_path / "card-and-face.mjpeg"
        film.write_bytes(EMPTY * 60 + card_picture(joined["card"]) * 40 + jpeg(face) * 60)
        async with async_playwright() as playwright:
            chromium = await playwright.chromium.launch(
                executable_path=CHROMIUM,
                args=[
                    "--no-sandbox",
                    "--use-fake-ui-for-media-stream",
                    "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-video-capture={film}",
                ],
            )
            kiosk = await opened(chromium, site, "/kiosk?placement=entrance")
            await kiosk.by("start").click()
            await kiosk.by("choose-camera").click()
            await expect(kiosk.page.locator("#hint")).to_have_text("Hold your card to the camera", timeout=20_000)
            await expect(kiosk.by("greeting")).to_contain_text("Grace", timeout=30_000)
            assert await kiosk.by("not-me").is_visible()  # which only a face offers
            assert not kiosk.complaints
            await chromium.close()
