"""Proof of play."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Impression, Stage


class PostgresPlays:
    """Implements `ports.PlayLog`; topic `impression`, its decision's id."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("plays")

    async def append(self, impressions: Sequence[Impression]) -> int:
        """Number of stages that were new."""
        if not impressions:
            return 0
        columns = {
            "id": [i.id for i in impressions],
            "decision_id": [i.decision_id for i in impressions],
            "placement": [i.placement for i in impressions],
            "item_id": [i.item_id for i in impressions],
            "stage": [int(i.stage) for i in impressions],
            "at": [i.at for i in impressions],
        }
        return len(await self._half.fetch(self._sql["append"], columns))

    async def of(self, decision_id: str) -> Sequence[Impression]:
        """Stages of one decision, in order."""
        return [_play(row) for row in await self._half.fetch(self._sql["of"], {"decision_id": decision_id})]

    async def unanswered(self, shown_before: datetime, limit: int = 1000) -> Sequence[str]:
        """Ids of decisions that were on the glass before this time and have no outcome yet, oldest first."""
        rows = await self._half.fetch(self._sql["unanswered"], {"shown_before": shown_before, "limit": limit})
        return [row[0] for row in rows]


def _play(row: tuple[Any, ...]) -> Impression:
    play_id, decision_id, placement, item_id, stage, at = row
    return Impression(
        id=play_id, decision_id=decision_id, placement=placement, item_id=item_id, stage=Stage(stage), at=at
    )
