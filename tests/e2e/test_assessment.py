"""Faces stay off at a site until somebody has signed what it does; card and PIN go on."""

import json
from typing import Any

import httpx
from websockets.asyncio.client import connect

from visavis.privacy.assessment.signing import Signed, public_key, read, read_file, sign, write_file
from visavis.server.faces_allowed import FaceUse
from visavis.testing import T0

from .conftest import OpenSite, SiteUnderTest


def sign_for(running: SiteUnderTest, **changes: Any) -> None:
    """As `visavis assess sign` does, for what runs."""
    site = running.site
    signed = Signed(
        configuration={**site.configuration.facts(), **changes},
        answers={"controller": "Corner Market Ltd"},
        role="Data protection officer",
        signed_at=T0,
        demonstration=False,
    )
    write_file(site.settings.assessment_file, sign(site.keys, signed))


async def every_face_route(running: SiteUnderTest, photo: bytes) -> dict[str, httpx.Response]:
    """What each answers to a picture."""
    form = {"placement": "entrance", "consent": "true"}
    one = {"image": ("p.jpg", photo, "image/jpeg")}
    two = dict.fromkeys(("first", "second"), ("p.jpg", photo, "image/jpeg"))
    post = running.http.post
    return {
        "identify": await running.look(photo),
        "search": await post("/v1/edge/search", data=form, files=one),
        "detect": await post("/v1/edge/detect", files=one),
        "compare": await post("/v1/edge/compare", data=form, files=two),
        "join": await running.join(photos=(photo,)),
    }


async def camera_says(running: SiteUnderTest) -> dict[str, Any]:
    """The first reply of the camera socket."""
    address = running.address.replace("http", "ws") + "/v1/edge/camera?placement=entrance"
    async with connect(address) as socket:
        reply: dict[str, Any] = json.loads(await socket.recv())
        return reply


async def test_r14_without_an_assessment_faces_are_off_and_everything_else_works(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """No route, socket or camera looks at a face, and each says why; PIN and card give what they gave."""
    cameras = ("door=rtsp://10.255.255.1/live@entrance",)
    async with open_test_site(database_url=database_url, demonstration=False, cameras=cameras) as running:
        assert running.site.faces.use is FaceUse.NO_ASSESSMENT
        assert running.site.watch.states() == ()
        answers = await every_face_route(running, hopper)
        assert len(answers) == 5
        for name, answer in answers.items():
            assert (answer.status_code, answer.json()["code"]) == (403, "faces-off"), name
            assert "no_assessment" in answer.json()["detail"]
        assert (await camera_says(running))["problem"]["code"] == "faces-off"
        assert running.site.tally.faces_seen == 0
        notices = await running.notices()
        assert (notices["camera_allowed"], notices["faces"]) == (False, "no_assessment")
        ready = (await running.http.get("/readyz")).json()
        assert (ready["status"], ready["faces"]) == ("ready", "no_assessment")

        joined = (await running.join(purposes=("personalise",))).json()
        for credential in ({"pin": joined["pin"]}, {"card": joined["card"]}):
            known = await running.http.post("/v1/edge/identify", json={"placement": "entrance", **credential})
            assert known.json()["decision"]["item"]["id"]


async def test_r14_a_signed_assessment_lets_faces_start_and_a_changed_site_stops_them(
    open_test_site: OpenSite, database_url: str, hopper: bytes
) -> None:
    """At the next start each time; what changed is named; templates stay sealed while faces are off."""
    asked = {"database_url": database_url, "demonstration": False}
    async with open_test_site(**asked) as running:
        sign_for(running)
        assert (await running.look(hopper)).status_code == 403  # not before the next start
    async with open_test_site(**asked, log_level="warning", show_s=5) as running:
        assert running.site.faces.on
        joined = (await running.join(photos=(hopper,))).json()
        assert joined["recognised_by_face"]
        assert (await running.look(hopper)).status_code == 200
    async with open_test_site(**asked, review="strict", false_match_rate=0.01) as running:
        assert running.site.faces.use is FaceUse.STALE_ASSESSMENT
        assert running.site.edge.gallery.members == 0
        assert running.site.faces.detail == "false_match_rate: 0.001, now 0.01; review: off, now strict"
        refused = (await running.look(hopper)).json()
        assert refused["detail"].endswith("(stale_assessment)")  # what changed is told to staff alone
        pin = {"placement": "entrance", "pin": joined["pin"]}
        assert (await running.http.post("/v1/edge/identify", json=pin)).status_code == 200
    async with open_test_site(**asked) as running:
        assert (await running.look(hopper)).status_code == 200


async def test_r14_a_new_camera_needs_a_new_assessment(open_test_site: OpenSite, database_url: str) -> None:
    """One that staff adds while the site runs counts at the next start; one that is switched off does not."""
    asked = {"database_url": database_url, "demonstration": False}
    address = "rtsp://10.255.255.1/live"
    async with open_test_site(**asked) as running:
        sign_for(running)
    async with open_test_site(**asked) as running:
        await running.site.monitors.add(
            name="off", address=address, placement="aisle-1", max_fps=1, enabled=False, actor="test"
        )
    async with open_test_site(**asked) as running:
        assert running.site.faces.on
        await running.site.monitors.add(
            name="door", address=address, placement="entrance", max_fps=1, enabled=True, actor="test"
        )
    async with open_test_site(**asked) as running:
        assert running.site.faces.reason == "stale_assessment: cameras.entrance: none, now 1"


async def test_r14_a_demonstration_is_marked_and_counts_for_nothing_else(
    open_test_site: OpenSite, database_url: str
) -> None:
    """It gets a marked assessment; the same site without the setting has none. A real one is not written over."""
    async with open_test_site(database_url=database_url) as running:
        assert running.site.faces.on
        assert (await running.http.get("/readyz")).json()["demonstration"] is True
        file, public = running.site.settings.assessment_file, public_key(running.site.keys)
    assert read(str(read_file(file)), public).demonstration
    async with open_test_site(database_url=database_url, demonstration=False) as running:
        assert running.site.faces.use is FaceUse.NO_ASSESSMENT
        sign_for(running)
    before = read_file(file)
    async with open_test_site(database_url=database_url, review="strict"):
        assert read_file(file) == before


PAGES = ("/kiosk?placement=entrance", "/play/entrance", "/console/", "/console/recognition", "/play/nowhere")


async def test_r14_every_page_of_a_demonstration_is_marked(open_test_site: OpenSite, database_url: str) -> None:
    """Whatever the browser accepts; a site that is none has no mark, and what is no page is left alone."""
    browser = {"accept": "text/html", "accept-encoding": "gzip", "if-none-match": '"x"'}
    for demonstration, marks in ((True, 1), (False, 0)):
        async with open_test_site(database_url=database_url, demonstration=demonstration) as running:
            for page in PAGES:
                answer = await running.http.get(page, headers=browser, follow_redirects=True)
                assert answer.headers["content-type"].startswith("text/html"), page
                assert answer.text.count('class="demonstration"') == marks, page
                assert answer.text.rstrip().endswith("</html>"), page
            style = await running.http.get("/static/shared/demonstration.css")
            assert (style.status_code, b"demonstration" in style.content) == (200, True)
            assert (await running.http.get("/healthz")).json() == {"status": "ok"}


async def test_r14_the_console_says_why_faces_are_off(open_test_site: OpenSite, database_url: str) -> None:
    """With the reason, and with what changed."""
    asked = {"database_url": database_url, "demonstration": False}
    async with open_test_site(**asked) as running:
        assert "visavis assess sign" in (await running.http.get("/console/")).text
        sign_for(running)
    async with open_test_site(**asked, review="strict") as running:
        page = (await running.http.get("/console/?lang=zh-CN")).text
        assert "签署影响评估之后本站有变更" in page
        assert "review: off, now strict" in page
