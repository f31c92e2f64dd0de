"""Decisions together with what came of them, in memory."""

from collections.abc import Sequence
from datetime import datetime

from visavis.testing.hub import MemoryDecisions, MemoryOutcomes
from visavis.types import Judged


class MemoryJudged:
    """Implements `ports.JudgedLog`."""

    def __init__(self, decisions: MemoryDecisions, outcomes: MemoryOutcomes) -> None:
        self._decisions, self._outcomes = decisions, outcomes

    async def between(self, scenario: str, start: datetime, end: datetime, limit: int = 100_000) -> Sequence[Judged]:
        """Decisions from a time on and before another that have an outcome, oldest first."""
        found = []
        for decision in sorted(self._decisions.rows.values(), key=lambda d: d.decided_at):
            outcomes = await self._outcomes.of(decision.id)
            if outcomes and decision.scenario == scenario and start <= decision.decided_at < end:
                found.append(Judged(decision=decision, reward=sum(o.reward for o in outcomes)))
        return found[:limit]
