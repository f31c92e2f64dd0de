"""The hash chain of what was done to whom, on disk; the arithmetic is `visavis.privacy.audit`'s."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from visavis.privacy.audit import GENESIS, chain, pairs_of_json, spelled_object
from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import AuditEntry, Link

BATCH = 10_000


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

    async def copy(self, entries: Iterable[AuditEntry]) -> None:
        """Add many entries that are chained already, to measure with; all of them or none."""
        async with self._half.transaction() as cursor:
            await cursor.execute(self._sql["lock"])
            async with cursor.copy(self._sql["copy"]) as rows:
                for e in entries:
                    what = (e.actor, e.action, e.subject, spelled_object(e.detail))
                    await rows.write_row((e.seq, e.at, *what, e.previous_sha256, e.sha256))

    async def after(self, seq: int, limit: int = 1000) -> Sequence[AuditEntry]:
        """Entries in order."""
        return [_entry(row) for row in await self._half.fetch(self._sql["after"], {"seq": seq, "limit": limit})]

    async def find(
        self,
        *,
        subjects: Sequence[str] | None = None,
        action: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> Sequence[AuditEntry]:
        """The newest entries of these subjects, of this action, in this time; newest first."""
        asked = {"subjects": subjects, "action": action, "since": since, "until": until, "limit": limit}
        return [_entry(row) for row in await self._half.fetch(self._sql["find"], asked)]

    async def last(self) -> tuple[int, str]:
        """Number and hash of the last entry."""
        rows = await self._half.fetch(self._sql["last"])
        return rows[0] if rows else (0, GENESIS)

    async def links(self, after: int | None = None) -> AsyncIterator[Sequence[Link]]:
        """All entries, in batches of 10,000; spelled from the columns, so that a change of any of them shows."""
        while rows := await self._half.fetch(self._sql["links"], {"seq": after, "limit": BATCH}):
            yield [(f"{begin}{pairs_of_json(detail)}]", own) for _, begin, detail, own in rows]
            after = rows[-1][0]


def _entry(row: tuple[Any, ...]) -> AuditEntry:
    seq, at, actor, action, subject, detail, previous, own = row
    return AuditEntry(
        seq=seq,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        detail=detail,
        previous_sha256=previous,
        sha256=own,
    )


def _row(entry: AuditEntry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": spelled_object(entry.detail),
        "previous_sha256": entry.previous_sha256,
        "sha256": entry.sha256,
    }
