"""Visits, runs of the retention job, and deletion by age."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import MemberId, Ran

PIECE = 5000  # rows a statement, so that none takes long
YOUNG = timedelta(days=1)  # never deleted by age


class PostgresVisits:
    """Implements `ports.VisitLog`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("retention")

    async def came(self, member_id: MemberId, day: date) -> str | None:
        """What waited to be told; nothing is kept of a member who has gone."""
        rows = await self._half.fetch(self._sql["came"], {"member_id": member_id, "day": day})
        return rows[0][1] if rows else None

    async def last(self) -> Mapping[MemberId, date]:
        """Day of each member's last visit."""
        return {MemberId(member_id): day for member_id, day in await self._half.fetch(self._sql["visits"])}

    async def tell(self, member_id: MemberId, news: str) -> None:
        """What the member hears at the next visit."""
        await self._half.fetch(self._sql["tell"], {"member_id": member_id, "news": news})

    async def ran(self, category: str, *, at: datetime, removed: int) -> None:
        """What a run did to a category."""
        await self._half.fetch(self._sql["ran"], {"category": category, "at": at, "removed": removed})

    async def runs(self) -> Mapping[str, Ran]:
        """The last run of each category."""
        rows = await self._half.fetch(self._sql["runs"])
        return {category: Ran(at=at, removed=removed) for category, at, removed in rows}


class PostgresExpiry:
    """Implements `ports.Expiry` of one half by the database's own function: no other way to delete is granted."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("retention")
        self._due = self._sql["due_edge"] if half.name == "edge" else self._sql["due"]

    async def expire(self, category: str, before: datetime) -> Mapping[str, int]:
        """Delete what is older, piece by piece; store -> rows. Never what is younger than a day."""
        gone: Counter[str] = Counter()
        asked = {"category": category, "before": before, "most": PIECE}
        while True:
            piece: dict[str, int] = dict(await self._half.fetch(self._sql["expire"], asked))
            gone.update(piece)
            if max(piece.values()) < PIECE:
                return {store: gone[store] for store in piece}

    async def due(self, category: str, before: datetime, *, now: datetime) -> Mapping[str, int]:
        """What `expire` would delete now."""
        asked = {"category": category, "before": min(before, now - YOUNG)}
        return dict(await self._half.fetch(self._due, asked))
