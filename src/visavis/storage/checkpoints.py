"""Signed checkpoints of the audit log, beside it in the database."""

from collections.abc import Sequence

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Checkpoint


class PostgresCheckpoints:
    """Implements `ports.CheckpointStore`; its role may add and read, nothing else."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("checkpoints")

    async def append(self, checkpoint: Checkpoint) -> None:
        """Durable on return."""
        await self._half.fetch(self._sql["append"], {"seq": checkpoint.seq, "jws": checkpoint.jws})

    async def all(self) -> Sequence[Checkpoint]:
        """In the order of appending."""
        rows = await self._half.fetch(self._sql["all"])
        return [Checkpoint(half=self._half.name, seq=seq, jws=jws) for seq, jws in rows]

    async def last(self) -> Checkpoint | None:
        """The one that was appended last."""
        rows = await self._half.fetch(self._sql["last"])
        return Checkpoint(half=self._half.name, seq=rows[0][0], jws=rows[0][1]) if rows else None
