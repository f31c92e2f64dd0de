"""`/v1/edge`: what kiosks ask the machine with the camera. No route ever returns an embedding."""

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from typing import Annotated, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import segno
from fastapi import APIRouter, File, Form, Header, Request, UploadFile, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import HTTPConnection

from visavis.delivery.open_items import Withheld, withheld
from visavis.errors import (
    ConsentMissing,
    CredentialRefused,
    ImageRefused,
    InputRefused,
    LivenessRequired,
    VisavisError,
)
from visavis.identity.enrol import NO_NAME
from visavis.perception.cards import read_card
from visavis.perception.decode import decode_image
from visavis.pipeline.camera import Camera
from visavis.pipeline.card_and_face import Claim, Verifier, claimed, handed_over
from visavis.pipeline.edge import Welcome
from visavis.pipeline.enrolment import ReviewMode
from visavis.pipeline.liveness import Challenge
from visavis.privacy.consent import State, notice_sha256, standing
from visavis.privacy.declared import Declared
from visavis.server.access import PUBLIC, VISIT, check_place, device
from visavis.server.api.answers import Consents, Forgotten, Greeted, Joined, Me, Notices
from visavis.server.api.shots import judged, shot_views
from visavis.server.api.uploads import example, read_bounded
from visavis.server.callers import asking, code_key
from visavis.server.limits import CODES, MEMBER
from visavis.server.liveness import LiveView, is_member, live_view
from visavis.server.permissions import Permission
from visavis.server.problems import problem, refused
from visavis.server.screens import decision_view
from visavis.server.sessions import Session
from visavis.server.site import Site, site_of
from visavis.types import DeletionReceipt, Face, Frame, Guarded, Liveness, MemberId, Method, Purpose

router = APIRouter(prefix="/v1/edge", tags=["edge"])

T = TypeVar("T")
MAX_PHOTOS = 5
MAX_FRAME_BYTES = 1_000_000  # a 640-pixel JPEG is some 60 kB
MAX_SESSION = 64  # characters of a session's key

LivenessPass = Annotated[str | None, Header(max_length=64)]
"""The pass of a liveness check, where the scenario asks for one: header `Liveness-Pass`."""


class Identify(BaseModel):
    """A card or a PIN, shown at a placement."""

    model_config = example({"placement": "entrance", "pin": "0123456789"})

    placement: str = Field(max_length=64)
    pin: str | None = Field(default=None, max_length=32)
    card: str | None = Field(default=None, max_length=256)


class Ticked(BaseModel):
    """One purpose that the person ticked, and the notice that they read."""

    model_config = ConfigDict(extra="forbid")

    purpose: Purpose
    notice_version: str = Field(max_length=64)
    notice_sha256: str = Field(pattern="^[0-9a-f]{64}$")


JOINING = {
    "placement": "entrance",
    "nickname": "Grace",
    "locale": "en",
    "age_confirmed": True,
    "consents": [{"purpose": "recognise", "notice_version": "1", "notice_sha256": "0" * 64}],
}


class Joining(BaseModel):
    """What a person declares when they join."""

    model_config = example(JOINING)

    placement: str = Field(max_length=64)
    nickname: str = Field(min_length=1, max_length=80)
    locale: str = Field(pattern="^(en|zh-CN)$")
    age_confirmed: bool  # at least `minimum_age` of the notices; no age is asked, guessed or kept
    guardian: bool = False  # a parent or guardian stands by, has read the notices and consents
    signature: str = Field(default="", max_length=200)  # name of whoever signs; only its keyed digest is kept
    consents: list[Ticked] = Field(max_length=len(Purpose))


class Allowing(BaseModel):
    """What a member allows again, or besides."""

    model_config = example({"locale": JOINING["locale"], "consents": JOINING["consents"]})

    locale: str = Field(pattern="^(en|zh-CN)$")
    signature: str = Field(default="", max_length=200)  # of the guardian, or where the law asks for a written release
    consents: list[Ticked] = Field(min_length=1, max_length=len(Purpose))


class Withdraw(BaseModel):
    """One purpose to end."""

    model_config = example({"purpose": "recognise"})

    purpose: Purpose


def greeting(site: Site, nickname: str) -> dict[str, str]:
    """The scenario's greeting in each language."""
    return {locale: text.replace("{nickname}", nickname) for locale, text in site.scenario.greeting.items()}


def recognised(site: Site, welcome: Welcome) -> dict[str, Any]:
    """What the kiosk learns about the member who stands before it."""
    session = site.sessions.start(
        welcome.member_id,
        welcome.sighting.placement,
        welcome.decision,
        by_face=welcome.sighting.method is Method.FACE and not welcome.holder,  # a card is no picture
        template_id=welcome.template_id,
        holder=welcome.holder,
    )
    return {
        "method": welcome.sighting.method.value,
        "withheld": not_shown(site, welcome),
        "greeting": greeting(site, welcome.nickname),
        "session": session,
        "decision": decision_view(welcome.decision, site.scenario) if welcome.decision else None,
        "ask": [purpose.value for purpose in welcome.ask],
        "news": welcome.news,
    }


def not_shown(site: Site, welcome: Welcome) -> Withheld | None:
    """Why something is kept from the place where the member stands."""
    placement = site.scenario.placements[welcome.sighting.placement]
    people, now = welcome.sighting.people_in_view, site.clock.now()
    return withheld(site.scenario, placement, people_in_view=people, now=now)


@router.get("/notices", response_model=Notices, dependencies=[PUBLIC])
async def notices(request: Request, placement: str) -> dict[str, Any]:
    """What a person reads before joining."""
    site = site_of(request)
    site.edge.check_placement(placement)
    scenario = site.scenario
    return {
        "scenario": scenario.name,
        "title": dict(scenario.title),
        "site": site.edge.site,
        "minimum_age": site.edge.minimum_age,
        "guardian_consents": site.law.guardian_consents_below,
        "written_release": site.law.written_release,
        "camera_allowed": site.faces.on,
        "faces": site.faces.use.value,
        "liveness": site.liveness.levels(placement),
        "notices": [
            {
                "purpose": notice.purpose.value,
                "version": notice.version,
                "required": notice.required,
                "title": dict(notice.title),
                "text": dict(notice.text),
                "sha256": {locale: notice_sha256(notice, locale) for locale in notice.text},
            }
            for notice in scenario.notices.values()
            if notice.purpose is not Purpose.RECOGNISE or not site.edge.faces_off
        ],
    }


@router.post("/identify", response_model=Greeted, dependencies=[device(Permission.RUN_KIOSK)])
async def identify(request: Request, body: Identify) -> dict[str, Any]:
    """Know a member by card or PIN; every failure looks the same."""
    site = site_of(request)
    match (body.pin, body.card):
        case (str(code), None):
            method = Method.PIN
        case (None, str(code)):
            method = Method.CARD
        case _:
            raise InputRefused("give either pin or card")
    return recognised(site, await presented(site, request, code, method=method, placement=body.placement))


async def presented(site: Site, connection: HTTPConnection, code: str, *, method: Method, placement: str) -> Welcome:
    """Know a member by a code; guessing is limited by place, caller and code, before anybody is looked for."""
    await check_place(connection, placement)
    known = functools.partial(site.edge.presented, code, method=method, placement=placement)
    welcome = await guessed(site, connection, code, placement, known)
    if site.edge.held and welcome.holder:
        await handed_over(site.edge, welcome.member_id, welcome.holder)
    await site.reviews.known_otherwise(welcome)
    site.accuracy.known_otherwise(welcome)
    site.tally.welcomed(welcome)
    return welcome


async def guessed(
    site: Site, connection: HTTPConnection, code: str, placement: str, known: Callable[[], Awaitable[T]]
) -> T:
    """What is known by a code; wrong ones are counted by place, caller and code."""
    who = asking(connection, placement=placement)
    site.limits.check(CODES, *who)
    site.limits.take(MEMBER, code_key(code))
    try:
        return await known()
    except CredentialRefused:
        site.limits.count(CODES, *who)
        raise


@router.post("/identify/face", response_model=Greeted, dependencies=[device(Permission.RUN_KIOSK)])
async def identify_face(
    request: Request, placement: Annotated[str, Form()], image: UploadFile, liveness_pass: LivenessPass = None
) -> dict[str, Any]:
    """Know a member by one picture: for terminals that are not browsers. 401 when nobody is recognised."""
    site = site_of(request)
    site.edge.check_faces()
    await check_place(request, placement)
    data = await read_bounded(image)
    camera = Camera(edge=site.edge, placement=placement, shots=1)
    site.liveness.demand(liveness_pass, use=Guarded.REWARDS, placement=placement, pictures=[data])
    async with site.limits.turn(*asking(request, placement=placement)):
        pixels = await asyncio.to_thread(decode_image, data)
        seen = await site.see(camera, site.frame(pixels, source="upload"))
    if not seen.welcomes:
        waits = bool(seen.known) and site.reviews.waits(placement, site.clock.now())
        why = "staff is asked to look" if waits else "nobody was recognised"
        raise CredentialRefused(f"{why}; the card or the PIN serves as well")
    return recognised(site, seen.welcomes[0])


@router.post("/members", status_code=201, response_model=Joined, dependencies=[device(Permission.RUN_KIOSK)])
async def join(
    request: Request,
    enrolment: Annotated[
        str, Form(max_length=20_000, description="JSON, as in the example.", examples=[json.dumps(JOINING)])
    ],
    images: Annotated[list[UploadFile] | None, File()] = None,
    liveness_pass: LivenessPass = None,
    review_mode: Annotated[ReviewMode, Form()] = ReviewMode.STANDARD,
    allow_duplicate: Annotated[bool, Form()] = False,
) -> Any:
    """Enrol a person who ticked what they allow; each image is taken or refused for its reasons, one good one will do.

    Where none can be used, nothing is kept, and the problem lists `images` with the reasons of each.
    """
    site = site_of(request)
    try:
        joining = Joining.model_validate_json(enrolment)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, e["loc"])) for e in error.errors()[:5])
        raise InputRefused(f"enrolment: {places}") from None
    uploads = images or []
    if len(uploads) > MAX_PHOTOS:
        raise InputRefused(f"at most {MAX_PHOTOS} images")
    declared = Declared(of_age=joining.age_confirmed, guardian=joining.guardian, signature=joining.signature)
    site.edge.check_declared(declared, face=bool(uploads))
    await check_place(request, joining.placement)
    check_notices(site, joining)
    photos = [await read_bounded(upload) for upload in uploads]
    if photos:
        site.edge.check_faces()
        if Purpose.RECOGNISE not in {ticked.purpose for ticked in joining.consents}:
            raise ConsentMissing(Purpose.RECOGNISE.value)  # before anything of the face is computed
        site.liveness.demand(liveness_pass, use=Guarded.ENROLMENT, placement=joining.placement, pictures=photos)
    who = asking(request, placement=joining.placement)
    found = await judged(site, photos, who=who, review_mode=review_mode, allow_duplicate=allow_duplicate)
    if refusal := found.refusal():
        return refused(refusal, images=shot_views(found))
    enrolled = await site.edge.enrol_embedded(
        found.embeddings,
        name=joining.nickname,
        locale=joining.locale,
        consents=[c.purpose for c in joining.consents],
        declared=declared,
    )
    code, method = (enrolled.card, Method.CARD) if site.edge.held else (enrolled.pin, Method.PIN)
    welcome = await site.edge.presented(code, method=method, placement=joining.placement)
    site.tally.welcomed(welcome)
    seen = recognised(site, welcome)
    return {
        "session": seen["session"],
        "greeting": seen["greeting"],
        "decision": seen["decision"],
        "pin": enrolled.pin,
        "card": enrolled.card,
        "card_svg": card_svg(enrolled.card),
        "receipts": [
            {"id": c.id, "purpose": c.purpose.value, "expires_at": c.expires_at.isoformat(), "jws": site.receipt(c)}
            for c in enrolled.consents_edge
        ],
        "recognised_by_face": bool(enrolled.member.templates),
        "card_needed": site.edge.held,
        "images": shot_views(found),
    }


def card_svg(card: str) -> str:
    """The QR card, to print or to photograph; black on white whatever the page's colours."""
    out = BytesIO()
    segno.make(card, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, scale=6, border=3, dark="#000", light="#fff", omitsize=True
    )
    return out.getvalue().decode()


def check_notices(site: Site, joining: "Joining | Allowing") -> None:
    """Consent holds for the exact text that was on the screen, so it must be the current one."""
    for ticked in joining.consents:
        notice = site.scenario.notices.get(ticked.purpose)
        current = notice is not None and (
            ticked.notice_version == notice.version and ticked.notice_sha256 == notice_sha256(notice, joining.locale)
        )
        if not current:
            raise InputRefused(f"consents.{ticked.purpose}: not the current notice; load the notices again")


@router.get("/me", response_model=Me, dependencies=[VISIT])
async def me(request: Request, authorization: Annotated[str | None, Header()] = None) -> dict[str, Any]:
    """What the member allowed, and why they see what they see."""
    site = site_of(request)
    return await me_view(site, site.sessions.get(authorization))


async def me_view(site: Site, session: Session) -> dict[str, Any]:
    """The member of a session; a decision that was erased meanwhile is not shown again."""
    edge, scenario = site.edge, site.scenario
    member = edge.member(session.member_id)
    held = not session.holder and edge.is_held(member)
    decision = await site.hub.decisions.get(session.decision.id) if session.decision else None
    history = await edge.consents(member.id)
    return {
        "nickname": NO_NAME if held else edge.nickname(member.id, session.holder),
        "held": held,
        "locale": member.locale,
        "enrolled_at": member.enrolled_at.isoformat(),
        "consents": await consents(site, member.id),
        "decision": decision_view(decision, scenario) if decision else None,
        "ask": [purpose.value for purpose in edge.asks(history)],
    }


async def consents(site: Site, member_id: MemberId) -> list[dict[str, Any]]:
    """Each consent with what the gate would say of it now."""
    history = await site.edge.consents(member_id)
    lines = standing(history, scenario=site.scenario, site=site.edge.site, at=site.clock.now())
    return [
        {
            "id": line.consent.id,
            "purpose": line.consent.purpose.value,
            "given_at": line.consent.given_at.isoformat(),
            "expires_at": line.consent.expires_at.isoformat(),
            "live": line.state is State.LIVE,
        }
        for line in lines
    ]


@router.post("/me/withdraw", response_model=Consents, dependencies=[VISIT])
async def withdraw(
    request: Request,
    body: Withdraw,
    authorization: Annotated[str | None, Header()] = None,
    liveness_pass: LivenessPass = None,
) -> dict[str, Any]:
    """End one consent, or decline to renew it; without "personalise" the member stays, and offers are drawn by lot."""
    site = site_of(request)
    session = site.sessions.get(authorization)
    demand_for_change(site, session, liveness_pass)
    ended = await site.withdraw(session.member_id, body.purpose, method="kiosk", holder=session.holder)
    return {"consents": await consents(site, session.member_id), "receipts": await site.ends(session.member_id, ended)}


@router.post("/me/forget", response_model=Forgotten, dependencies=[VISIT])
async def forget(
    request: Request, authorization: Annotated[str | None, Header()] = None, liveness_pass: LivenessPass = None
) -> dict[str, Any]:
    """End every consent and erase the member; the receipt is signed."""
    site = site_of(request)
    session = site.sessions.get(authorization)
    demand_for_change(site, session, liveness_pass)
    receipt = await site.forget(session.member_id, method="kiosk")
    return {"receipt": deletion_view(receipt)}


def deletion_view(receipt: DeletionReceipt) -> dict[str, Any]:
    """What was removed and when; signed."""
    return {
        "id": receipt.id,
        "deleted_at": receipt.deleted_at.isoformat(),
        "removed": dict(receipt.removed),
        "signature": receipt.signature,
    }


def demand_for_change(site: Site, session: Session, key: str | None) -> None:
    """What a face opened, a picture of it must not change; card and PIN are secrets already."""
    if session.by_face:
        site.liveness.demand(key, use=Guarded.CONSENT_CHANGE, placement=session.placement, member_id=session.member_id)


# ------ browser frames


class Mode(StrEnum):
    """What frames are sent for."""

    IDENTIFY = "identify"
    ENROL = "enrol"
    LIVE = "live"


class Asked(NamedTuple):
    """What a page opens the camera socket for."""

    placement: str
    mode: Mode
    use: Guarded
    challenge: Challenge
    calm: bool  # no changing light


Answer = Callable[[Frame, bytes], Awaitable[dict[str, Any]]]


@router.websocket("/camera", dependencies=[device(Permission.RUN_KIOSK)])
async def camera(
    websocket: WebSocket,
    placement: str,
    mode: Mode = Mode.IDENTIFY,
    use: Guarded = Guarded.ENROLMENT,
    challenge: Challenge = Challenge.HEAD,
    calm: bool = False,
) -> None:
    """JPEG frames in, one reply a frame: how many faces, what to change, and who is recognised or shown to be there."""
    site = site_of(websocket)
    if not same_origin(websocket):
        await websocket.close(1008)
        return
    await websocket.accept()
    try:
        site.edge.check_faces()
        await check_place(websocket, placement)
        async with answering(websocket, site, Asked(placement, mode, use, challenge, calm)) as answer:
            while True:
                data = await websocket.receive_bytes()
                await check_place(websocket, placement)  # a device may have been revoked since the last frame
                if len(data) > MAX_FRAME_BYTES:
                    raise ImageRefused(f"a frame of more than {MAX_FRAME_BYTES // 1_000_000} MB")
                pixels = await asyncio.to_thread(decode_image, data)
                await websocket.send_json(await answer(site.frame(pixels, source=f"kiosk {placement}"), data))
    except WebSocketDisconnect:
        return
    except KeyError:  # text where a picture belongs, or the other way round
        await websocket.close(1003)
    except VisavisError as error:
        with suppress(RuntimeError):  # the page may have gone meanwhile
            await websocket.send_json({"problem": problem(error)})
            await websocket.close(1008)


@asynccontextmanager
async def answering(websocket: WebSocket, site: Site, asked: Asked) -> AsyncIterator[Answer]:
    """How frames are answered; whatever ends the socket ends a check that it ran."""
    match asked.mode:
        case Mode.ENROL:
            yield enrolling(site)
        case Mode.IDENTIFY if site.liveness.level(Guarded.REWARDS, asked.placement) is Liveness.OFF:
            yield looking(site, websocket, asked.placement)
        case Mode.IDENTIFY:
            with closing(begun(site, asked, Guarded.REWARDS)) as live:
                yield identifying_alive(site, websocket, asked.placement, live)
        case Mode.LIVE:
            member_id = await visitor(websocket, site) if asked.use is Guarded.CONSENT_CHANGE else None
            with closing(begun(site, asked, asked.use, member_id)) as live:
                yield proving(site, live, member_id)


def begun(site: Site, asked: Asked, use: Guarded, member_id: MemberId | None = None) -> LiveView:
    """A liveness check for what the page wants; raises LivenessLocked."""
    return site.liveness.begin(use, asked.placement, wish=asked.challenge, calm=asked.calm, member_id=member_id)


async def visitor(websocket: WebSocket, site: Site) -> MemberId:
    """Whose visit it is: the page's first message is the session, which never stands in an address."""
    key = await websocket.receive_text()
    return site.sessions.get(f"Bearer {key[:MAX_SESSION]}").member_id


def enrolling(site: Site) -> Answer:
    """Guide a person to a good photo; nobody is compared with anybody."""

    async def answer(frame: Frame, _data: bytes) -> dict[str, Any]:
        return guidance(await site.observe(frame))

    return answer


def looking(site: Site, websocket: WebSocket, placement: str) -> Answer:
    """Search by face where that is done, else wait for a card and compare."""
    return (comparing if site.edge.held else identifying)(site, websocket, placement)


def comparing(site: Site, websocket: WebSocket, placement: str) -> Answer:
    """Level L2: a card is held to the camera, then a face is compared with what that card opens; else the card does."""
    verifier: Verifier | None = None
    shown = ""

    async def answer(frame: Frame, _data: bytes) -> dict[str, Any]:
        nonlocal verifier, shown
        faces = await site.observe(frame)
        if verifier is None:
            card = await asyncio.to_thread(read_card, frame.pixels)
            shown = card or ""
            verifier = await begun_by(site, websocket, shown, placement, frame.captured_at) if shown else None
        if verifier is None:
            return guidance(faces) | {"hint": "show_card"}
        welcome = await verifier.see(frame, faces)
        if welcome is not None:
            site.tally.welcomed(welcome)
        elif verifier.over(frame.captured_at):
            welcome = await presented(site, websocket, shown, method=Method.CARD, placement=placement)
        if welcome is None:
            said = guidance(faces)
            return said | {"hint": said["hint"] or "look_now"}
        verifier = None
        return guidance(faces) | {"recognised": recognised(site, welcome)}

    return answer


async def begun_by(site: Site, websocket: WebSocket, card: str, placement: str, at: datetime) -> Verifier | None:
    """Looks at who shows this card; None for a card that nobody has."""
    with suppress(CredentialRefused):
        claim = await claim_of(site, websocket, card, placement)
        return Verifier(edge=site.edge, claim=claim, placement=placement, began=at)
    return None


async def claim_of(site: Site, connection: HTTPConnection, card: str, placement: str) -> Claim:
    """What a card opens; guessing is limited as everywhere."""
    return await guessed(site, connection, card, placement, lambda: claimed(site.edge, card))


def identifying(site: Site, websocket: WebSocket, placement: str) -> Answer:
    """Look for a member, by face or by a card held to the camera."""
    view = Camera(edge=site.edge, placement=placement)

    async def answer(frame: Frame, _data: bytes) -> dict[str, Any]:
        seen = await site.see(view, frame)
        welcome = seen.welcomes[0] if seen.welcomes else await by_card(site, websocket, frame, placement)
        if welcome:
            return guidance(seen.faces) | {"recognised": recognised(site, welcome)}
        waits = bool(seen.known) and site.reviews.waits(placement, site.clock.now())
        return guidance(seen.faces) | ({"review": True} if waits else {})

    return answer


def identifying_alive(site: Site, websocket: WebSocket, placement: str, live: LiveView) -> Answer:
    """As `identifying`, but a face is compared only after its owner has shown to be there; a card serves at once."""
    look = looking(site, websocket, placement)

    async def answer(frame: Frame, data: bytes) -> dict[str, Any]:
        faces = await site.observe(frame)
        standing = await live.see(frame, faces)
        if live.passed:
            return await look(frame, data) | {"live": live_view(standing)}
        welcome = await by_card(site, websocket, frame, placement)
        found = {"recognised": recognised(site, welcome)} if welcome else {}
        return guidance(faces) | {"hint": standing.hint, "live": live_view(standing)} | found

    return answer


def proving(site: Site, live: LiveView, member_id: MemberId | None) -> Answer:
    """Run a check, hand out its pass, and let the pass hold for the pictures that follow of the same person."""

    async def answer(frame: Frame, data: bytes) -> dict[str, Any]:
        faces = await site.observe(frame)
        standing = await live.see(frame, faces)
        said = guidance(faces) | {"live": live_view(standing)}
        if not live.passed:
            return said | {"hint": standing.hint}
        if live.granted:
            return said | {"kept": bool(said["usable"]) and live.keep(data)}
        return said | {"pass": await granted(site, live, frame, standing.face, member_id)}

    return answer


async def granted(site: Site, live: LiveView, frame: Frame, face: Face | None, member_id: MemberId | None) -> str:
    """The pass; for a member's visit only if the person is that member."""
    if member_id is not None:
        same = face is not None and await asyncio.to_thread(is_member, site.edge, frame, face, member_id)
        if not same:
            live.refuse()
            raise LivenessRequired("the person is not recognised as the member whose visit this is")
    return live.grant(member_id)


async def by_card(site: Site, websocket: WebSocket, frame: Frame, placement: str) -> Welcome | None:
    """The member whose QR card is in the picture."""
    card = await asyncio.to_thread(read_card, frame.pixels)
    if card is None:
        return None
    with suppress(CredentialRefused):
        return await presented(site, websocket, card, method=Method.CARD, placement=placement)
    return None


def guidance(faces: Sequence[Face]) -> dict[str, Any]:
    """What the person should change; None when the picture can be used."""
    hint: str | None
    match faces:
        case []:
            hint = "no_face"
        case [face]:
            hint = next(iter(face.quality.reasons), None)
        case _:
            hint = "several_faces"
    return {"faces": len(faces), "hint": hint, "usable": hint is None}


def same_origin(websocket: WebSocket) -> bool:
    """Browsers send Origin with every WebSocket; another site's page must not use the camera route."""
    origin = websocket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == websocket.headers.get("host")
