"""`/v1/edge/me`: what members change about themselves: consents that are given again, nickname, language."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field

from visavis.pipeline.choices import allow, correct
from visavis.server.access import VISIT
from visavis.server.api.answers import Consents, Me
from visavis.server.api.edge import Allowing, LivenessPass, check_notices, consents, demand_for_change, me_view
from visavis.server.api.uploads import example
from visavis.server.site import site_of

router = APIRouter(prefix="/v1/edge/me", tags=["members"])

Session = Annotated[str | None, Header(description="Bearer <session>, as recognition gave it.")]


class Correction(BaseModel):
    """What is wrong; what is left out stays."""

    model_config = example({"nickname": "Ada", "locale": "zh-CN"})

    nickname: str | None = Field(default=None, min_length=1, max_length=80)
    locale: str | None = Field(default=None, pattern="^(en|zh-CN)$")


@router.patch("", response_model=Me, dependencies=[VISIT])
async def change(
    request: Request, body: Correction, authorization: Session = None, liveness_pass: LivenessPass = None
) -> dict[str, Any]:
    """Correct the nickname or the language."""
    site = site_of(request)
    session = site.sessions.get(authorization)
    demand_for_change(site, session, liveness_pass)
    await correct(site.edge, session.member_id, nickname=body.nickname, locale=body.locale, holder=session.holder)
    return await me_view(site, session)


@router.post("/consent", response_model=Consents, dependencies=[VISIT])
async def consent(
    request: Request, body: Allowing, authorization: Session = None, liveness_pass: LivenessPass = None
) -> dict[str, Any]:
    """Allow a purpose again, on the notice as it is now, or one more."""
    site = site_of(request)
    session = site.sessions.get(authorization)
    demand_for_change(site, session, liveness_pass)
    check_notices(site, body)
    purposes = [ticked.purpose for ticked in body.consents]
    given = await allow(
        site.edge, session.member_id, purposes, locale=body.locale, method="kiosk", signature=body.signature
    )
    return {
        "consents": await consents(site, session.member_id),
        "receipts": [{"id": one.id, "jws": site.receipt(one)} for one in given],
    }
