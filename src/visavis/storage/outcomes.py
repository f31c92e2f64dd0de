"""What came of decisions, in one order that every reader sees alike."""

from collections.abc import Sequence
from typing import Any

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Outcome


class PostgresOutcomes:
    """Implements `ports.OutcomeLog`; topic `outcome`, the greatest new number."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("outcomes")

    async def append(self, outcomes: Sequence[Outcome]) -> int:
        """Number that were new; a second `first` of one decision is not."""
        if not outcomes:
            return 0
        columns = {
            "id": [o.id for o in outcomes],
            "decision_id": [o.decision_id for o in outcomes],
            "kind": [o.kind for o in outcomes],
            "reward": [float(o.reward) for o in outcomes],
            "first": [o.first for o in outcomes],
            "event_id": [o.event_id for o in outcomes],
            "attributed_at": [o.attributed_at for o in outcomes],
        }
        return int((await self._half.fetch(self._sql["append"], columns))[0][0])

    async def after(self, seq: int, limit: int = 1000) -> Sequence[tuple[int, Outcome]]:
        """Outcomes whose sequence number is greater, in order; the numbers are final and without reordering."""
        rows = await self._half.fetch(self._sql["after"], {"seq": seq, "limit": limit})
        return [(row[0], _outcome(row[1:])) for row in rows]

    async def of(self, decision_id: str) -> Sequence[Outcome]:
        """Outcomes of one decision, in order."""
        return [_outcome(row) for row in await self._half.fetch(self._sql["of"], {"decision_id": decision_id})]


def _outcome(row: tuple[Any, ...]) -> Outcome:
    outcome_id, decision_id, kind, reward, first, event_id, attributed_at = row
    return Outcome(
        id=outcome_id,
        decision_id=decision_id,
        kind=kind,
        reward=reward,
        first=first,
        event_id=event_id,
        attributed_at=attributed_at,
    )
