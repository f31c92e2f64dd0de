"""`/v1/members`: everything that is held about a member, for themselves and, on their request, for staff."""

import json
from enum import StrEnum
from io import BytesIO
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from visavis.errors import InputRefused
from visavis.pipeline.rights import Why
from visavis.server.access import PUBLIC, VISIT, Needs
from visavis.server.api.answers import Forgotten
from visavis.server.api.edge import LivenessPass, deletion_view, demand_for_change
from visavis.server.api.uploads import example
from visavis.server.export_page import as_html
from visavis.server.permissions import Permission
from visavis.server.principal import Principal
from visavis.server.site import Site, site_of
from visavis.types import Member, Purpose

router = APIRouter(prefix="/v1/members", tags=["rights"])

Session = Annotated[str | None, Header(description="Bearer <session>, as recognition gave it.")]


Exporter = Annotated[Principal, Depends(Needs(Permission.EXPORT_MEMBERS))]
Changer = Annotated[Principal, Depends(Needs(Permission.CHANGE_MEMBERS))]
Remover = Annotated[Principal, Depends(Needs(Permission.ERASE_MEMBERS))]


class Format(StrEnum):
    """For programs, or for people."""

    JSON = "json"
    HTML = "html"


class Whom(BaseModel):
    """One member, by pseudonym or by the card or PIN that they show; in the body, so that no address holds it."""

    model_config = example({"token": "mfrggzdf"})

    token: str | None = Field(default=None, min_length=8, max_length=64)
    card: str | None = Field(default=None, min_length=1, max_length=256)


class ExportOf(Whom):
    """And what for."""

    model_config = example({"token": "mfrggzdf", "why": "member", "format": "html"})

    why: Why
    format: Format = Format.JSON


class WithdrawalOf(Whom):
    """And what."""

    model_config = example({"token": "mfrggzdf", "purpose": "personalise"})

    purpose: Purpose


class Ended(BaseModel):
    """Receipts of what was ended."""

    model_config = example({"receipts": [{"id": "w7…", "jws": "eyJ…"}]})

    receipts: list[dict[str, str]]


class Link(BaseModel):
    """An address that opens once, within five minutes; the member's phone reads it from the picture."""

    model_config = example({"path": "/v1/members/exports/uT3…", "svg": "<svg …/>"})

    path: str
    svg: str


# ------ for themselves


@router.get("/me/export", dependencies=[VISIT])
async def export_mine(
    request: Request,
    format_: Annotated[Format, Query(alias="format")] = Format.JSON,
    authorization: Session = None,
    liveness_pass: LivenessPass = None,
) -> Response:
    """All that is held about the member whose visit this is, as JSON or as one page that needs nothing else."""
    site = site_of(request)
    session = site.sessions.get(authorization)
    demand_for_change(site, session, liveness_pass)
    member = site.edge.member(session.member_id)
    return await download(site, member, format_, actor="kiosk", why=Why.MEMBER, holder=session.holder)


@router.post("/me/export-link", dependencies=[VISIT])
async def export_link(request: Request, authorization: Session = None, liveness_pass: LivenessPass = None) -> Link:
    """An address for the member's own phone, as a QR code."""
    site = site_of(request)
    session = site.sessions.get(authorization)
    demand_for_change(site, session, liveness_pass)
    path = f"/v1/members/exports/{site.handoffs.offer(session.member_id)}"
    return Link(path=path, svg=qr_svg(f"{str(request.base_url).rstrip('/')}{path}"))


@router.get("/exports/{key}", dependencies=[PUBLIC])  # whoever holds the address
async def export_once(
    request: Request,
    key: Annotated[str, Path(max_length=64)],
    format_: Annotated[Format, Query(alias="format")] = Format.HTML,
) -> Response:
    """What an address from the kiosk opens, once."""
    site = site_of(request)
    member = site.edge.member(site.handoffs.take(key))
    return await download(site, member, format_, actor="kiosk", why=Why.MEMBER)


def qr_svg(text: str) -> str:
    """Black on white, whatever the page's colours."""
    out = BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, scale=6, border=3, dark="#000", light="#fff", omitsize=True)
    return out.getvalue().decode()


# ------ for staff


@router.post("/export")
async def export_for(request: Request, body: ExportOf, staff: Exporter) -> Response:
    """The same, made by staff on request; who, when and what for stands in the audit log."""
    site = site_of(request)
    return await download(site, await whom(site, body), body.format, actor=staff.actor, why=body.why)


@router.post("/withdraw")
async def withdraw_for(request: Request, body: WithdrawalOf, staff: Changer) -> Ended:
    """End one consent on the member's request."""
    site = site_of(request)
    member = await whom(site, body)
    await site.rights.note(staff.actor, "withdrawal_entered", member, {"purpose": body.purpose.value})
    ended = await site.withdraw(member.id, body.purpose, method="desk")
    return Ended(receipts=await site.ends(member.id, ended))


@router.post("/forget", response_model=Forgotten)
async def forget_for(request: Request, body: Whom, staff: Remover) -> dict[str, Any]:
    """End every consent and erase the member, on their request."""
    site = site_of(request)
    member = await whom(site, body)
    await site.rights.note(staff.actor, "erasure_entered", member, {})
    return {"receipt": deletion_view(await site.forget(member.id, method="desk"))}


async def whom(site: Site, body: Whom) -> Member:
    """Raises InputRefused unless exactly one way is given, MemberUnknown."""
    if (body.token is None) == (body.card is None):
        raise InputRefused("give either token or card")
    return await site.rights.find(token=body.token, card=body.card)


async def download(site: Site, member: Member, form: Format, *, actor: str, why: Why, holder: bytes = b"") -> Response:
    """A file that the browser saves and shows nobody else; its name says nothing about the member."""
    document = await site.rights.export(member, actor=actor, why=why, holder=holder)
    if form is Format.HTML:
        content, media = as_html(document), "text/html; charset=utf-8"
    else:
        content, media = json.dumps(document, ensure_ascii=False, indent=1), "application/json"
    headers = {
        "Content-Disposition": f'attachment; filename="my-data.{form.value}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media, headers=headers)
