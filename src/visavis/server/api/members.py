"""`/v1/edge/search` and `/v1/edge/me/...`: members by face, their templates, and "not me"."""

import asyncio
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Header, Path, Request, UploadFile
from pydantic import BaseModel

from visavis.errors import ConsentMissing, GalleryMismatch, InputRefused, TemplateUnknown
from visavis.identity.enrol import MAX_PHOTOS, with_templates
from visavis.identity.rotation import base_model
from visavis.perception.decode import decode_image
from visavis.pipeline.camera import Camera
from visavis.pipeline.enrolment import ReviewMode
from visavis.privacy.consent import permit
from visavis.privacy.declared import check_release
from visavis.privacy.holder import keys_with
from visavis.server.access import VISIT, check_place, device
from visavis.server.api.answers import A_GREETING, Greeted
from visavis.server.api.edge import LivenessPass, demand_for_change, recognised
from visavis.server.api.shots import ShotView, judged, shot_view, shot_views
from visavis.server.api.uploads import Picture, example, read_bounded
from visavis.server.callers import asking
from visavis.server.permissions import Permission
from visavis.server.problems import refused
from visavis.server.site import Site, site_of
from visavis.types import Guarded, Member, Purpose

router = APIRouter(prefix="/v1/edge", tags=["members"])

MAX_MATCHES = 5
Session = Annotated[str | None, Header(description="Bearer <session>, as recognition gave it.")]


class Found(BaseModel):
    """The members in a picture; nobody known is an empty list."""

    model_config = example(
        {
            "faces": 2,
            "matches": [A_GREETING | {"method": "face"}],
            "waiting": False,
        }
    )

    faces: int
    matches: list[Greeted]
    waiting: bool  # a match is doubtful: staff is asked to look, card and PIN serve at once


class TemplateView(BaseModel):
    """One template of the member; its numbers are never shown."""

    id: str
    created_at: datetime
    usable: bool  # made by the model that is loaded
    corrections: int


A_TEMPLATE = {"id": "0b6c…", "created_at": "2026-01-05T09:00:00Z", "usable": True, "corrections": 0}


class Templates(BaseModel):
    """The member's templates, oldest first."""

    model_config = example({"templates": [A_TEMPLATE]})

    templates: list[TemplateView]


class Added(BaseModel):
    """What became of each image, and the templates that there are now."""

    model_config = example(
        {
            "images": [{"index": 0, "accepted": True, "reasons": [], "warnings": []}],
            "templates": [A_TEMPLATE],
        }
    )

    images: list[ShotView]
    templates: list[TemplateView]


class Corrected(BaseModel):
    """What a correction did."""

    model_config = example({"corrected": True, "template_retired": False})

    corrected: bool
    template_retired: bool


# ------ search


@router.post("/search", dependencies=[device(Permission.RUN_KIOSK)])
async def search(
    request: Request,
    placement: Annotated[str, Form(max_length=64)],
    image: Picture,
    limit: Annotated[int, Form(ge=1, le=MAX_MATCHES)] = 1,
    model: Annotated[str | None, Form(max_length=80, description="Refuse unless the gallery is of this model.")] = None,
    liveness_pass: LivenessPass = None,
) -> Found:
    """Members among the faces of one picture (1:N), each through the consent gate; strangers leave nothing behind."""
    site = site_of(request)
    site.edge.check_faces()
    await check_place(request, placement)
    check_model(site, model)
    data = await read_bounded(image)
    camera = Camera(edge=site.edge, placement=placement, shots=1)
    site.liveness.demand(liveness_pass, use=Guarded.REWARDS, placement=placement, pictures=[data])
    async with site.limits.turn(*asking(request, placement=placement)):
        pixels = await asyncio.to_thread(decode_image, data)
        seen = await site.see(camera, site.frame(pixels, source="upload"))
    return Found(
        faces=len(seen.faces),
        matches=[Greeted(**recognised(site, welcome)) for welcome in seen.welcomes[:limit]],
        waiting=len(seen.known) > len(seen.welcomes) and site.reviews.waits(placement, site.clock.now()),
    )


def check_model(site: Site, wanted: str | None) -> None:
    """Raises GalleryMismatch when templates of another model are all there is, or the caller expects another model."""
    model = site.edge.observer.model
    if wanted is not None and wanted != model:
        raise GalleryMismatch(f"the gallery is of {model}")
    others = {base_model(t.model) for member in site.edge.members.values() for t in member.templates} - {model}
    if others and not len(site.edge.gallery):
        raise GalleryMismatch(f"templates of {', '.join(sorted(others))}, pack {model}")


# ------ templates


@router.get("/me/templates", dependencies=[VISIT])
async def templates(request: Request, authorization: Session = None) -> Templates:
    """The member's templates: when they were made, and how often they greeted somebody else."""
    site = site_of(request)
    return Templates(templates=await views(site, site.edge.member(site.sessions.get(authorization).member_id)))


@router.post("/me/templates", status_code=HTTPStatus.CREATED, response_model=Added, dependencies=[VISIT])
async def add_templates(
    request: Request,
    images: Annotated[list[UploadFile], File(description=f"One to {MAX_PHOTOS} images of the member alone.")],
    authorization: Session = None,
    review_mode: Annotated[ReviewMode, Form()] = ReviewMode.STANDARD,
    allow_duplicate: Annotated[bool, Form()] = False,
    liveness_pass: LivenessPass = None,
) -> Any:
    """Add photos of the member who is here, five templates at most; each image is taken or refused for its reasons."""
    site = site_of(request)
    site.edge.check_faces()
    session = site.sessions.get(authorization)
    member = site.edge.member(session.member_id)
    await allowed(site, member)
    room = MAX_PHOTOS - len(member.templates)
    if len(images) > room:
        raise InputRefused(f"images: {room} more; at most {MAX_PHOTOS} templates a member")
    photos = [await read_bounded(upload) for upload in images]
    site.liveness.demand(liveness_pass, use=Guarded.ENROLMENT, placement=session.placement, pictures=photos)
    found = await judged(
        site,
        photos,
        who=asking(request, placement=session.placement),
        review_mode=review_mode,
        allow_duplicate=allow_duplicate,
        member_id=member.id,
        holder=session.holder,
    )
    if refusal := found.refusal():
        return refused(refusal, images=shot_views(found))
    edge = site.edge
    keys = keys_with(edge.keys, session.holder)
    grown = with_templates(edge.member(member.id), found.embeddings, keys=keys, now=site.clock.now(), ids=edge.ids)
    await edge.keep(grown, "templates_added", {"templates": str(len(found.embeddings))})
    await site.corrections.load()
    return Added(images=[shot_view(shot) for shot in found.shots], templates=await views(site, grown))


@router.delete("/me/templates/{template_id}", dependencies=[VISIT])
async def remove_template(
    request: Request,
    template_id: Annotated[str, Path(max_length=64)],
    authorization: Session = None,
    liveness_pass: LivenessPass = None,
) -> Templates:
    """Destroy one template; without any, card and PIN serve."""
    site = site_of(request)
    session = site.sessions.get(authorization)
    demand_for_change(site, session, liveness_pass)
    member = site.edge.member(session.member_id)
    if template_id not in {template.id for template in member.templates}:
        raise TemplateUnknown
    await site.corrections.remove(member, template_id, action="template_removed")
    return Templates(templates=await views(site, site.edge.member(member.id)))


async def allowed(site: Site, member: Member) -> None:
    """Raises ConsentMissing unless the member allows recognition at this moment, as the law of the place asks."""
    scenario = site.scenario
    notice = scenario.notices.get(Purpose.RECOGNISE)
    if notice is None:
        raise ConsentMissing(Purpose.RECOGNISE.value)
    consent = permit(
        await site.edge.consents(member.id),
        purpose=Purpose.RECOGNISE,
        scenario=scenario.name,
        site=site.edge.site,
        notice_version=notice.version,
        at=site.clock.now(),
    )
    check_release(consent, site.law)


async def views(site: Site, member: Member) -> list[TemplateView]:
    """What the member may know of their templates."""
    counts = await site.storage.corrections.counts()
    return [
        TemplateView(
            id=template.id,
            created_at=template.created_at,
            usable=base_model(template.model) == site.edge.observer.model,
            corrections=counts.get(template.id, 0),
        )
        for template in member.templates
    ]


# ------ not me


@router.post("/me/not-me", dependencies=[VISIT])
async def not_me(request: Request, authorization: Session = None) -> Corrected:
    """Whoever was just greeted is somebody else: their offers go, this visit ends, and the template counts less."""
    site = site_of(request)
    session = site.sessions.get(authorization)
    if session.template_id is None:
        raise InputRefused("this visit began with a card or a PIN, not with a face")
    before = site.edge.member(session.member_id)
    site.sessions.close(authorization)
    site.screens.take_down(before.token)
    site.accuracy.not_me(before.id, session.placement)
    await site.corrections.not_me(before.id, session.template_id, by="kiosk")
    after = {template.id for template in site.edge.member(before.id).templates}
    return Corrected(corrected=True, template_retired=session.template_id not in after)
