"""Matches that a person looks at before the member is greeted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import MemberId, Review, ReviewState


class PostgresReviews:
    """Implements `ports.ReviewQueue`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("reviews")

    async def ask(self, review: Review) -> bool:
        """Whether it was put in the queue; not while another is open there, nor after the member went."""
        row = {
            "id": review.id,
            "member_id": review.member_id,
            "template_id": review.template_id,
            "placement": review.placement,
            "reason": review.reason,
            "score": review.score,
            "threshold": review.threshold,
            "asked_at": review.asked_at,
            "expires_at": review.expires_at,
        }
        async with self._half.transaction() as cursor:
            await cursor.execute(self._sql["lapse"], row)
            await cursor.execute(self._sql["ask"], row)
            return await cursor.fetchone() is not None

    async def open(self, at: datetime) -> Sequence[Review]:
        """Those that wait for an answer, oldest first."""
        return [_review(row) for row in await self._half.fetch(self._sql["open"], {"at": at})]

    async def answer(self, review_id: str, state: ReviewState, *, by: str, at: datetime) -> Review | None:
        """The review as answered; None when it is not open any more."""
        answer = {"id": review_id, "state": state.value, "by": by, "at": at}
        rows = await self._half.fetch(self._sql["answer"], answer)
        return _review(rows[0]) if rows else None

    async def of(self, member_id: MemberId) -> Sequence[Review]:
        """All that are kept of a member, oldest first."""
        return [_review(row) for row in await self._half.fetch(self._sql["of"], {"member_id": member_id})]

    async def forget(self, asked_before: datetime) -> int:
        """Delete what was asked before this time, but for each member's last confirmation; how many."""
        return len(await self._half.fetch(self._sql["forget"], {"before": asked_before}))


def _review(row: tuple[Any, ...]) -> Review:
    review_id, member_id, template_id, placement, reason, score, threshold, asked, expires, state, by, at = row
    return Review(
        id=review_id,
        member_id=MemberId(member_id),
        template_id=template_id,
        placement=placement,
        reason=reason,
        score=score,
        threshold=threshold,
        asked_at=asked,
        expires_at=expires,
        state=ReviewState(state),
        answered_by=by,
        answered_at=at,
    )
