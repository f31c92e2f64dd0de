"""The erasure list of the edge, so that every node of a site knows it."""

from collections.abc import Sequence

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Erased


class PostgresErasures:
    """Implements `ports.ErasureList`; its role may add and read, nothing else."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("erasures")

    async def append(self, entries: Sequence[Erased]) -> None:
        """Durable on return."""
        if entries:
            columns = {
                "subjects": [entry.subject_sha256 for entry in entries],
                "what": [entry.what for entry in entries],
                "at": [entry.at for entry in entries],
            }
            await self._half.fetch(self._sql["append"], columns)

    async def all(self) -> Sequence[Erased]:
        """Every entry."""
        rows = await self._half.fetch(self._sql["all"])
        return [Erased(subject_sha256=subject, what=what, at=at) for subject, what, at in rows]
