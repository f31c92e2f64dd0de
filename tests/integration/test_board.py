"""The live board's questions, answered by hand-made logs."""

from datetime import timedelta

import pytest

from visavis.storage.board import Funnel
from visavis.storage.database import Storage
from visavis.testing import T0, a_decision, an_impression, an_outcome
from visavis.types import Stage


async def test_the_funnel_counts_each_stage_since_a_time(storage: Storage) -> None:
    """Three decided, two of them shown (one twice), one rewarded; a lapse is no reaction."""
    for n in range(3):
        await storage.decisions.append(a_decision(id=f"d{n}", decided_at=T0 + timedelta(seconds=n)))
    shown = [("d0", Stage.ON_GLASS), ("d0", Stage.ENDED), ("d1", Stage.ON_GLASS), ("d2", Stage.RENDERED)]
    await storage.plays.append([an_impression(id=f"{d}-{s}", decision_id=d, stage=s) for d, s in shown])
    await storage.outcomes.append(
        [an_outcome(id="o0", decision_id="d0"), an_outcome(id="o1", decision_id="d1", kind="no_reaction", reward=0.0)]
    )
    assert await storage.board.funnel(T0) == Funnel(decided=3, shown=2, reacted=1)
    assert await storage.board.funnel(T0, "sample") == Funnel(decided=3, shown=2, reacted=1)
    assert await storage.board.funnel(T0, "other") == Funnel(decided=0, shown=0, reacted=0)
    assert await storage.board.funnel(T0 + timedelta(seconds=2)) == Funnel(decided=1, shown=0, reacted=1)


async def test_the_reward_curve_beside_uniform(storage: Storage) -> None:
    """Two candidates: item-1 with probability 0.8 earns 1, item-2 with 0.2 earns 0; uniform would earn 0.5.

    Of five answered decisions four showed item-1: the policy earned 0.8. Weights are 0.5/0.8 = 0.625 and
    0.5/0.2 = 2.5, so SNIPS = 4 x 0.625 / (4 x 0.625 + 2.5) = 0.5.
    """
    two = a_decision().candidates[:2]
    for n, item in enumerate(["item-1", "item-1", "item-2", "item-1", "item-1"]):
        decision = a_decision(id=f"d{n}", item_id=item, candidates=two, probabilities=(0.8, 0.2), estimates=(0.0, 0.0))
        await storage.decisions.append(decision)
        rewards = (0.4, 0.6) if item == "item-1" else (0.0,)  # the increments of a tap and a purchase
        await storage.outcomes.append(
            [an_outcome(id=f"{n}-{k}", decision_id=f"d{n}", reward=r, first=k == 0) for k, r in enumerate(rewards)]
        )
    await storage.decisions.append(a_decision(id="unanswered"))
    (point,) = await storage.board.reward_curve(buckets=1)
    assert (point.last, point.decisions) == (5, 5)
    assert point.policy_reward == pytest.approx(0.8)
    assert point.uniform_reward == pytest.approx(0.5)
    halves = await storage.board.reward_curve(last=4, buckets=2)
    assert [(p.last, p.decisions, round(p.policy_reward, 9)) for p in halves] == [(2, 2, 0.5), (4, 2, 1.0)]
    assert await storage.board.reward_curve("other") == []


async def test_recent_decisions_with_what_came_of_them(storage: Storage) -> None:
    for n in range(3):
        await storage.decisions.append(a_decision(id=f"d{n}"))
    await storage.plays.append([an_impression(id="i1", decision_id="d1"), an_impression(id="i2", decision_id="d2")])
    await storage.outcomes.append(
        [an_outcome(id="a", decision_id="d1"), an_outcome(id="b", decision_id="d1", first=False, reward=0.6)]
    )
    recent = await storage.board.recent(3, scenario="sample")
    assert [(r.decision, r.shown, r.answered, r.reward) for r in recent] == [
        (a_decision(id="d2"), True, False, 0.0),
        (a_decision(id="d1"), True, True, 1.0),
        (a_decision(id="d0"), False, False, 0.0),
    ]
    assert await storage.board.recent(scenario="other") == []
