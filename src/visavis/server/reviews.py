"""Review: which matches a person looks at before the member is greeted, and what becomes of them.

    off        whoever reaches the threshold is greeted
    standard   a match in the grey band, or by a template that was corrected, waits for staff
    strict     so does the first time that a member is known by face since they joined

The grey band reaches from the threshold to the score that would hold a tenth of the promised error rate. Card and PIN
are never reviewed; shown where a match waits, they confirm it: a second factor. A match that staff confirms lets the
member be greeted by face for ten minutes; one that staff rejects counts as "not me". Nobody answers: after an hour it
is gone. No image is kept, so staff decides by who stands there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from visavis.errors import ReviewUnknown
from visavis.identity.identify import Recognition
from visavis.identity.threshold import for_rate
from visavis.pipeline.corrections import Corrections
from visavis.pipeline.edge import Edge, Welcome
from visavis.ports import ReviewQueue
from visavis.types import Member, MemberId, Method, Review, ReviewState

GREY = 0.1  # of the promised error rate: whoever would pass there is beyond doubt
WAITS_FOR = timedelta(hours=1)
GREETED_FOR = timedelta(minutes=10)  # after staff or a second factor confirmed
PSEUDONYM = 8  # characters of a token, for people who read lists
NEWS_FOR = timedelta(seconds=10)  # a kiosk that asks is told of a match that waits


class Mode(StrEnum):
    """How many matches wait for a person."""

    OFF = "off"
    STANDARD = "standard"
    STRICT = "strict"


@dataclass(slots=True, kw_only=True)
class Reviews:
    """The queue, and the answer to: greet this match now?"""

    mode: Mode
    edge: Edge
    queue: ReviewQueue
    corrections: Corrections
    wrong: Callable[[MemberId, str], None] = lambda _member, _placement: None  # told of each match that staff rejects
    _held: dict[str, datetime] = field(default_factory=dict)  # placement -> when a match last had to wait there

    async def hold(
        self, member: Member, hit: Recognition, template_id: str | None, *, placement: str, at: datetime
    ) -> bool:
        """Whether this match has to wait for a person; it is then in the queue."""
        if self.mode is Mode.OFF or template_id is None:
            return False
        history = await self.queue.of(member.id)
        reason = self._reason(hit, template_id, confirmed=any(map(_is_confirmed, history)))
        if reason is None or _was_confirmed(history, at):
            return False
        await self.queue.ask(
            Review(
                id=self.edge.ids(),
                member_id=member.id,
                template_id=template_id,
                placement=placement,
                reason=reason,
                score=hit.score,
                threshold=hit.threshold.score,
                asked_at=at,
                expires_at=at + WAITS_FOR,
            )
        )
        self._held[placement] = at
        return True

    def _reason(self, hit: Recognition, template_id: str, *, confirmed: bool) -> str | None:
        if hit.score < self._beyond_doubt(hit):
            return "near_threshold"
        if self.edge.weights.get(template_id, 1.0) < 1.0:
            return "corrected"
        return "first_time" if self.mode is Mode.STRICT and not confirmed else None

    def _beyond_doubt(self, hit: Recognition) -> float:
        """The upper end of the grey band."""
        asked = hit.threshold
        rate = GREY * asked.false_match_rate
        return for_rate(self.edge.calibration, rate, templates=asked.templates, shots=asked.shots).score

    def waits(self, placement: str, now: datetime) -> bool:
        """Whether a match at this placement waits, so that the kiosk can say so and offer card and PIN."""
        held = self._held.get(placement)
        return held is not None and now - held < NEWS_FOR

    async def known_otherwise(self, welcome: Welcome) -> None:
        """A card or a PIN confirms what waits for this member at this placement."""
        if self.mode is Mode.OFF or welcome.sighting.method is Method.FACE:
            return
        now = self.edge.clock.now()
        for review in await self.queue.of(welcome.member_id):
            if review.state is ReviewState.OPEN and review.placement == welcome.sighting.placement:
                await self.queue.answer(review.id, ReviewState.CONFIRMED, by=welcome.sighting.method.value, at=now)

    async def open(self) -> tuple[Review, ...]:
        """What waits, oldest first."""
        return tuple(await self.queue.open(self.edge.clock.now()))

    async def answer(self, review_id: str, *, confirm: bool, by: str) -> Review:
        """What one of the staff says; raises ReviewUnknown when it is not open any more."""
        state = ReviewState.CONFIRMED if confirm else ReviewState.REJECTED
        review = await self.queue.answer(review_id, state, by=by, at=self.edge.clock.now())
        if review is None:
            raise ReviewUnknown
        member = self.edge.member(review.member_id)
        await self.edge.note("reviewed", member, {"answer": state.value, "reason": review.reason, "by": by})
        if not confirm:
            self.wrong(review.member_id, review.placement)
            await self.corrections.not_me(review.member_id, review.template_id, by=by)
        return review

    def tokens(self, reviews: Sequence[Review]) -> set[str]:
        """Whom these reviews are about; without those who went."""
        members = self.edge.members
        return {str(members[review.member_id].token) for review in reviews if review.member_id in members}

    def pseudonym(self, member_id: MemberId) -> str:
        """A short name for lists, that says nothing about the member; empty after they went."""
        member = self.edge.members.get(member_id)
        return "" if member is None else member.token[:PSEUDONYM]


def _is_confirmed(review: Review) -> bool:
    return review.state is ReviewState.CONFIRMED


def _was_confirmed(history: Sequence[Review], at: datetime) -> bool:
    """Within the last minutes, so that the member who waited can be greeted now."""
    return any(
        review.state is ReviewState.CONFIRMED
        and review.answered_at is not None
        and timedelta() <= at - review.answered_at < GREETED_FOR
        for review in history
    )
