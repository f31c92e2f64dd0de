"""`/v1/edge/verify`: one card, one picture (1:1). Nobody is searched for."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request

from visavis.errors import CredentialRefused
from visavis.perception.decode import decode_image
from visavis.pipeline.card_and_face import Verifier
from visavis.server.access import check_place, device
from visavis.server.api.answers import Greeted
from visavis.server.api.edge import LivenessPass, claim_of, recognised
from visavis.server.api.uploads import Picture, read_bounded
from visavis.server.callers import asking
from visavis.server.permissions import Permission
from visavis.server.site import site_of
from visavis.types import Guarded

router = APIRouter(prefix="/v1/edge", tags=["edge"])


@router.post("/verify", response_model=Greeted, dependencies=[device(Permission.RUN_KIOSK)])
async def verify(
    request: Request,
    placement: Annotated[str, Form(max_length=64)],
    card: Annotated[str, Form(max_length=256)],
    image: Picture,
    liveness_pass: LivenessPass = None,
) -> dict[str, Any]:
    """Know a member by card and face together; the same answer for a wrong card and another face."""
    site = site_of(request)
    await check_place(request, placement)
    site.edge.check_faces()
    data = await read_bounded(image)
    site.liveness.demand(liveness_pass, use=Guarded.REWARDS, placement=placement, pictures=[data])
    refused = CredentialRefused("card and face were not recognised together; the card or the PIN serves as well")
    async with site.limits.turn(*asking(request, placement=placement)):
        frame = site.frame(await asyncio.to_thread(decode_image, data), source="upload")
        faces = await site.observe(frame)
        try:
            claim = await claim_of(site, request, card, placement)
        except CredentialRefused:
            raise refused from None
        looks = Verifier(edge=site.edge, claim=claim, placement=placement, began=frame.captured_at, most=1)
        welcome = await looks.see(frame, faces)
    if welcome is None:
        raise refused
    site.tally.welcomed(welcome)
    return recognised(site, welcome)
