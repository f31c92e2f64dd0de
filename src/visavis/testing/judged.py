"""Decisions together with what came of them, in memory."""

from collections.abc import Sequence
from datetime import datetime

from visavis.testing.hub import MemoryDecisions, MemoryOutcomes, MemoryPlays
from visavis.types import Judged, Stage, Token


class MemoryJudged:
    """Implements `ports.JudgedLog`."""

    def __init__(self, decisions: MemoryDecisions, outcomes: MemoryOutcomes, plays: MemoryPlays) -> None:
        self._decisions, self._outcomes, self._plays = decisions, outcomes, plays

    async def between(self, scenario: str, start: datetime, end: datetime, limit: int = 100_000) -> Sequence[Judged]:
        """Decisions from a time on and before another that have an outcome, oldest first."""
        found = []
        for decision in sorted(self._decisions.rows.values(), key=lambda d: d.decided_at):
            outcomes = await self._outcomes.of(decision.id)
            if outcomes and decision.scenario == scenario and start <= decision.decided_at < end:
                found.append(Judged(decision=decision, reward=sum(o.reward for o in outcomes)))
        return found[:limit]

    async def shown(self, token: Token, since: datetime) -> Sequence[tuple[str, datetime]]:
        """What a member was shown since a time, and when, oldest first."""
        found = []
        for decision in self._decisions.rows.values():
            glass = [p.at for p in await self._plays.of(decision.id) if p.stage is Stage.ON_GLASS and p.at >= since]
            if glass and decision.token == token:
                found.append((min(glass), decision.id, decision.item_id))
        return [(item, at) for at, _, item in sorted(found)]
