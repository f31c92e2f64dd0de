"""Signals and the audit chain in memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from visavis.privacy.audit import GENESIS, chain, link
from visavis.types import AuditEntry, Checkpoint, Link

LONGEST_BYTES = 4000


class MemorySignals:
    """Implements `ports.Signals` within one event loop."""

    def __init__(self) -> None:
        self._subscribers: list[tuple[frozenset[str], asyncio.Queue[tuple[str, str]]]] = []

    async def publish(self, topic: str, payload: str = "") -> None:
        """At most 4,000 bytes; a topic has no space."""
        if " " in topic or len(payload.encode()) > LONGEST_BYTES:
            raise ValueError(f"topic {topic!r} with {len(payload.encode())} bytes: at most {LONGEST_BYTES}, no space")
        for topics, queue in self._subscribers:
            if topic in topics:
                queue.put_nowait((topic, payload))

    async def subscribe(self, *topics: str) -> AsyncIterator[tuple[str, str]]:
        """Endless (topic, payload) pairs; ("ready", "") comes first."""
        queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        entry = (frozenset(topics), queue)
        self._subscribers.append(entry)
        try:
            yield ("ready", "")
            while True:
                yield await queue.get()
        finally:
            self._subscribers.remove(entry)


class MemoryAudit:
    """Implements `ports.AuditLog`."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    async def append(
        self, *, actor: str, action: str, subject: str, detail: Mapping[str, str], at: datetime
    ) -> AuditEntry:
        """The entry with its place in the chain."""
        previous = self.entries[-1].sha256 if self.entries else GENESIS
        entry = chain(previous, len(self.entries) + 1, at, actor, action, subject, detail)
        self.entries.append(entry)
        return entry

    async def after(self, seq: int, limit: int = 1000) -> Sequence[AuditEntry]:
        """Entries in order."""
        return self.entries[seq : seq + limit]

    async def last(self) -> tuple[int, str]:
        """Number and hash of the last entry."""
        return (self.entries[-1].seq, self.entries[-1].sha256) if self.entries else (0, GENESIS)

    async def links(self, after: int | None = None) -> AsyncIterator[Sequence[Link]]:
        """All entries, in one batch."""
        if found := [link(entry) for entry in self.entries if after is None or entry.seq > after]:
            yield found


class MemoryCheckpoints:
    """Implements `ports.CheckpointStore`."""

    def __init__(self) -> None:
        self.kept: list[Checkpoint] = []

    async def append(self, checkpoint: Checkpoint) -> None:
        """Keep it."""
        if checkpoint not in self.kept:
            self.kept.append(checkpoint)

    async def all(self) -> Sequence[Checkpoint]:
        """In the order of appending."""
        return list(self.kept)

    async def last(self) -> Checkpoint | None:
        """The one that was appended last."""
        return self.kept[-1] if self.kept else None
