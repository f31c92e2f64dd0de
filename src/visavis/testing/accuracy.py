"""Counts of looks in memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from visavis.types import Looks


class MemoryAccuracy:
    """Implements `ports.AccuracyLog`."""

    def __init__(self) -> None:
        self._counts: Counter[Looks] = Counter()

    async def add(self, looks: Sequence[Looks]) -> None:
        """Add to the counts that are there."""
        for one in looks:
            self._counts[replace(one, count=1)] += one.count

    async def all(self) -> Sequence[Looks]:
        """Every count, by month, placement, light, look and score."""
        found = [replace(one, count=count) for one, count in self._counts.items()]
        return sorted(found, key=lambda one: (one.month, one.placement, one.light, one.look, one.score))
