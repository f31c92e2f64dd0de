"""All that happened in one scenario, for reports and training. The reading side, apart from the ports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from visavis.errors import InputRefused
from visavis.storage.events import event_of
from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Event, Token

MOST = 5_000_000  # rows that are read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A decision and how far it came."""

    decided_at: datetime
    token: Token | None
    item_id: str
    placement: str
    propensity: float
    candidates: int
    policy: str
    delivered: bool
    on_glass: bool
    reward: float  # sum of its outcomes


class LogReader:
    """Reads whole logs from the hub's tables; whoever asks sees to consent."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("log")

    async def events(self, scenario: str, since: datetime, until: datetime) -> Sequence[Event]:
        """Events of members, oldest first; raises InputRefused where there are too many."""
        return [event_of(row) for row in await self._rows(self._sql["events"], scenario, since, until)]

    async def decisions(self, scenario: str, since: datetime, until: datetime) -> Sequence[Came]:
        """Decisions, oldest first; raises InputRefused where there are too many."""
        names = Came.__dataclass_fields__
        rows = await self._rows(self._sql["decisions"], scenario, since, until)
        return [Came(**dict(zip(names, row, strict=True))) for row in rows]

    async def _rows(
        self, statement: bytes, scenario: str, since: datetime, until: datetime
    ) -> Sequence[tuple[Any, ...]]:
        asked = {"scenario": scenario, "since": since, "until": until, "limit": MOST + 1}
        rows = await self._half.fetch(statement, asked)
        if len(rows) > MOST:
            raise InputRefused(f"more than {MOST:,} rows; ask for fewer days")
        return rows
