"""Two clients of a bank on the same day: the story that the finance pack was written for, over ports in memory.

A buys high-end goods and is conservative; B buys mid-range goods and is aggressive. The high-rate card is for the
first kind of client, the low-rate card for the second. Nobody tells the policy: it sees what clients like them do.
"""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pytest

from visavis.errors import EventRefused
from visavis.pipeline.hub import Hub
from visavis.pipeline.learner import Learner
from visavis.recommend.policies import build_policy
from visavis.scenarios.loader import load_scenario
from visavis.testing import (
    T0,
    FixedClock,
    RecordingChannel,
    a_consent,
    a_sighting,
    an_event,
    counted_ids,
    memory_storage,
)
from visavis.types import Decision, Impression, Method, Purpose, Stage, Token

BANK = load_scenario("finance")
A, B = Token("client-a"), Token("client-b")
LIKE_A, LIKE_B = ([first, *(Token(f"like-{first}-{n}") for n in range(2))] for first in (A, B))
HIGH, LOW, TRAVEL = "high-rate-card", "low-rate-card", "travel-card"
Takes = Mapping[Token, str]  # the one item that each client takes when it is offered


class Branch:
    """A hub with its learner, clients who all agreed, and an adviser's tablet before which they come and go."""

    def __init__(self, *, seed: int) -> None:
        self.clock = FixedClock(T0)
        self.storage = memory_storage()
        self.rng = np.random.default_rng(seed)
        self.hub = Hub(
            site="site-1",
            scenario=BANK,
            ledger=self.storage.hub_ledger,
            events=self.storage.events,
            decisions=self.storage.decisions,
            plays=self.storage.plays,
            outcomes=self.storage.outcomes,
            allowance=self.storage.allowance,
            eraser=self.storage.eraser,
            states=self.storage.states,
            audit=self.storage.hub_audit,
            channel=RecordingChannel(),
            policy=build_policy(BANK),
            clock=self.clock,
            rng=np.random.default_rng([seed, 1]),
            ids=counted_ids("decision"),
        )
        self.learner = Learner(
            hub=self.hub, outcomes=self.storage.outcomes, store=self.storage.policies, policy=self.hub.policy
        )
        self._id = counted_ids("id")

    async def agree(self, client: Token) -> None:
        for purpose in (Purpose.PERSONALISE, Purpose.IMPROVE):
            receipt = a_consent(
                id=self._id(),
                subject=client,
                scenario="finance",
                purpose=purpose,
                notice_version=BANK.notices[purpose].version,
                expires_at=T0 + timedelta(days=364),
            )
            await self.hub.consented([receipt])

    async def did(
        self, client: Token, kind: str, item: str | None = None, value: float = 0.0, days_ago: int = 0
    ) -> None:
        at = self.clock.now() - timedelta(days=days_ago)
        event = an_event(
            id=self._id(), kind=kind, token=client, item_id=item, decision_id=None, value=value, occurred_at=at
        )
        await self.hub.happened([event])

    async def comes(self, client: Token, placement: str = "adviser-tablet") -> Decision:
        self.clock.advance(minutes=10)
        sighting = a_sighting(
            id=self._id(),
            token=client,
            scenario="finance",
            placement=placement,
            method=Method.FACE,
            people_in_view=1,
            seen_at=self.clock.now(),
        )
        decision = await self.hub.sighted(sighting)
        assert decision is not None
        return decision

    async def answers(self, decision: Decision, takes: Takes) -> None:
        """It comes on the glass; they take it, or put it away; the policy hears of it."""
        for stage in (Stage.RENDERED, Stage.ON_GLASS, Stage.ENDED):
            await self.hub.played([self._play(decision, stage)])
        assert decision.token is not None
        liked = takes[decision.token] == decision.item_id and self.rng.random() < 0.9
        kind = "offer.taken" if liked else "offer.dismissed"
        await self.hub.happened(
            [
                an_event(
                    id=self._id(),
                    kind=kind,
                    token=None,
                    item_id=None,
                    decision_id=decision.id,
                    occurred_at=self.clock.now(),
                )
            ]
        )
        await self.learner.catch_up()

    def _play(self, decision: Decision, stage: Stage) -> Impression:
        return Impression(
            id=f"{decision.id}-{stage.name}",
            decision_id=decision.id,
            placement=decision.placement,
            item_id=decision.item_id,
            stage=stage,
            at=self.clock.now(),
        )

    async def days(self, visits: int, clients: list[Token], takes: Takes) -> None:
        """So many visits of these clients by chance, two hours apart."""
        for _ in range(visits):
            client = clients[int(self.rng.integers(len(clients)))]
            await self.answers(await self.comes(client), takes)
            self.clock.advance(hours=2)


async def arrive(branch: Branch, client: Token, *, like: Token) -> None:
    """Months with the bank, as A or as B."""
    await branch.agree(client)
    for n in range(6):
        if like == A:
            await branch.did(client, "purchase.high-end", value=5000, days_ago=10 * n + 2)
            await branch.did(client, "deposit.made", "three-year-deposit", 20_000, days_ago=10 * n + 1)
        else:
            await branch.did(client, "purchase.mid-range", value=800, days_ago=10 * n + 2)
            await branch.did(client, "fund.bought", "technology-fund", 9_000, days_ago=10 * n + 1)
    await branch.did(client, "risk.assessed", value=2 if like == A else 5, days_ago=30)


def best(decision: Decision) -> str:
    return decision.candidates[int(np.argmax(decision.probabilities))].item_id


@pytest.fixture
async def branch() -> Branch:
    """A and B, and two more like each."""
    made = Branch(seed=1)
    for client in LIKE_A:
        await arrive(made, client, like=A)
    for client in LIKE_B:
        await arrive(made, client, like=B)
    return made


async def test_a_gets_the_high_rate_card_and_b_the_low_rate_card(branch: Branch) -> None:
    """After 300 visits of the six: the likeliest choice for each, and what is shown most; then the response changes.

    From one day on those like A take the travel card instead. Another 700 visits later it is what A gets, and B's
    choice is as it was.
    """
    before = await branch.comes(A)
    assert len(before.candidates) > 25
    assert set(before.estimates) == {0.0}  # nothing is known yet
    takes = dict.fromkeys(LIKE_A, HIGH) | dict.fromkeys(LIKE_B, LOW)
    await branch.days(300, [*LIKE_A, *LIKE_B], takes)
    assert [best(await branch.comes(client)) for client in (A, B)] == [HIGH, LOW]
    assert [await mostly(branch, client) for client in (A, B)] == [HIGH, LOW]
    await branch.days(700, [*LIKE_A, *LIKE_B], takes | dict.fromkeys(LIKE_A, TRAVEL))
    assert [best(await branch.comes(client)) for client in (A, B)] == [TRAVEL, LOW]
    assert [await mostly(branch, client) for client in (A, B)] == [TRAVEL, LOW]


async def mostly(branch: Branch, client: Token) -> str:
    """What more visits of eleven show than anything else."""
    shown = [(await branch.comes(client)).item_id for _ in range(11)]
    return max(sorted(set(shown)), key=shown.count)


async def test_a_wealth_product_is_never_riskier_than_the_client(branch: Branch) -> None:
    """C2 sees R1 and R2, C5 all but what is for qualified investors; a year later neither sees any."""
    assert await risks(branch, A) == {1, 2}
    assert await risks(branch, B) == {1, 2, 3, 4, 5}
    fund = BANK.items["private-equity-fund"]
    assert fund.id not in {c.item_id for c in (await branch.comes(B)).candidates}
    await branch.did(B, "assets.confirmed", value=6_000_000)
    assert fund.id in {c.item_id for c in (await branch.comes(B)).candidates}
    branch.clock.advance(days=340)  # the questionnaires are 370 days old, the consents still hold
    assert await risks(branch, A) == await risks(branch, B) == set()
    await branch.did(B, "risk.assessed", value=3)
    assert await risks(branch, B) == {1, 2, 3}


async def risks(branch: Branch, client: Token) -> set[float]:
    decision = await branch.comes(client)
    found = (BANK.items[candidate.item_id].attributes.get("risk") for candidate in decision.candidates)
    return {float(risk) for risk in found if risk is not None}


async def test_a_questionnaire_of_nine_is_refused(branch: Branch) -> None:
    """There is no C9 that would open everything."""
    with pytest.raises(EventRefused, match="within 1 to 5"):
        await branch.did(A, "risk.assessed", value=9)


async def test_a_screen_that_all_can_see_is_neutral(branch: Branch) -> None:
    """For a client who is known as for anybody: nothing about products, tiers or means; and nobody's means nothing."""
    for decision in (
        await branch.comes(A, "lobby-screen"),
        await branch.hub.anybody("queue-screen", people_in_view=3),
    ):
        assert decision is not None
        assert {BANK.items[c.item_id].attributes.get("neutral") for c in decision.candidates} == {True}
    unknown = await branch.hub.anybody("adviser-tablet", people_in_view=1)
    assert unknown is not None
    assert not [c for c in unknown.candidates if "risk" in BANK.items[c.item_id].attributes]
