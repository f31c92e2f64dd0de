"""What the console shows: counts, the reward curve, the last decisions. The reading side, apart from the ports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from visavis.storage.decisions import decision_of
from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """How many decisions came how far."""

    decided: int
    shown: int  # decisions that were on the glass
    reacted: int  # decisions with a reward


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardPoint:
    """One bucket of consecutive answered decisions."""

    last: int  # number of the bucket's last decision, counted from 1 within what was asked for
    decisions: int
    policy_reward: float  # mean reward of what was shown
    uniform_reward: float  # what a uniform choice among the same candidates would have earned (SNIPS estimate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A decision and how it went so far."""

    decision: Decision
    shown: bool  # was on the glass
    answered: bool  # has an outcome, be it "no reaction"
    reward: float  # sum of its outcomes


class BoardReader:
    """Questions of the live board, answered by the hub's tables."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("board")

    async def funnel(self, since: datetime, scenario: str | None = None) -> Funnel:
        """Counts since a time, of one scenario or of all."""
        asked = {"since": since, "scenario": scenario}
        decided, shown, reacted = (await self._half.fetch(self._sql["funnel"], asked))[0]
        return Funnel(decided=decided, shown=shown, reacted=reacted)

    async def reward_curve(
        self, scenario: str | None = None, *, last: int = 2000, buckets: int = 20
    ) -> Sequence[RewardPoint]:
        """The last answered decisions in the order of their first outcome, in buckets of equal size.

        The uniform policy is estimated from the same log: sum(w r) / sum(w) with w = (1/K) / propensity, K candidates
        (self-normalised inverse propensity scoring, Swaminathan and Joachims 2015).
        """
        asked = {"scenario": scenario, "last": last, "buckets": buckets}
        return [
            RewardPoint(last=number, decisions=count, policy_reward=policy, uniform_reward=uniform)
            for number, count, policy, uniform in await self._half.fetch(self._sql["reward_curve"], asked)
        ]

    async def recent(self, limit: int = 20, scenario: str | None = None) -> Sequence[Answered]:
        """The last decisions, newest first, with what came of them so far."""
        rows = await self._half.fetch(self._sql["recent"], {"scenario": scenario, "limit": limit})
        return [
            Answered(decision=decision_of(row[:-3]), shown=row[-3], answered=row[-2], reward=row[-1]) for row in rows
        ]
