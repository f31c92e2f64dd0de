"""What members did, and what screens did for them."""

from collections.abc import Sequence
from typing import Any

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Event, Token


class PostgresEvents:
    """Implements `ports.EventLog`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("events")

    async def append(self, events: Sequence[Event]) -> int:
        """Number of events that were new; returns only when they are durable."""
        if not events:
            return 0
        columns = {
            "id": [e.id for e in events],
            "kind": [e.kind for e in events],
            "occurred_at": [e.occurred_at for e in events],
            "token": [e.token for e in events],
            "scenario": [e.scenario for e in events],
            "placement": [e.placement for e in events],
            "item_id": [e.item_id for e in events],
            "decision_id": [e.decision_id for e in events],
            "value": [float(e.value) for e in events],
            "dwell_s": [float(e.dwell_s) for e in events],
        }
        return int((await self._half.fetch(self._sql["append"], columns))[0][0])

    async def of(self, token: Token, limit: int = 1000) -> Sequence[Event]:
        """The token's last events, oldest first (by time, then id)."""
        return [event_of(row) for row in await self._half.fetch(self._sql["of"], {"token": token, "limit": limit})]


def event_of(row: tuple[Any, ...]) -> Event:
    """The event of a row, in the order of the table's columns."""
    event_id, kind, occurred_at, token, scenario, placement, item_id, decision_id, value, dwell_s = row
    return Event(
        id=event_id,
        kind=kind,
        occurred_at=occurred_at,
        token=token,
        scenario=scenario,
        placement=placement,
        item_id=item_id,
        decision_id=decision_id,
        value=value,
        dwell_s=dwell_s,
    )
