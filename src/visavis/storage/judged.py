"""Decisions together with what came of them."""

from collections.abc import Sequence
from datetime import datetime

from visavis.storage.decisions import decision_of
from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Judged, Token


class PostgresJudged:
    """Implements `ports.JudgedLog`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("judged")

    async def between(self, scenario: str, start: datetime, end: datetime, limit: int = 100_000) -> Sequence[Judged]:
        """Decisions from a time on and before another that have an outcome, oldest first."""
        asked = {"scenario": scenario, "start": start, "finish": end, "limit": limit}
        rows = await self._half.fetch(self._sql["between"], asked)
        return [Judged(decision=decision_of(row[:-1]), reward=float(row[-1])) for row in rows]

    async def shown(self, token: Token, since: datetime) -> Sequence[tuple[str, datetime]]:
        """What a member was shown since a time, and when, oldest first."""
        rows = await self._half.fetch(self._sql["shown"], {"token": token, "since": since})
        return [(row[0], row[1]) for row in rows]
