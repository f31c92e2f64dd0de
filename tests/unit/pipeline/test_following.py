"""What is remembered of members follows their events, and the log has the last word."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from small_models import behaviour_artefact

from visavis.behaviour.network import load_network
from visavis.behaviour.stream import Stream
from visavis.errors import ConsentMissing, ModelRefused, StorageError
from visavis.pipeline.hub import Hub
from visavis.pipeline.models import Models, ranked
from visavis.recommend.blend import Blend
from visavis.recommend.neighbours import Neighbours
from visavis.recommend.policies import build_policy
from visavis.recommend.scorers import load_scorer
from visavis.recommend.scoring import BlendScorer, Scores
from visavis.recommend.stored import StoredBlend, packed
from visavis.scenarios.loader import load_scenario
from visavis.testing import (
    T0,
    FixedClock,
    MemoryStates,
    RecordingChannel,
    a_consent,
    a_sighting,
    a_withdrawal,
    an_event,
    counted_ids,
    memory_storage,
)
from visavis.types import (
    Artefact,
    Candidate,
    Decision,
    Event,
    MemberState,
    Method,
    ModelKind,
    Purpose,
    Token,
)

RETAIL = load_scenario("retail")
ANNA, BERT = Token("anna"), Token("bert")
ITEMS = list(RETAIL.items)
KIND = next(kind for kind, meaning in RETAIL.event_types.items() if meaning.interest > 0)


class World:
    """A hub over ports in memory, and members who allowed everything."""

    def __init__(self, **changes: object) -> None:
        self.clock, self.storage = FixedClock(T0 + timedelta(hours=1)), memory_storage()
        ports = {
            "ledger": self.storage.hub_ledger,
            "audit": self.storage.hub_audit,
            **{
                name: getattr(self.storage, name)
                for name in ("events", "states", "decisions", "plays", "outcomes", "allowance", "eraser")
            },
        }
        self.hub = Hub(
            site="site-1",
            scenario=RETAIL,
            channel=RecordingChannel(),
            policy=build_policy(RETAIL),
            clock=self.clock,
            rng=np.random.default_rng(0),
            ids=counted_ids("decision"),
            **(ports | changes),  # type: ignore[arg-type]
        )

    async def allow(self, token: Token, *purposes: Purpose) -> None:
        for purpose in purposes:
            await self.hub.consented(
                [
                    a_consent(
                        id=f"{token}-{purpose}",
                        subject=token,
                        scenario="retail",
                        purpose=purpose,
                        notice_version=RETAIL.notices[purpose].version,
                        expires_at=T0 + timedelta(days=2),
                    )
                ]
            )

    async def state(self, token: Token = ANNA) -> MemberState | None:
        return (await self.storage.states.of([token]))[token].current(self.hub.models.stream.model)

    async def decide(self, token: Token = ANNA, **changes: object) -> Decision | None:
        sighting = a_sighting(token=token, scenario="retail", placement="entrance", seen_at=self.clock.now())
        return await self.hub.sighted(replace(sighting, **changes))  # type: ignore[arg-type]


def did(number: int, token: Token = ANNA, *, item: int | None = None) -> Event:
    """The event of this second."""
    name = ITEMS[number % len(ITEMS) if item is None else item]
    at = T0 + timedelta(seconds=number)
    return an_event(
        id=f"{token}-{number:04}", kind=KIND, token=token, item_id=name, decision_id=None, occurred_at=at, value=1.0
    )


def network(version: str = "behaviour-1", seed: int = 0) -> Stream:
    return Stream(
        scenario=RETAIL, network=load_network(behaviour_artefact(RETAIL, T0, seed=seed).files, version=version)
    )


def same(state: MemberState | None, other: MemberState) -> bool:
    if state is None:
        return False
    told = [(one.model, one.events, one.last_at, one.last_id, dict(one.sums)) for one in (state, other)]
    return told[0] == told[1] and state.hidden.tobytes() == other.hidden.tobytes()


@pytest.fixture(params=["traits alone", "network"])
async def world(request: pytest.FixtureRequest) -> World:
    made = World()
    if request.param == "network":
        made.hub.models = Models(stream=network())
    for token in (ANNA, BERT):
        await made.allow(token, Purpose.PERSONALISE, Purpose.IMPROVE)
    return made


async def test_a_state_follows_bit_for_bit(world: World) -> None:
    """One by one, and many members at once: what is kept is what a replay of the log gives."""
    for number in range(5):
        await world.hub.happened([did(number)])
    await world.hub.happened([did(n, token) for n in range(5, 20) for token in (ANNA, BERT)])
    for token in (ANNA, BERT):
        log = await world.storage.events.of(token)
        assert same(await world.state(token), world.hub.models.stream.replay(token, log))
    assert world.hub.following.replayed == 0
    assert not world.hub.following.due


async def test_a_late_event_is_set_right_in_the_background(world: World) -> None:
    """It belongs before what is in the state: until it is made again, a decision reads the log."""
    await world.hub.happened([did(1), did(3)])
    await world.hub.happened([did(2)])
    assert await world.state() is None
    assert list(world.hub.following.due) == [ANNA]
    assert await world.hub.refollow() == 1
    log = await world.storage.events.of(ANNA)
    assert same(await world.state(), world.hub.models.stream.replay(ANNA, log))
    assert await world.hub.refollow() == 0


async def test_a_decision_never_waits_for_the_background(world: World) -> None:
    """The profile holds the late event at once, and the state is right from then on."""
    await world.hub.happened([did(1), did(3)])
    await world.hub.happened([did(2)])
    decision = await world.decide()
    assert decision is not None
    person = await world.hub.following.profile(world.hub.models.stream, ANNA, world.clock.now())
    assert person.events == 3
    assert await world.state() is not None


async def test_an_event_that_is_sent_again_changes_nothing(world: World) -> None:
    await world.hub.happened([did(1), did(2)])
    before = await world.state()
    assert before is not None
    assert await world.hub.happened([did(1), did(2)]) == 0
    assert same(await world.state(), before)
    assert not world.hub.following.due


async def test_a_crash_between_log_and_state_is_found(world: World) -> None:
    """The event is in the log, the state knows nothing of it: it is not used, and sending again repairs it."""
    await world.hub.happened([did(1)])
    await world.storage.events.append([did(2)])
    assert await world.state() is None
    await world.hub.happened([did(2)])
    assert await world.state() is not None
    await world.storage.events.append([did(3)])
    assert await world.hub.look_for_stale("") == ""
    assert await world.hub.refollow() == 1
    found = await world.state()
    assert found is not None
    assert found.events == 3


async def test_a_state_that_cannot_be_kept_does_not_lose_the_event() -> None:
    """The log is written first; what failed is repaired when the event comes again."""

    class Broken(MemoryStates):
        broken = True

        async def keep(self, states: Sequence[MemberState]) -> frozenset[Token]:
            if self.broken:
                raise StorageError("for the test")
            return await super().keep(states)

    world = World()
    states = Broken(world.storage.events)
    world.hub.states = world.hub.following.states = states
    await world.allow(ANNA, Purpose.PERSONALISE)
    with pytest.raises(StorageError):
        await world.hub.happened([did(1)])
    assert len(await world.storage.events.of(ANNA)) == 1
    states.broken = False
    await world.hub.happened([did(1)])
    assert (await states.of([ANNA]))[ANNA].current(world.hub.models.stream.model) is not None


async def test_states_of_another_model_are_made_again() -> None:
    """A promotion: every state is made again in pages, and meanwhile decisions are by the new model alone."""
    world = World()
    people = [Token(f"m{n}") for n in range(7)]
    for token in people:
        await world.allow(token, Purpose.PERSONALISE)
        await world.hub.happened([did(1, token), did(2, token)])
    world.hub.models = Models(stream=network("behaviour-2"))
    assert await world.state(people[0]) is None
    decision = await world.decide(people[0])
    assert decision is not None
    assert decision.model_version.endswith("+behaviour-2")
    after, pages = "", 0
    while True:
        after, pages = await world.hub.look_for_stale(after, most=4), pages + 1
        while await world.hub.refollow(most=3):
            pass
        if not after:
            break
    assert pages == 2
    assert world.hub.following.replayed == 7
    assert all([await world.state(token) is not None for token in people])


async def test_invariant_01_nothing_is_remembered_without_consent() -> None:
    """No event, no state; and what is due is not made once the consent has ended."""
    world = World()
    with pytest.raises(ConsentMissing):
        await world.hub.happened([did(1)])
    assert not world.storage.states.rows
    await world.allow(ANNA, Purpose.PERSONALISE)
    await world.hub.happened([did(1), did(3)])
    await world.hub.happened([did(2)])
    await world.hub.consented([a_withdrawal(consent_id=f"{ANNA}-personalise", subject=ANNA, withdrawn_at=T0)])
    assert await world.hub.refollow() == 0
    assert await world.state() is None
    assert not world.hub.following.due


async def test_invariant_04_a_state_goes_with_its_member(world: World) -> None:
    """Also one that waited to be made again."""
    await world.hub.happened([did(2)])
    await world.hub.happened([did(1)])
    await world.hub.forget(ANNA)
    assert not world.hub.following.due
    assert not world.storage.states.rows


async def test_what_everybody_gets_reads_nothing() -> None:
    """Where a face may not personalise, neither state nor events of the member are looked at."""

    class Closed:
        def __getattr__(self, name: str) -> None:
            raise AssertionError(f"{name} was asked for")

    world = World(states=Closed(), face_purposes=())
    decision = await world.decide(method=Method.FACE)
    assert decision is not None
    assert (decision.token, decision.features, decision.policy) == (None, decision.features, "uniform")
    assert not any(decision.features)


# ------ candidates by the models


class Favourite:
    """Scores one item above the others; an item's number otherwise."""

    def __init__(self, item: str, version: str) -> None:
        self.item, self.version, self.seen = item, version, []  # type: ignore[var-annotated]

    def scores(self, events: Sequence[Event], items: Sequence[str], now: datetime) -> Scores:
        self.seen.append(len(events))
        return np.array([99.0 if item == self.item else float(ITEMS.index(item)) for item in items])

    def observe(self, events: Sequence[Event], event: Event) -> None:
        self.seen.append((len(events), event.item_id))


async def test_a_decision_names_scores_and_models(world: World) -> None:
    """Each candidate with its score; policy features, network and scorer with their versions, the shadow not."""
    stream = world.hub.models.stream
    shown = await world.decide()
    assert shown is not None
    first = shown.candidates[0].item_id
    world.hub.models = Models(
        stream=stream,
        scorer=Favourite(first, "recommend-3"),
        shadow=Favourite(shown.candidates[1].item_id, "recommend-4"),
    )
    await world.hub.happened([did(1)])
    decision = await world.decide()
    assert decision is not None
    assert decision.candidates[0].score == 99.0
    assert decision.candidates[1].score != 99.0
    network_part = f"+{stream.network.version}" if stream.network else ""
    assert decision.model_version == f"{world.hub.policy.model_version}{network_part}+recommend-3"
    assert (world.hub.shadowed, world.hub.disagreed) == (1, 1)


def test_the_best_are_kept_in_their_order() -> None:
    """Of five the best three, by score; of equals the first."""
    candidates = [Candidate(item_id=str(n), campaign_id="c") for n in range(5)]
    kept = ranked(candidates, [0.5, 0.9, 0.1, 0.5, 0.5], 3)
    assert [(c.item_id, c.score) for c in kept] == [("0", 0.5), ("1", 0.9), ("3", 0.5)]


async def test_who_does_not_teach_is_not_counted() -> None:
    """The counting model learns from each event of those who let models learn from them, once."""
    world = World()
    scorer = Favourite(ITEMS[0], "recommend-1")
    world.hub.models = Models(stream=world.hub.models.stream, scorer=scorer)
    await world.allow(ANNA, Purpose.PERSONALISE)
    await world.allow(BERT, Purpose.PERSONALISE, Purpose.IMPROVE)
    await world.hub.happened([did(1, ANNA), did(1, BERT)])
    await world.hub.happened([did(2, BERT, item=5)])
    await world.hub.happened([did(2, BERT, item=5)])
    assert scorer.seen == [(0, ITEMS[1]), (1, ITEMS[5])]


async def test_neighbours_learn_from_each_event() -> None:
    """What a hundred others chose after the first item is scored highest for who chose the first."""
    blend = Blend([Neighbours(len(ITEMS))], {"neighbours": 1.0})
    scorer = BlendScorer(blend, ITEMS, version="recommend-1")
    for number in range(100):
        token = Token(f"m{number}")
        first, second = did(1, token, item=3), did(2, token, item=8)
        scorer.observe([], first)
        scorer.observe([first], second)
    scores = scorer.scores([did(1, ANNA, item=3)], [ITEMS[8], ITEMS[9], "of another catalogue"], T0)
    assert scores[0] > scores[1] >= scores[2]


def test_a_blend_comes_from_its_artefact() -> None:
    """The same scores as before it was kept; files of another kind are refused."""
    blend = Blend([Neighbours(len(ITEMS))], {"neighbours": 1.0})
    scorer = BlendScorer(blend, ITEMS, version="recommend-1")
    scorer.observe([did(1, item=3)], did(2, item=8))
    files = packed(StoredBlend(blend=blend, items=tuple(ITEMS)))
    artefact = Artefact(kind=ModelKind.RECOMMEND, scenario="retail", version=7, files=files, meta={}, made_at=T0)
    loaded = load_scorer(artefact)
    assert loaded.version == "recommend-7"
    history = [did(1, item=3)]
    assert (loaded.scores(history, ITEMS, T0) == scorer.scores(history, ITEMS, T0)).all()
    with pytest.raises(ModelRefused, match="no recommending model"):
        load_scorer(replace(artefact, files={"card.md": b"-"}))


@pytest.mark.parametrize("scores", [ValueError("for the test"), np.full(2, np.nan), np.zeros(1)])
async def test_a_model_that_fails_drops_no_request(world: World, scores: object) -> None:
    """All candidates go on without scores; it is counted, and the record does not name the model."""

    class Failing(Favourite):
        def scores(self, events: Sequence[Event], items: Sequence[str], now: datetime) -> Scores:
            if isinstance(scores, Exception):
                raise scores
            assert isinstance(scores, np.ndarray)
            return np.resize(scores, len(items) if len(scores) > 1 else 1)

    world.hub.models = Models(stream=world.hub.models.stream, scorer=Failing(ITEMS[0], "recommend-1"))
    decision = await world.decide()
    assert decision is not None
    assert {candidate.score for candidate in decision.candidates} == {0.0}
    assert world.hub.unscored == 1
    assert "recommend-1" not in decision.model_version  # it was not heard
