"""What a member may change and go without: consents, nickname, language; the whole of it over ports in memory."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

import numpy as np
import pytest

from visavis.errors import ConsentMissing, InputRefused
from visavis.identity.enrol import Enrolment
from visavis.identity.threshold import Threshold
from visavis.perception.observe import Observer
from visavis.pipeline.choices import allow, correct
from visavis.pipeline.edge import Edge
from visavis.pipeline.erasure import Replayed, replay
from visavis.pipeline.hub import Hub
from visavis.pipeline.learner import Learner
from visavis.privacy.consent import permit, to_ask
from visavis.recommend.policies import build_policy
from visavis.testing import (
    FixedClock,
    MemoryKeys,
    RecordingChannel,
    a_campaign,
    a_consent,
    a_scenario,
    an_embedding,
    an_event,
    an_impression,
    counted_ids,
    memory_storage,
)
from visavis.types import Method, Notice, Purpose, Scenario, Stage

MODEL = an_embedding().model
ROWS = tuple(
    Threshold(score=score, false_match_rate=rate, impostor_pairs=10**6, evidence="by hand")
    for rate, score in ((0.1, 0.5), (0.01, 0.6), (0.001, 0.7))
)
EVERYTHING = tuple(Purpose)


class Lens:
    model, dim = MODEL, 128


class Site:
    """Edge and hub in one process."""

    def __init__(self, scenario: Scenario | None = None) -> None:
        self.scenario = scenario or a_scenario()
        self.storage, self.clock = memory_storage(), FixedClock()
        self.channel = RecordingChannel()
        self.hub = Hub(
            site="site-1",
            scenario=self.scenario,
            ledger=self.storage.hub_ledger,
            events=self.storage.events,
            states=self.storage.states,
            decisions=self.storage.decisions,
            plays=self.storage.plays,
            outcomes=self.storage.outcomes,
            allowance=self.storage.allowance,
            eraser=self.storage.eraser,
            audit=self.storage.hub_audit,
            channel=self.channel,
            policy=build_policy(self.scenario),
            clock=self.clock,
            rng=np.random.default_rng(1),
            ids=counted_ids("decision"),
        )
        self.edge = self.an_edge()

    def an_edge(self) -> Edge:
        return Edge(
            site="site-1",
            scenario=self.scenario,
            observer=cast("Observer", Lens()),
            calibration=ROWS,
            false_match_rate=0.1,
            keys=MemoryKeys(),
            roster=self.storage.roster,
            ledger=self.storage.edge_ledger,
            erasures=self.storage.erasures,
            link=self.hub,
            audit=self.storage.audit,
            clock=self.clock,
            ids=counted_ids("edge"),
        )

    async def enrol(self, consents: tuple[Purpose, ...] = EVERYTHING) -> Enrolment:
        photos = [an_embedding(3)] if Purpose.RECOGNISE in consents else []
        return await self.edge.enrol_embedded(photos, name="Grace", locale="en", consents=consents)

    async def answered(self, decision_id: str) -> int:
        """Shown and tapped; how many updates the policy learned from it."""
        await self.hub.played([an_impression(id=f"{decision_id}-p", decision_id=decision_id, stage=Stage.ON_GLASS)])
        await self.hub.happened([an_event(id=f"{decision_id}-e", decision_id=decision_id, item_id=None, token=None)])
        learner = Learner(
            hub=self.hub,
            outcomes=self.storage.outcomes,
            store=self.storage.policies,
            policy=build_policy(self.scenario),
        )
        return await learner.catch_up()

    async def seen(self) -> Method | None:
        """How the person of the photo is known to a camera."""
        hit = self.edge.identify([an_embedding(3)])
        if hit is None:
            return None
        welcome = await self.edge.recognised(
            hit, [an_embedding(3)], placement="screen", people_in_view=1, at=self.clock.now()
        )
        return welcome.sighting.method if welcome else None


def renewed(scenario: Scenario, *purposes: Purpose) -> Scenario:
    """The scenario with a second version of these notices."""
    again: dict[Purpose, Notice] = {p: replace(scenario.notices[p], version="2") for p in purposes}
    return replace(scenario, notices={**scenario.notices, **again})


# ------ non-personalised


async def test_r12_a_member_who_does_not_allow_to_personalise_is_greeted_and_served() -> None:
    """By name, with an offer drawn by lot; the hub hears of no token, and the reason says so."""
    site = Site()
    joined = await site.enrol()
    await site.edge.withdraw(joined.member.id, Purpose.PERSONALISE, method="kiosk")
    welcome = await site.edge.presented(joined.pin, method=Method.PIN, placement="screen")
    assert welcome.nickname == "Grace"
    decision = welcome.decision
    assert decision is not None
    assert (decision.token, decision.sighting_id, decision.receipt_id) == (None, None, None)
    assert decision.policy == "uniform"
    assert decision.probabilities == pytest.approx([1 / 3] * 3)
    assert [reason.code for reason in decision.reasons] == ["not_personalised"]
    assert set(decision.features) == {0.0}
    assert welcome.ask == ()  # who took it back is not asked at every visit


async def test_r12_nothing_is_learned_from_a_member_who_objects() -> None:
    """The same visit taught one update before, and none after."""
    site = Site()
    joined = await site.enrol()
    before = await site.edge.presented(joined.pin, method=Method.PIN, placement="screen")
    assert before.decision is not None
    assert await site.answered(before.decision.id) == 1
    await site.edge.withdraw(joined.member.id, Purpose.PERSONALISE, method="kiosk")
    after = await site.edge.presented(joined.pin, method=Method.PIN, placement="screen")
    assert after.decision is not None
    assert await site.answered(after.decision.id) == 0


async def test_r12_an_objection_erases_what_was_kept_for_it() -> None:
    """Events and decisions of the token go; other consents and the membership stay."""
    site = Site()
    joined = await site.enrol()
    before = await site.edge.presented(joined.pin, method=Method.PIN, placement="screen")
    assert before.decision is not None
    await site.answered(before.decision.id)
    token = joined.member.token
    assert await site.storage.events.of(token)
    await site.edge.withdraw(joined.member.id, Purpose.PERSONALISE, method="kiosk")
    assert not await site.storage.events.of(token)
    assert await site.storage.decisions.get(before.decision.id) is None
    with pytest.raises(ConsentMissing):
        await site.hub.permitted(token, Purpose.PERSONALISE)
    assert (await site.hub.permitted(token, Purpose.IMPROVE)).subject == token
    assert await site.seen() is Method.FACE


async def test_r12_who_objected_may_change_their_mind() -> None:
    """From then on offers are theirs again."""
    site = Site()
    joined = await site.enrol()
    await site.edge.withdraw(joined.member.id, Purpose.PERSONALISE, method="kiosk")
    site.clock.advance(1)
    await allow(site.edge, joined.member.id, [Purpose.PERSONALISE], locale="zh-CN", method="kiosk")
    welcome = await site.edge.presented(joined.pin, method=Method.PIN, placement="screen")
    assert welcome.decision is not None
    assert welcome.decision.token == joined.member.token
    assert welcome.decision.policy == "squarecb"


async def test_a_hub_that_was_restored_alone_forgets_again_what_was_kept_for_an_objector() -> None:
    """The edge's ledger has the withdrawal: at the start the hub is brought in line."""
    site = Site()
    joined = await site.enrol()
    await site.edge.withdraw(joined.member.id, Purpose.PERSONALISE, method="kiosk")
    token = joined.member.token
    await site.storage.events.append([an_event(id="restored", token=token, decision_id=None)])
    await site.storage.hub_ledger.append([a_consent(id="restored", subject=token)])
    assert await replay(site.edge, site.storage.eraser) == Replayed()
    assert not await site.storage.events.of(token)
    with pytest.raises(ConsentMissing):
        await site.hub.permitted(token, Purpose.PERSONALISE)


async def test_invariant_10_budgets_hold_for_offers_that_are_drawn_by_lot() -> None:
    """One impression of budget: somebody about whom nothing is known cannot spend it twice."""
    house = a_campaign(id="house", items=("item-3",), house=True)
    campaigns = {"campaign-1": a_campaign(items=("item-1",), budget_impressions=1), "house": house}
    site = Site(replace(a_scenario(), campaigns=campaigns))
    first = await site.hub.anybody("screen", people_in_view=1)
    second = await site.hub.anybody("screen", people_in_view=1)
    assert (first.campaign_id, second.campaign_id) == ("campaign-1", "house")


# ------ asked again


async def test_r03_a_new_notice_asks_again_and_meanwhile_nothing_is_done() -> None:
    """Not recognised, not personalised, but served by PIN; yes on the new text, and all is as before."""
    site = Site()
    joined = await site.enrol()
    site.scenario = renewed(site.scenario, Purpose.RECOGNISE, Purpose.PERSONALISE)
    site.hub.scenario = site.edge.scenario = site.scenario
    assert await site.seen() is None
    welcome = await site.edge.presented(joined.pin, method=Method.PIN, placement="screen")
    assert welcome.ask == (Purpose.RECOGNISE, Purpose.PERSONALISE)
    assert welcome.decision is not None
    assert welcome.decision.token is None
    given = await allow(site.edge, joined.member.id, welcome.ask, locale="en", method="kiosk")
    assert [consent.notice_version for consent in given] == ["2", "2"]
    assert await site.seen() is Method.FACE
    assert (await site.edge.presented(joined.pin, method=Method.PIN, placement="screen")).ask == ()


async def test_r03_who_declines_the_new_text_has_withdrawn() -> None:
    """The template goes with it, and they are not asked at the next visit."""
    site = Site()
    joined = await site.enrol()
    site.scenario = renewed(site.scenario, Purpose.RECOGNISE)
    site.hub.scenario = site.edge.scenario = site.scenario
    await site.edge.withdraw(joined.member.id, Purpose.RECOGNISE, method="kiosk")
    assert (await site.edge.presented(joined.pin, method=Method.PIN, placement="screen")).ask == ()
    assert site.edge.member(joined.member.id).templates == ()


async def test_r03_an_expired_consent_is_asked_again_and_a_no_is_kept() -> None:
    """After a year; the ledger remembers the refusal although nothing was live any more."""
    site = Site()
    joined = await site.enrol((Purpose.PERSONALISE,))
    site.clock.advance(days=366)
    welcome = await site.edge.presented(joined.pin, method=Method.PIN, placement="screen")
    assert welcome.ask == (Purpose.PERSONALISE,)
    (ended,) = await site.edge.withdraw(joined.member.id, Purpose.PERSONALISE, method="kiosk")
    assert ended.purpose is Purpose.PERSONALISE
    assert (await site.edge.presented(joined.pin, method=Method.PIN, placement="screen")).ask == ()


def test_r05_who_is_to_be_asked_is_nobody_whom_the_gate_lets_pass() -> None:
    """A purpose of another scenario or site is not asked for here."""
    scenario, consent = a_scenario(), a_consent(notice_version="0")
    ask = {"scenario": scenario, "site": "site-1", "at": consent.given_at}
    assert to_ask([consent], **ask) == (Purpose.PERSONALISE,)
    assert to_ask([replace(consent, site="elsewhere")], **ask) == ()
    assert to_ask([replace(consent, scenario="other")], **ask) == ()
    current = replace(consent, id="new", notice_version="1")
    assert to_ask([consent, current], **ask) == ()
    allowed = permit(
        [consent, current],
        purpose=Purpose.PERSONALISE,
        scenario="sample",
        site="site-1",
        notice_version="1",
        at=consent.given_at,
    )
    assert allowed is current


async def test_a_guardian_is_asked_at_the_desk() -> None:
    """A minor cannot say yes for themselves."""
    site = Site()
    joined = await site.enrol((Purpose.PERSONALISE,))
    (mine,) = joined.consents_edge
    later = replace(mine, id="by-guardian", guardian="consent-of-guardian", given_at=mine.given_at + timedelta(hours=1))
    await site.storage.edge_ledger.append([later])
    with pytest.raises(ConsentMissing, match="guardian"):
        await allow(site.edge, joined.member.id, [Purpose.IMPROVE], locale="en", method="kiosk")


# ------ correction


async def test_r12_nickname_and_language_are_corrected() -> None:
    """The next greeting has it, in another process too."""
    site = Site()
    joined = await site.enrol()
    await correct(site.edge, joined.member.id, nickname="  Ada  Lovelace ", locale="zh-CN")
    elsewhere = site.an_edge()
    await elsewhere.load()
    assert elsewhere.nickname(joined.member.id) == "Ada Lovelace"
    assert elsewhere.member(joined.member.id).locale == "zh-CN"
    assert await site.seen() is Method.FACE


@pytest.mark.parametrize(
    "change", [{"nickname": "x" * 41}, {"nickname": " "}, {"nickname": "a\tb\x00"}, {"locale": "fr"}]
)
async def test_r12_what_cannot_be_used_changes_nothing(change: dict[str, str]) -> None:
    """Refused with the reason; the old name stands."""
    site = Site()
    joined = await site.enrol()
    with pytest.raises(InputRefused):
        await correct(site.edge, joined.member.id, **change)
    assert site.edge.nickname(joined.member.id) == "Grace"
    assert site.edge.member(joined.member.id).locale == "en"
