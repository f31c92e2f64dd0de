"""Which matches wait for a person, and what their answer does; thresholds by hand: rate 0.01 at 0.5, 0.001 at 0.6."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from visavis.errors import ReviewUnknown
from visavis.identity.enrol import enrol
from visavis.identity.identify import Recognition
from visavis.identity.threshold import Threshold, for_rate
from visavis.perception.observe import Observer
from visavis.pipeline.corrections import RETIRED_AT, Corrections, trust_of, weight_of
from visavis.pipeline.edge import Edge, Welcome
from visavis.server.reviews import GREETED_FOR, WAITS_FOR, Mode, Reviews
from visavis.testing import (
    FixedClock,
    MemoryKeys,
    MemoryStorage,
    RecordingHub,
    a_scenario,
    a_sighting,
    an_embedding,
    counted_ids,
    memory_storage,
)
from visavis.types import Embedding, Member, Method, Purpose

MODEL = "sample@000000000000"
ROWS = tuple(
    Threshold(score=score, false_match_rate=rate, impostor_pairs=10**6, evidence="by hand")
    for rate, score in ((0.1, 0.4), (0.01, 0.5), (0.001, 0.6), (0.0001, 0.7))
)


@dataclass
class Story:
    """One member with two templates, 45 degrees apart, at one edge in memory."""

    edge: Edge
    storage: MemoryStorage
    corrections: Corrections
    clock: FixedClock
    member: Member

    def reviews(self, mode: Mode) -> Reviews:
        return Reviews(mode=mode, edge=self.edge, queue=self.storage.reviews, corrections=self.corrections)

    async def held(self, reviews: Reviews, score: float, placement: str = "screen") -> bool:
        hit = Recognition(member_id=self.member.id, score=score, threshold=for_rate(ROWS, 0.01))
        template = self.edge.member(self.member.id).templates[0]
        return await reviews.hold(self.member, hit, template.id, placement=placement, at=self.clock.now())

    async def shows(self, reviews: Reviews, method: Method, placement: str = "screen") -> None:
        sighting = a_sighting(method=method, placement=placement, score=None)
        await reviews.known_otherwise(
            Welcome(member_id=self.member.id, nickname="Grace", sighting=sighting, decision=None)
        )


def diagonal() -> Embedding:
    vector = np.zeros(128, np.float32)
    vector[:2] = np.sqrt(0.5)
    return Embedding(vector=vector, model=MODEL)


@pytest.fixture
async def story() -> Story:
    storage, clock, keys, ids = memory_storage(), FixedClock(), MemoryKeys(), counted_ids()
    edge = Edge(
        site="site-1",
        scenario=a_scenario(),
        observer=cast("Observer", SimpleNamespace(model=MODEL, dim=128)),
        calibration=ROWS,
        false_match_rate=0.01,
        keys=keys,
        roster=storage.roster,
        ledger=storage.edge_ledger,
        erasures=storage.erasures,
        link=RecordingHub(),
        audit=storage.audit,
        clock=clock,
        ids=ids,
    )
    shots: Sequence[Embedding] = (an_embedding(0), diagonal())
    member = enrol(
        nickname="Grace",
        locale="en",
        site="site-1",
        scenario=a_scenario(),
        embeddings=shots,
        purposes=list(Purpose),
        same_person=0.5,
        keys=keys,
        now=clock.now(),
        ids=ids,
    ).member
    await storage.roster.save(member)
    await edge.load()
    corrections = Corrections(edge=edge, log=storage.corrections)
    return Story(edge=edge, storage=storage, corrections=corrections, clock=clock, member=member)


@pytest.mark.parametrize(
    ("mode", "score", "reason"),
    [
        (Mode.OFF, 0.51, None),
        (Mode.STANDARD, 0.51, "near_threshold"),
        (Mode.STANDARD, 0.59, "near_threshold"),
        (Mode.STANDARD, 0.61, None),
        (Mode.STRICT, 0.59, "near_threshold"),
        (Mode.STRICT, 0.61, "first_time"),
    ],
)
async def test_what_waits(story: Story, mode: Mode, score: float, reason: str | None) -> None:
    """The grey band ends at 0.6, where a tenth of the rate is held; strict asks beyond it too, once."""
    reviews = story.reviews(mode)
    assert await story.held(reviews, score) == (reason is not None)
    assert [review.reason for review in await reviews.open()] == ([reason] if reason else [])
    assert reviews.waits("screen", story.clock.now()) == (reason is not None)
    assert not reviews.waits("aisle-1", story.clock.now())


async def test_confirmed_the_member_is_greeted_for_a_while(story: Story) -> None:
    """Ten minutes without a question; later a doubtful match waits again, but it is no first time any more."""
    reviews = story.reviews(Mode.STRICT)
    assert await story.held(reviews, 0.55)
    (review,) = await reviews.open()
    await reviews.answer(review.id, confirm=True, by="machine")
    assert not await story.held(reviews, 0.55)
    story.clock.advance(seconds=GREETED_FOR.total_seconds())
    assert not await story.held(reviews, 0.61)
    assert await story.held(reviews, 0.55)
    with pytest.raises(ReviewUnknown):
        await reviews.answer(review.id, confirm=False, by="machine")


async def test_nobody_answers_and_it_is_gone(story: Story) -> None:
    """After an hour; records go after a month, the last confirmation stays."""
    reviews = story.reviews(Mode.STRICT)
    assert await story.held(reviews, 0.61)
    story.clock.advance(seconds=WAITS_FOR.total_seconds())
    assert await reviews.open() == ()
    assert await story.held(reviews, 0.61)
    (review,) = await reviews.open()
    await reviews.answer(review.id, confirm=True, by="machine")
    story.clock.advance(seconds=30 * 86_400 + 1)
    assert await story.storage.reviews.forget(story.clock.now()) == 0  # asking again had dropped the first one
    assert not await story.held(reviews, 0.61)


async def test_a_second_factor_confirms_where_it_is_shown(story: Story) -> None:
    """A PIN at another placement does not, a face never does; staff need not answer."""
    reviews = story.reviews(Mode.STRICT)
    assert await story.held(reviews, 0.61)
    await story.shows(reviews, Method.PIN, placement="aisle-1")
    await story.shows(reviews, Method.FACE)
    assert len(await reviews.open()) == 1
    await story.shows(reviews, Method.CARD)
    assert await reviews.open() == ()
    (review,) = await story.storage.reviews.of(story.member.id)
    assert review.answered_by == "card"


async def test_rejected_it_counts_as_a_correction_and_the_next_match_waits(story: Story) -> None:
    """In the log by pseudonym, with what staff said."""
    reviews = story.reviews(Mode.STANDARD)
    assert await story.held(reviews, 0.55)
    (review,) = await reviews.open()
    await reviews.answer(review.id, confirm=False, by="machine")
    assert await story.storage.corrections.counts() == {review.template_id: 1}
    assert await story.held(reviews, 0.69)
    (again,) = await reviews.open()
    assert again.reason == "corrected"
    said = [(entry.action, entry.subject) for entry in story.storage.audit.entries]
    assert said == [("reviewed", story.member.token), ("not_me", story.member.token)]


# ------ corrections


async def test_a_corrected_template_counts_half_and_the_bar_rises(story: Story) -> None:
    """Templates at 0 and 45 degrees: fused at 22.5, and after a correction of the first at 45 less 18.43."""
    first, second = story.member.templates
    edge = story.edge
    (probe,) = edge.rotations.turned([an_embedding(0)])
    before = edge.gallery.compare(probe, story.member.id)
    assert before is not None
    assert before.score == pytest.approx(np.cos(np.radians(22.5)), abs=1e-5)
    await story.corrections.not_me(story.member.id, first.id, by="kiosk")
    after = edge.gallery.compare(probe, story.member.id)
    assert after is not None
    direction = 0.5 * np.array([1.0, 0.0]) + np.sqrt(0.5) * np.array([1.0, 1.0])
    assert after.score == pytest.approx(direction[0] / np.linalg.norm(direction), abs=1e-5)
    assert edge.shares == {story.member.id: trust_of(1)}
    found = edge.identify([probe])
    assert found is not None
    assert found.threshold.false_match_rate == pytest.approx(0.001)
    assert second.id in {template.id for template in edge.member(story.member.id).templates}


async def test_the_third_correction_destroys_the_template_and_trust_comes_back(story: Story) -> None:
    """The other template is as good as ever; another process learns of it from the log."""
    first, second = story.member.templates
    for _ in range(RETIRED_AT - 1):
        await story.corrections.not_me(story.member.id, first.id, by="kiosk")
    assert (weight_of(2), trust_of(2)) == (0.25, pytest.approx(0.01))
    story.edge.shares.clear()
    story.edge.weights.clear()
    await story.corrections.load()
    assert story.edge.weights[first.id] == 0.25
    await story.corrections.not_me(story.member.id, first.id, by="kiosk")
    (kept,) = story.edge.member(story.member.id).templates
    assert kept == second
    assert story.edge.shares == {story.member.id: 1.0}
    (saved,) = await story.storage.roster.members()
    assert saved.templates == (second,)
    assert story.storage.audit.entries[-1].action == "template_retired"


async def test_who_has_gone_leaves_no_trust_behind(story: Story) -> None:
    """Nor a review, nor a correction."""
    first, _ = story.member.templates
    reviews = story.reviews(Mode.STANDARD)
    await story.corrections.not_me(story.member.id, first.id, by="kiosk")
    assert await story.held(reviews, 0.55)
    await story.edge.forget(story.member.id, method="kiosk")
    await story.corrections.load()
    assert story.edge.shares == {}
    assert await reviews.open() == ()
    assert await story.storage.corrections.counts() == {}
    assert reviews.pseudonym(story.member.id) == ""
