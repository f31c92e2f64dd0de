"""`/v1/devices`: pair kiosks and screens, give them tokens, list and revoke them."""

from base64 import urlsafe_b64decode
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from visavis.privacy.device_identity import TOKEN_FOR
from visavis.server.access import PUBLIC, allowed_at, needs, over_tls
from visavis.server.api.uploads import example
from visavis.server.callers import asking
from visavis.server.devices import COOKIE
from visavis.server.limits import PAIRINGS
from visavis.server.permissions import Permission
from visavis.server.principal import Principal
from visavis.server.site import site_of
from visavis.types import Device

router = APIRouter(prefix="/v1/devices", tags=["devices"])

Manager = Annotated[Principal, needs(Permission.MANAGE_DEVICES)]
SIGNATURE = Field(pattern="^[A-Za-z0-9_-]{86}$", description="Ed25519, 64 bytes in base64url without padding.")


class Wanted(BaseModel):
    """Where the device will stand."""

    model_config = example({"placement": "entrance"})

    placement: str = Field(max_length=64)


class Code(BaseModel):
    """To type at the device; told this once."""

    model_config = example({"code": "7KQM3XPA", "placement": "entrance", "expires_at": "2026-01-05T09:10:00Z"})

    code: str
    placement: str
    expires_at: datetime


class DeviceView(BaseModel):
    """A device as staff sees it."""

    id: str
    placement: str
    paired_at: datetime
    paired_by: str
    seen_at: datetime
    revoked_at: datetime | None


A_DEVICE = {
    "id": "0b6c…",
    "placement": "entrance",
    "paired_at": "2026-01-05T09:01:00Z",
    "paired_by": "staff 5f1c…",
    "seen_at": "2026-01-05T17:20:00Z",
    "revoked_at": None,
}


class DeviceList(BaseModel):
    """Every device that was ever paired, oldest first."""

    model_config = example({"required": True, "devices": [A_DEVICE]})

    required: bool  # whether kiosks and screens must be paired here
    devices: list[DeviceView]


class Standing(BaseModel):
    """Whether this browser may be the kiosk or the screen of a placement."""

    model_config = example({"pairing": "required", "allowed": False})

    pairing: Literal["off", "required"]
    allowed: bool


class Pairing(BaseModel):
    """A code, and a key whose holder signed it: see how-to/pair-devices.md."""

    model_config = example({"code": "7KQM3XPA", "public_key": "11qYAYKx…", "signature": "hgyY0il…"})

    code: str = Field(min_length=1, max_length=32)
    public_key: str = Field(pattern="^[A-Za-z0-9_-]{43}$", description="Ed25519, 32 bytes in base64url.")
    signature: str = SIGNATURE


class Paired(BaseModel):
    """Who the device is from now on."""

    model_config = example({"device_id": "0b6c…", "placement": "entrance"})

    device_id: str
    placement: str


class Asks(BaseModel):
    """Which device asks."""

    model_config = example({"device_id": "0b6c…"})

    device_id: str = Field(max_length=64)


class Challenged(BaseModel):
    """What the device signs, within a minute."""

    model_config = example({"challenge": "eyJ…"})

    challenge: str


class Proof(BaseModel):
    """A challenge, signed."""

    model_config = example({"device_id": "0b6c…", "challenge": "eyJ…", "signature": "hgyY0il…"})

    device_id: str = Field(max_length=64)
    challenge: str = Field(max_length=1000)
    signature: str = SIGNATURE


class Tokened(BaseModel):
    """A token for some minutes, as `Authorization: Bearer`; browsers also get it as a cookie that no script reads."""

    model_config = example({"token": "eyJ…", "placement": "entrance", "expires_in_s": 600})

    token: str
    placement: str
    expires_in_s: int


# ------ for staff


@router.post("/codes", status_code=HTTPStatus.CREATED)
async def offer(request: Request, body: Wanted, by: Manager) -> Code:
    """A code that pairs one device with a placement: ten minutes, once."""
    offered = await site_of(request).devices.offer(body.placement, by=by.actor)
    return Code(code=offered.code, placement=offered.placement, expires_at=offered.expires_at)


@router.get("")
async def every(request: Request, _: Manager) -> DeviceList:
    """Every device that was ever paired, and when each was last seen."""
    site = site_of(request)
    found = [device_view(device) for device in await site.storage.devices.all()]
    return DeviceList(required=await site.devices.required(), devices=found)


@router.delete("/{device_id:uuid}", status_code=HTTPStatus.NO_CONTENT)
async def revoke(request: Request, device_id: UUID, by: Manager) -> None:
    """Know a device no more: its token, its stream and its camera end at once."""
    await site_of(request).devices.revoke(str(device_id), by=by.actor)


def device_view(device: Device) -> DeviceView:
    """All but its key."""
    return DeviceView(
        id=device.id,
        placement=device.placement,
        paired_at=device.paired_at,
        paired_by=device.paired_by,
        seen_at=device.seen_at,
        revoked_at=device.revoked_at,
    )


# ------ for devices


@router.get("/standing", dependencies=[PUBLIC])
async def standing(request: Request, placement: Annotated[str, Query(max_length=64)]) -> Standing:
    """Whether whoever asks may be the kiosk or the screen of a placement, or must be paired first."""
    site = site_of(request)
    required = await site.devices.required()
    allowed = await allowed_at(request, placement)
    return Standing(pairing="required" if required else "off", allowed=allowed)


@router.post("/pair", status_code=HTTPStatus.CREATED, dependencies=[PUBLIC])
async def pair(request: Request, body: Pairing) -> Paired:
    """Pair: the code is used up, and the key belongs to its placement. Every failure looks the same."""
    site = site_of(request)
    site.limits.take(PAIRINGS, *asking(request))
    device = await site.devices.pair(
        body.code, public_key=_bytes(body.public_key), sent_key=body.public_key, signature=_bytes(body.signature)
    )
    return Paired(device_id=device.id, placement=device.placement)


@router.post("/challenge", dependencies=[PUBLIC])
async def challenge(request: Request, body: Asks) -> Challenged:
    """Something new to sign; for every id, so that nobody learns which there are."""
    return Challenged(challenge=site_of(request).devices.challenge(body.device_id))


@router.post("/token", dependencies=[PUBLIC])
async def token(request: Request, response: Response, body: Proof) -> Tokened:
    """A token for a signed challenge."""
    device, text = await site_of(request).devices.token(
        body.device_id, challenge=body.challenge, signature=_bytes(body.signature)
    )
    seconds = int(TOKEN_FOR.total_seconds())
    response.set_cookie(
        COOKIE + device.placement,
        text,
        max_age=seconds,
        path="/v1",
        secure=over_tls(request),
        httponly=True,
        samesite="strict",
    )
    return Tokened(token=text, placement=device.placement, expires_in_s=seconds)


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
