"""The hub's half of the story over ports in memory."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from visavis.errors import ConsentMissing, DecisionUnknown, EventRefused, PlacementUnknown
from visavis.pipeline.hub import Hub
from visavis.pipeline.learner import Learner
from visavis.privacy.audit import verify
from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.recommend.policies import build_policy, restore_policy
from visavis.scenarios.loader import load_scenario
from visavis.testing import (
    T0,
    FixedClock,
    RecordingChannel,
    a_consent,
    a_sighting,
    a_withdrawal,
    an_event,
    counted_ids,
    memory_storage,
)
from visavis.types import Campaign, Consent, Decision, Impression, Method, PrivacyClass, Purpose, Stage, Token

RETAIL = load_scenario("retail")
TOKEN = Token("token-1")


class World:
    """A hub with everything that it needs, and the few steps that every story takes."""

    def __init__(self, *, seed: int = 0, scenario=RETAIL) -> None:  # noqa: ANN001 - a Scenario
        self.clock = FixedClock(T0)
        self.storage = memory_storage()
        self.channel = RecordingChannel()
        self.hub = Hub(
            site="site-1",
            scenario=scenario,
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
            policy=build_policy(scenario),
            clock=self.clock,
            rng=np.random.default_rng(seed),
            ids=counted_ids("decision"),
        )
        self.learner = Learner(
            hub=self.hub, outcomes=self.storage.outcomes, store=self.storage.policies, policy=build_policy(scenario)
        )

    async def allow(self, *purposes: Purpose) -> None:
        await self.hub.consented([consent(purpose) for purpose in purposes])

    async def decide(self, placement: str = "entrance", people: int = 1) -> Decision:
        sighting = a_sighting(scenario="retail", placement=placement, people_in_view=people, seen_at=self.clock.now())
        decision = await self.hub.sighted(sighting)
        assert decision is not None
        return decision

    async def play(self, decision: Decision, *stages: Stage) -> int:
        return await self.hub.played(
            [
                Impression(
                    id=f"{decision.id}-{stage.name}",
                    decision_id=decision.id,
                    placement=decision.placement,
                    item_id=decision.item_id,
                    stage=stage,
                    at=self.clock.now(),
                )
                for stage in stages
            ]
        )

    async def rewards(self, decision: Decision) -> list[float]:
        return [outcome.reward for outcome in await self.storage.outcomes.of(decision.id)]


def consent(purpose: Purpose) -> Consent:
    return a_consent(
        id=f"consent-{purpose}",
        scenario="retail",
        purpose=purpose,
        notice_version=RETAIL.notices[purpose].version,
        expires_at=T0 + timedelta(days=1),
    )


def tap(decision: Decision, event_id: str = "tap"):  # noqa: ANN201 - an Event
    return an_event(id=event_id, kind="offer.tapped", decision_id=decision.id, item_id=None, token=None)


@pytest.fixture
async def world() -> World:
    made = World()
    await made.allow(Purpose.PERSONALISE, Purpose.IMPROVE)
    return made


async def test_invariant_01_no_decision_without_consent() -> None:
    """Nothing is decided, reserved, delivered or logged for a member who did not allow it."""
    bare = World()
    assert await bare.hub.sighted(a_sighting(scenario="retail", placement="entrance")) is None
    await bare.allow(Purpose.IMPROVE)
    assert await bare.hub.sighted(a_sighting(scenario="retail", placement="entrance")) is None
    assert not bare.channel.delivered
    assert not await bare.storage.decisions.recent()


async def test_invariant_01_consent_ends_with_time_and_withdrawal(world: World) -> None:
    """A day later, or withdrawn, the same sighting decides nothing."""
    assert await world.decide()
    withdrawal = a_withdrawal(consent_id="consent-personalise", withdrawn_at=T0)
    await world.hub.consented([withdrawal])
    assert await world.hub.sighted(a_sighting(scenario="retail", placement="entrance")) is None
    fresh = World()
    await fresh.allow(Purpose.PERSONALISE)
    fresh.clock.advance(days=1)
    assert await fresh.hub.sighted(a_sighting(scenario="retail", placement="entrance")) is None


async def test_a_decision_is_logged_before_it_is_delivered(world: World) -> None:
    """With the receipt that allowed it."""
    decision = await world.decide()
    ((delivered, item, placement),) = world.channel.delivered
    assert delivered == decision == await world.storage.decisions.get(decision.id)
    assert (item.id, placement.id) == (decision.item_id, "entrance")
    assert decision.receipt_id == "consent-personalise"


async def test_invariant_06_nothing_personal_while_others_look_on(world: World) -> None:
    """Fifty decisions with two people in view, and fifty on a public screen: public items only."""
    for placement, people in (("entrance", 2), ("aisle-1", 1)):
        for _ in range(50):
            decision = await world.decide(placement, people)
            assert {RETAIL.items[c.item_id].privacy for c in decision.candidates} == {PrivacyClass.PUBLIC}
    alone = await world.decide("entrance", 1)
    assert PrivacyClass.PERSONAL in {RETAIL.items[c.item_id].privacy for c in alone.candidates}


async def test_invariant_11_same_seed_and_log_give_the_same_decisions() -> None:
    """Two worlds, the same seed, 30 visits with reactions and learning: equal records, field by field."""

    async def story(seed: int) -> list[Decision]:
        world = World(seed=seed)
        await world.allow(Purpose.PERSONALISE, Purpose.IMPROVE)
        made = []
        for number in range(30):
            decision = await world.decide()
            await world.play(decision, Stage.RENDERED, Stage.ON_GLASS)
            if number % 3 == 0:
                await world.hub.happened([tap(decision, f"tap-{number}")])
            await world.play(decision, Stage.ENDED)
            await world.learner.catch_up()
            world.hub.policy = restore_policy(await latest(world), RETAIL)
            world.clock.advance(minutes=1)
            made.append(decision)
        return made

    assert await story(1) == await story(1)
    assert [d.item_id for d in await story(1)] != [d.item_id for d in await story(2)]


async def latest(world: World):  # noqa: ANN201 - a PolicySnapshot
    found = await world.storage.policies.latest("squarecb", "retail")
    assert found is not None
    return found


async def test_a_tap_belongs_to_the_member_whose_screen_it_was(world: World) -> None:
    """The sender names the decision; whose it is, the hub knows."""
    decision = await world.decide()
    await world.play(decision, Stage.RENDERED)
    assert await world.hub.happened([tap(decision)]) == 1
    (event,) = await world.storage.events.of(TOKEN)
    assert (event.token, event.item_id, event.placement) == (TOKEN, decision.item_id, "entrance")
    assert await world.rewards(decision) == [0.3]


async def test_what_was_never_shown_teaches_nothing(world: World) -> None:
    """The event is kept, the outcome is not made; shown later, the repeated event makes it."""
    decision = await world.decide()
    await world.hub.happened([tap(decision)])
    assert await world.rewards(decision) == []
    await world.play(decision, Stage.RENDERED)
    assert await world.hub.happened([tap(decision)]) == 0
    assert await world.rewards(decision) == [0.3]


async def test_an_offer_that_leaves_the_glass_unanswered_is_worth_nothing_so_far(world: World) -> None:
    """Zero at the end of the play, and the late tap adds to it."""
    decision = await world.decide()
    await world.play(decision, Stage.RENDERED, Stage.ON_GLASS, Stage.ENDED)
    assert await world.rewards(decision) == [0.0]
    await world.hub.happened([tap(decision)])
    assert await world.rewards(decision) == [0.0, 0.3]


async def test_an_offer_that_nobody_ended_lapses_with_its_window(world: World) -> None:
    """A player that lost its power reports no end."""
    decision = await world.decide()
    await world.play(decision, Stage.RENDERED, Stage.ON_GLASS)
    assert await world.hub.lapse() == 0
    world.clock.advance(RETAIL.attribution_window_s + 1)
    assert await world.hub.lapse() == 1
    assert await world.hub.lapse() == 0
    assert await world.rewards(decision) == [0.0]


async def test_invariant_09_repeats_change_nothing(world: World) -> None:
    """Plays, events and learning are idempotent."""
    decision = await world.decide()
    assert await world.play(decision, Stage.RENDERED) == 1
    assert await world.play(decision, Stage.RENDERED) == 0
    assert [await world.hub.happened([tap(decision)]) for _ in range(3)] == [1, 0, 0]
    assert [await world.learner.catch_up() for _ in range(3)] == [1, 0, 0]
    assert (await latest(world)).version == 1


async def test_only_members_who_allow_it_teach() -> None:
    """Consent gates every training row: the reaction is counted, and not learned from."""
    world = World()
    await world.allow(Purpose.PERSONALISE)
    decision = await world.decide()
    await world.play(decision, Stage.RENDERED)
    await world.hub.happened([tap(decision)])
    assert await world.rewards(decision) == [0.3]
    assert await world.learner.catch_up() == 0
    assert await world.storage.policies.latest("squarecb", "retail") is None


@pytest.mark.parametrize(("method", "learned"), [(Method.FACE, 0), (Method.CARD, 1), (Method.PIN, 1)])
async def test_r17_nothing_is_learned_from_a_face_where_the_law_forbids_that_use(
    world: World, method: Method, learned: int
) -> None:
    """The EU's profile: a face may greet and personalise; what comes of it teaches nothing. Card and PIN do."""
    world.hub.face_purposes = load_jurisdiction("EU").face_purposes
    sighting = a_sighting(scenario="retail", placement="entrance", method=method, seen_at=T0)
    decision = await world.hub.sighted(sighting)
    assert decision is not None
    assert decision.token == TOKEN
    assert decision.teaches == bool(learned)
    await world.play(decision, Stage.RENDERED, Stage.ON_GLASS)
    await world.hub.happened([tap(decision)])
    assert await world.learner.catch_up() == learned


async def test_r17_a_face_personalises_nothing_where_the_law_forbids_that_use(world: World) -> None:
    """Who is known by face gets what everybody gets, though they consented; by PIN it is chosen for them."""
    world.hub.face_purposes = (Purpose.RECOGNISE,)
    by_face, by_pin = [
        await world.hub.sighted(a_sighting(scenario="retail", placement="entrance", method=method, seen_at=T0))
        for method in (Method.FACE, Method.PIN)
    ]
    assert by_face is not None
    assert by_pin is not None
    assert (by_face.token, by_pin.token) == (None, TOKEN)


async def test_a_learner_goes_on_where_the_last_one_stopped(world: World) -> None:
    """A second learner from the snapshot learns only what is new: nothing is counted twice."""
    for number in range(2):
        decision = await world.decide()
        await world.play(decision, Stage.RENDERED)
        await world.hub.happened([tap(decision, f"tap-{number}")])
        learner = Learner(
            hub=world.hub, outcomes=world.storage.outcomes, store=world.storage.policies, policy=build_policy(RETAIL)
        )
        snapshot = await world.storage.policies.latest("squarecb", "retail")
        if snapshot is not None:
            learner.policy = restore_policy(snapshot, RETAIL)
            learner.position = int(snapshot.state["position"][0])
        assert await learner.catch_up() == 1
    assert (await latest(world)).version == 2


async def test_invariant_10_a_spent_campaign_is_not_decided_again() -> None:
    """One impression of budget: the second decision comes from elsewhere."""
    campaigns = {
        "one": Campaign(id="one", items=("sourdough-loaf",), budget_impressions=1),
        "house": RETAIL.campaigns["house"],
    }
    world = World(scenario=replace(RETAIL, campaigns=campaigns))
    await world.allow(Purpose.PERSONALISE)
    assert (await world.decide()).campaign_id == "one"
    assert (await world.decide()).campaign_id == "house"


async def test_forgetting_leaves_nothing_of_the_token(world: World) -> None:
    """Events, decisions, plays, outcomes and consents; the next sighting decides nothing."""
    decision = await world.decide()
    await world.play(decision, Stage.RENDERED)
    await world.hub.happened([tap(decision)])
    removed = await world.hub.forget(TOKEN)
    assert sum(removed.values()) >= 5
    assert await world.storage.decisions.get(decision.id) is None
    assert not await world.storage.events.of(TOKEN)
    assert await world.hub.sighted(a_sighting(scenario="retail", placement="entrance")) is None


async def test_events_of_a_member_need_their_consent(world: World) -> None:
    """A till may name the member; after withdrawal, or erasure, nothing of theirs is stored again."""
    sale = an_event(id="sale", kind="purchase", item_id="sourdough-loaf", token=TOKEN, decision_id=None)
    assert await world.hub.happened([sale]) == 1
    await world.hub.forget(TOKEN)
    with pytest.raises(ConsentMissing):
        await world.hub.happened([replace(sale, id="later")])
    assert not await world.storage.events.of(TOKEN)


async def test_a_reaction_that_loses_a_race_is_attributed_all_the_same(world: World) -> None:
    """Two processes answer one decision at once: a lapse was first, the tap adds to it."""
    decision = await world.decide()
    await world.play(decision, Stage.RENDERED, Stage.ON_GLASS)
    honest = world.storage.outcomes.of
    stale = [[]]  # what the other process's reader saw before the lapse was written

    async def of(decision_id: str) -> object:
        return stale.pop() if stale else await honest(decision_id)

    await world.play(decision, Stage.ENDED)
    world.storage.outcomes.of = of  # type: ignore[method-assign]  # one stale reading
    await world.hub.happened([tap(decision)])
    world.storage.outcomes.of = honest  # type: ignore[method-assign]  # as it was
    assert await world.rewards(decision) == [0.0, 0.3]


async def test_nonsense_is_refused_and_nothing_is_kept(world: World) -> None:
    """Unknown type, item, decision or placement; one bad event refuses its batch."""
    decision = await world.decide()
    with pytest.raises(EventRefused, match="unknown type"):
        await world.hub.happened([tap(decision), an_event(id="x", kind="offer.stolen")])
    with pytest.raises(EventRefused, match="unknown item"):
        await world.hub.happened([an_event(id="x", kind="purchase", item_id="gold")])
    with pytest.raises(DecisionUnknown):
        await world.hub.happened([an_event(id="x", kind="offer.tapped", decision_id="nothing", item_id=None)])
    with pytest.raises(PlacementUnknown):
        world.hub.placement("nowhere")
    assert not await world.storage.events.of(TOKEN)


async def test_r13_the_hub_writes_what_was_done_to_whom(world: World) -> None:
    """Consents, withdrawals, erasure and what the policy learned, by digest of the token; nothing said twice."""
    audit = world.storage.hub_audit
    await world.allow(Purpose.PERSONALISE, Purpose.IMPROVE)  # said again
    assert [(e.action, e.detail) for e in audit.entries] == [("consented", {"purposes": "improve personalise"})]
    decision = await world.decide()
    await world.play(decision, Stage.RENDERED, Stage.ON_GLASS)
    await world.hub.happened([tap(decision)])
    assert await world.learner.catch_up() == 1
    await world.hub.happened([tap(decision, "again")])
    await world.learner.catch_up()
    assert audit.entries[-1].action == "policy_learned"
    assert audit.entries[-1].subject == "retail"
    await world.hub.consented([a_withdrawal(consent_id="consent-improve", purpose=Purpose.IMPROVE)])
    await world.hub.forget(TOKEN)
    actions = [(e.actor, e.action) for e in audit.entries]
    assert actions == [("hub", a) for a in ("consented", "policy_learned", "withdrawn", "erased")]
    assert not any(TOKEN in repr(entry) for entry in audit.entries)
    assert audit.entries[-1].detail["decision"] == "1"
    verify(audit.entries)
