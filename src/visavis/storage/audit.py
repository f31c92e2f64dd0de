"""The hash chain of what was done to whom, on disk; the arithmetic is `visavis.privacy.audit`'s."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from psycopg.types.json import Json

from visavis.privacy.audit import GENESIS, chain
from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import AuditEntry


class PostgresAudit:
    """Implements `ports.AuditLog`; one writer at a time, its role may add and read, nothing else."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("audit")

    async def append(
        self, *, actor: str, action: str, subject: str, detail: Mapping[str, str], at: datetime
    ) -> AuditEntry:
        """The entry with its place in the chain."""
        async with self._half.transaction() as cursor:
            await cursor.execute(self._sql["lock"])
            await cursor.execute(self._sql["last"])
            seq, previous = await cursor.fetchone() or (0, GENESIS)
            entry = chain(previous, seq + 1, at, actor, action, subject, detail)
            await cursor.execute(self._sql["append"], _row(entry))
        return entry

    async def after(self, seq: int, limit: int = 1000) -> Sequence[AuditEntry]:
        """Entries in order."""
        rows = await self._half.fetch(self._sql["after"], {"seq": seq, "limit": limit})
        return [
            AuditEntry(
                seq=number,
                at=at,
                actor=actor,
                action=action,
                subject=subject,
                detail=detail,
                previous_sha256=previous,
                sha256=own,
            )
            for number, at, actor, action, subject, detail, previous, own in rows
        ]


def _row(entry: AuditEntry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": Json(dict(entry.detail)),
        "previous_sha256": entry.previous_sha256,
        "sha256": entry.sha256,
    }
