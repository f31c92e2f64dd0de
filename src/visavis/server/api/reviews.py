"""`/v1/edge/reviews`: matches that wait for staff. Scores, times and pseudonyms; never an image."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel

from visavis.server.access import needs
from visavis.server.api.uploads import example
from visavis.server.permissions import Permission
from visavis.server.readings import Look, Why
from visavis.server.site import Site, site_of
from visavis.server.staff_read import StaffRead
from visavis.types import Review

router = APIRouter(prefix="/v1/edge/reviews", tags=["reviews"])

Reviewing = Annotated[Look, Depends(StaffRead(Why.REVIEW))]

A_REVIEW = {
    "id": "5f1c…",
    "member": "k3v9qd2x",
    "placement": "entrance",
    "reason": "near_threshold",
    "score": 0.67,
    "threshold": 0.66,
    "asked_at": "2026-01-05T09:00:00Z",
    "expires_at": "2026-01-05T10:00:00Z",
    "state": "open",
}


class ReviewView(BaseModel):
    """One match that waits; the member's pseudonym is good for this list alone."""

    model_config = example(A_REVIEW)

    id: str
    member: str
    placement: str
    reason: str
    score: float
    threshold: float
    asked_at: datetime
    expires_at: datetime
    state: str


class ReviewList(BaseModel):
    """What waits, oldest first, and by which rule."""

    model_config = example({"mode": "standard", "reviews": [A_REVIEW]})

    mode: str
    reviews: list[ReviewView]


class Answer(BaseModel):
    """What staff says."""

    model_config = example({"answer": "confirm"})

    answer: Literal["confirm", "reject"]


def review_view(site: Site, review: Review) -> ReviewView:
    """Rounded, and by pseudonym."""
    return ReviewView(
        id=review.id,
        member=site.reviews.pseudonym(review.member_id),
        placement=review.placement,
        reason=review.reason,
        score=round(review.score, 3),
        threshold=round(review.threshold, 3),
        asked_at=review.asked_at,
        expires_at=review.expires_at,
        state=review.state.value,
    )


@router.get("", dependencies=[needs(Permission.ANSWER_REVIEWS)])
async def waiting(request: Request, look: Reviewing) -> ReviewList:
    """Matches that wait for staff, oldest first."""
    site = site_of(request)
    found = await site.reviews.open()
    await look.at(site.reviews.tokens(found))
    return ReviewList(mode=site.reviews.mode.value, reviews=[review_view(site, review) for review in found])


@router.post("/{review_id}", dependencies=[needs(Permission.ANSWER_REVIEWS)])
async def answer(
    request: Request, review_id: Annotated[str, Path(max_length=64)], body: Answer, look: Reviewing
) -> ReviewView:
    """Confirm: the member is greeted at the next look. Reject: it counts as "not me"."""
    site = site_of(request)
    review = await site.reviews.answer(review_id, confirm=body.answer == "confirm", by=look.actor)
    await look.at(site.reviews.tokens([review]))
    return review_view(site, review)
