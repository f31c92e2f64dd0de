"""`/v1/edge`: what kiosks ask the machine with the camera. No route ever returns an embedding."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Annotated, Any
from urllib.parse import urlsplit

import segno
from fastapi import APIRouter, File, Form, Header, Request, UploadFile, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from visavis.errors import CredentialRefused, ImageRefused, InputRefused, VisavisError
from visavis.perception.cards import read_card
from visavis.perception.decode import MAX_BYTES, decode_image
from visavis.pipeline.camera import Camera
from visavis.pipeline.edge import Welcome
from visavis.privacy.consent import State, notice_sha256, standing
from visavis.server.problems import problem
from visavis.server.screens import decision_view
from visavis.server.site import Site, site_of
from visavis.types import Face, Frame, MemberId, Method, Purpose

router = APIRouter(prefix="/v1/edge", tags=["edge"])

MAX_PHOTOS = 5
MAX_FRAME_BYTES = 1_000_000  # a 640-pixel JPEG is some 60 kB


class Identify(BaseModel):
    """A card or a PIN, shown at a placement."""

    model_config = ConfigDict(extra="forbid")

    placement: str = Field(max_length=64)
    pin: str | None = Field(default=None, max_length=32)
    card: str | None = Field(default=None, max_length=256)


class Ticked(BaseModel):
    """One purpose that the person ticked, and the notice that they read."""

    model_config = ConfigDict(extra="forbid")

    purpose: Purpose
    notice_version: str = Field(max_length=64)
    notice_sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Joining(BaseModel):
    """What a person declares when they join."""

    model_config = ConfigDict(extra="forbid")

    placement: str = Field(max_length=64)
    nickname: str = Field(min_length=1, max_length=80)
    locale: str = Field(pattern="^(en|zh-CN)$")
    age_confirmed: bool
    consents: list[Ticked] = Field(max_length=len(Purpose))


class Withdraw(BaseModel):
    """One purpose to end."""

    model_config = ConfigDict(extra="forbid")

    purpose: Purpose


def greeting(site: Site, nickname: str) -> dict[str, str]:
    """The scenario's greeting in each language."""
    return {locale: text.replace("{nickname}", nickname) for locale, text in site.scenario.greeting.items()}


def recognised(site: Site, welcome: Welcome) -> dict[str, Any]:
    """What the kiosk learns about the member who stands before it."""
    session = site.sessions.start(welcome.member_id, welcome.sighting.placement, welcome.decision)
    return {
        "method": welcome.sighting.method.value,
        "greeting": greeting(site, welcome.nickname),
        "session": session,
        "decision": decision_view(welcome.decision, site.scenario) if welcome.decision else None,
    }


@router.get("/notices")
async def notices(request: Request, placement: str) -> dict[str, Any]:
    """What a person reads before joining."""
    site = site_of(request)
    site.edge.check_placement(placement)
    scenario = site.scenario
    return {
        "scenario": scenario.name,
        "title": dict(scenario.title),
        "site": site.edge.site,
        "minimum_age": scenario.minimum_age,
        "camera_allowed": True,
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
        ],
    }


@router.post("/identify")
async def identify(request: Request, body: Identify) -> dict[str, Any]:
    """Know a member by card or PIN; every failure looks the same."""
    site = site_of(request)
    site.attempts.check(body.placement)
    try:
        match (body.pin, body.card):
            case (str(pin), None):
                welcome = await site.edge.presented(pin, method=Method.PIN, placement=body.placement)
            case (None, str(card)):
                welcome = await site.edge.presented(card, method=Method.CARD, placement=body.placement)
            case _:
                raise InputRefused("give either pin or card")
    except CredentialRefused:
        site.attempts.failed(body.placement)
        raise
    site.tally.welcomed(welcome)
    return recognised(site, welcome)


@router.post("/identify/face")
async def identify_face(request: Request, placement: Annotated[str, Form()], image: UploadFile) -> dict[str, Any]:
    """Know a member by one picture: for terminals that are not browsers. 401 when nobody is recognised."""
    site = site_of(request)
    frame = site.frame(decode_image(await read_bounded(image)), source="upload")
    seen = await site.see(Camera(edge=site.edge, placement=placement), frame)
    if not seen.welcomes:
        raise CredentialRefused("nobody was recognised; the card or the PIN serves as well")
    return recognised(site, seen.welcomes[0])


async def read_bounded(upload: UploadFile) -> bytes:
    """An upload's bytes; refuses before it reads more than the limit."""
    data = await upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ImageRefused(f"more than {MAX_BYTES // 1_000_000} MB")
    return data


@router.post("/members", status_code=201)
async def join(
    request: Request,
    enrolment: Annotated[str, Form(max_length=20_000)],
    images: Annotated[list[UploadFile] | None, File()] = None,
) -> dict[str, Any]:
    """Enrol a person who ticked what they allow; nothing is kept unless all of it holds."""
    site = site_of(request)
    try:
        joining = Joining.model_validate_json(enrolment)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, e["loc"])) for e in error.errors()[:5])
        raise InputRefused(f"enrolment: {places}") from None
    uploads = images or []
    if len(uploads) > MAX_PHOTOS:
        raise InputRefused(f"at most {MAX_PHOTOS} images")
    if not joining.age_confirmed:
        raise InputRefused(f"a member confirms to be at least {site.scenario.minimum_age} years old")
    site.edge.check_placement(joining.placement)
    check_notices(site, joining)
    photos = [await read_bounded(upload) for upload in uploads]
    enrolled = await site.edge.enrol(
        photos=photos,
        name=joining.nickname,
        locale=joining.locale,
        consents=[c.purpose for c in joining.consents],
    )
    welcome = await site.edge.presented(enrolled.pin, method=Method.PIN, placement=joining.placement)
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
    }


def card_svg(card: str) -> str:
    """The QR card, to print or to photograph; black on white whatever the page's colours."""
    out = BytesIO()
    segno.make(card, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, scale=6, border=3, dark="#000", light="#fff", omitsize=True
    )
    return out.getvalue().decode()


def check_notices(site: Site, joining: Joining) -> None:
    """Consent holds for the exact text that was on the screen, so it must be the current one."""
    for ticked in joining.consents:
        notice = site.scenario.notices.get(ticked.purpose)
        current = notice is not None and (
            ticked.notice_version == notice.version and ticked.notice_sha256 == notice_sha256(notice, joining.locale)
        )
        if not current:
            raise InputRefused(f"consents.{ticked.purpose}: not the current notice; load the notices again")


@router.get("/me")
async def me(request: Request, authorization: Annotated[str | None, Header()] = None) -> dict[str, Any]:
    """What the member allowed, and why they see what they see."""
    site = site_of(request)
    session = site.sessions.get(authorization)
    member = site.edge.member(session.member_id)
    return {
        "nickname": site.edge.nickname(member.id),
        "enrolled_at": member.enrolled_at.isoformat(),
        "consents": await consents(site, session.member_id),
        "decision": decision_view(session.decision, site.scenario) if session.decision else None,
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


@router.post("/me/withdraw")
async def withdraw(
    request: Request, body: Withdraw, authorization: Annotated[str | None, Header()] = None
) -> dict[str, Any]:
    """End one consent."""
    site = site_of(request)
    session = site.sessions.get(authorization)
    await site.edge.withdraw(session.member_id, body.purpose, method="kiosk")
    return {"consents": await consents(site, session.member_id)}


@router.post("/me/forget")
async def forget(request: Request, authorization: Annotated[str | None, Header()] = None) -> dict[str, Any]:
    """End every consent and erase the member; the receipt is signed."""
    site = site_of(request)
    session = site.sessions.get(authorization)
    receipt = await site.forget(session.member_id, method="kiosk")
    return {
        "receipt": {
            "id": receipt.id,
            "deleted_at": receipt.deleted_at.isoformat(),
            "removed": dict(receipt.removed),
            "signature": receipt.signature,
        }
    }


# ------ browser frames


@router.websocket("/camera")
async def camera(websocket: WebSocket, placement: str, mode: str = "identify") -> None:
    """JPEG frames in, one reply a frame: how many faces, what to change, and who is recognised."""
    site = site_of(websocket)
    if not same_origin(websocket):
        await websocket.close(1008)
        return
    await websocket.accept()
    try:
        answer = enrolling(site) if mode == "enrol" else identifying(site, placement)
        while True:
            data = await websocket.receive_bytes()
            if len(data) > MAX_FRAME_BYTES:
                raise ImageRefused(f"a frame of more than {MAX_FRAME_BYTES // 1_000_000} MB")
            pixels = await asyncio.to_thread(decode_image, data)
            await websocket.send_json(await answer(site.frame(pixels, source=f"kiosk {placement}")))
    except WebSocketDisconnect:
        return
    except VisavisError as error:
        with suppress(RuntimeError):  # the page may have gone meanwhile
            await websocket.send_json({"problem": problem(error)})
            await websocket.close(1008)


Answer = Callable[[Frame], Awaitable[dict[str, Any]]]


def enrolling(site: Site) -> Answer:
    """Guide a person to a good photo; nobody is compared with anybody."""

    async def answer(frame: Frame) -> dict[str, Any]:
        return guidance(await site.observe(frame))

    return answer


def identifying(site: Site, placement: str) -> Answer:
    """Look for a member, by face or by a card held to the camera."""
    view = Camera(edge=site.edge, placement=placement)

    async def answer(frame: Frame) -> dict[str, Any]:
        seen = await site.see(view, frame)
        welcome = seen.welcomes[0] if seen.welcomes else await by_card(site, frame, placement)
        found = {"recognised": recognised(site, welcome)} if welcome else {}
        return guidance(seen.faces) | found

    return answer


async def by_card(site: Site, frame: Frame, placement: str) -> Welcome | None:
    """The member whose QR card is in the picture."""
    card = await asyncio.to_thread(read_card, frame.pixels)
    if card is None:
        return None
    site.attempts.check(placement)
    try:
        welcome = await site.edge.presented(card, method=Method.CARD, placement=placement)
    except CredentialRefused:
        site.attempts.failed(placement)
        return None
    site.tally.welcomed(welcome)
    return welcome


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
