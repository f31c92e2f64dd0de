"""What a person who joins or adds photos learns of each of them."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from visavis.pipeline.enrolment import Judged, ReviewMode, Shot, judge
from visavis.server.api.uploads import example
from visavis.server.site import Site
from visavis.types import MemberId


class ShotView(BaseModel):
    """One photo: taken, or refused for these reasons."""

    model_config = example({"index": 1, "accepted": False, "reasons": ["blurred"], "warnings": []})

    index: int
    accepted: bool
    reasons: list[str]
    warnings: list[str]


async def judged(
    site: Site,
    photos: Sequence[bytes],
    *,
    who: Sequence[str],
    review_mode: ReviewMode,
    allow_duplicate: bool,
    member_id: MemberId | None = None,
    holder: bytes = b"",
) -> Judged:
    """Look at photos in a thread, as often as these callers may."""
    if not photos:
        return Judged(shots=())
    own = site.edge.templates(member_id, holder) if member_id is not None else ()
    async with site.limits.turn(*who):
        return await asyncio.to_thread(
            judge,
            site.edge,
            photos,
            review=review_mode,
            allow_duplicate=allow_duplicate,
            member_id=member_id,
            own=own,
        )


def shot_view(shot: Shot) -> ShotView:
    """Without what the photo showed."""
    return ShotView(index=shot.index, accepted=shot.accepted, reasons=list(shot.reasons), warnings=list(shot.warnings))


def shot_views(found: Judged) -> list[dict[str, Any]]:
    """Every photo, in the order in which they came."""
    return [shot_view(shot).model_dump() for shot in found.shots]
