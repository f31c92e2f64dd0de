"""What every ReviewQueue does."""

from dataclasses import replace
from datetime import timedelta

from visavis.ports import ReviewQueue, Roster
from visavis.testing import T0, a_member, a_review
from visavis.types import MemberId, ReviewState, Token

SOON = T0 + timedelta(minutes=5)
LATER = T0 + timedelta(hours=1)


async def test_a_review_comes_back_as_asked(reviews: ReviewQueue, roster: Roster) -> None:
    """Open until it expires."""
    await roster.save(a_member())
    assert await reviews.ask(a_review())
    assert await reviews.open(SOON) == [a_review()]
    assert await reviews.open(LATER) == []
    assert await reviews.of(MemberId("member-1")) == [a_review()]


async def test_a_member_waits_in_the_queue_once_a_placement(reviews: ReviewQueue, roster: Roster) -> None:
    """Frame after frame asks; the queue holds one until it expires or is answered."""
    await roster.save(a_member())
    assert await reviews.ask(a_review())
    assert not await reviews.ask(a_review(id="review-2"))
    elsewhere = a_review(id="review-3", placement="aisle-1", asked_at=SOON)
    assert await reviews.ask(elsewhere)
    assert await reviews.open(SOON) == [a_review(), elsewhere]
    again = a_review(id="review-4", asked_at=LATER, expires_at=LATER + timedelta(hours=1))
    assert await reviews.ask(again)
    assert await reviews.open(LATER) == [again]
    assert await reviews.of(MemberId("member-1")) == [elsewhere, again]


async def test_a_review_is_answered_once_and_in_time(reviews: ReviewQueue, roster: Roster) -> None:
    """The same answer again is the same; another one, a late one and one to nothing find nothing."""
    await roster.save(a_member())
    await reviews.ask(a_review())
    done = replace(a_review(), state=ReviewState.CONFIRMED, answered_by="operator", answered_at=SOON)
    for _ in range(2):
        assert await reviews.answer("review-1", ReviewState.CONFIRMED, by="operator", at=SOON) == done
    assert await reviews.answer("review-1", ReviewState.REJECTED, by="operator", at=SOON) is None
    assert await reviews.answer("review-9", ReviewState.REJECTED, by="operator", at=SOON) is None
    assert await reviews.open(SOON) == []
    assert await reviews.of(MemberId("member-1")) == [done]
    assert await reviews.ask(a_review(id="review-2"))
    assert await reviews.answer("review-2", ReviewState.CONFIRMED, by="operator", at=LATER) is None


async def test_reviews_go_with_their_member(reviews: ReviewQueue, roster: Roster) -> None:
    """And none is asked of somebody who has gone."""
    await roster.save(a_member())
    await reviews.ask(a_review())
    await roster.remove(MemberId("member-1"))
    assert await reviews.open(SOON) == []
    assert not await reviews.ask(a_review(id="review-2"))


async def test_old_reviews_are_forgotten(reviews: ReviewQueue, roster: Roster) -> None:
    """Those that were asked before; a younger one stays, and what says that a member was confirmed once."""
    await roster.save(a_member())
    await roster.save(a_member(id=MemberId("member-2"), token=Token("token-2"), credentials=()))
    young = a_review(id="review-2", member_id=MemberId("member-2"), asked_at=SOON)
    await reviews.ask(a_review())
    await reviews.ask(young)
    assert await reviews.forget(SOON) == 1
    assert await reviews.of(MemberId("member-1")) == []
    assert await reviews.of(MemberId("member-2")) == [young]
    for name in ("review-3", "review-4"):
        await reviews.ask(a_review(id=name))
        await reviews.answer(name, ReviewState.CONFIRMED, by="pin", at=SOON)
    assert await reviews.forget(LATER) == 2
    assert [review.id for review in await reviews.of(MemberId("member-1"))] == ["review-4"]
