"""How looks ended, as counts."""

from collections.abc import Sequence
from dataclasses import asdict

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Light, Look, Looks


class PostgresAccuracy:
    """Implements `ports.AccuracyLog`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("accuracy")

    async def add(self, looks: Sequence[Looks]) -> None:
        """Add to the counts that are there, all or none."""
        rows = [asdict(one) for one in looks]
        if rows:
            await self._half.fetch(self._sql["add"], {name: [row[name] for row in rows] for name in rows[0]})

    async def all(self) -> Sequence[Looks]:
        """Every count, by month, placement, light, look and score."""
        return [
            Looks(month=month, placement=placement, light=Light(light), look=Look(look), score=score, count=count)
            for month, placement, light, look, score, count in await self._half.fetch(self._sql["all"])
        ]
