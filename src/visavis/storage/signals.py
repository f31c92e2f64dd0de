"""Short messages between processes, by LISTEN and NOTIFY on one dedicated connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import psycopg
import structlog

from visavis.storage.half import Half

log = structlog.get_logger()

CHANNEL = "visavis"  # one for all topics; a message is "<topic> <payload>"
READY = ("ready", "")
LONGEST_BYTES = 4000
BACKLOG = 1000
PROBE_S = 30.0
RETRY_S = (0.1, 5.0)  # first and longest pause between attempts to connect again
NOTIFY = b"SELECT pg_notify('visavis', %(message)s)"


class PostgresSignals:
    """Implements `ports.Signals`. Starts to listen with the first subscriber; lives as long as its storage."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._subscribers: set[_Subscriber] = set()
        self._listener: asyncio.Task[None] | None = None
        self._listening = False

    async def publish(self, topic: str, payload: str = "") -> None:
        """At most 4,000 bytes; a topic has no space."""
        if " " in topic or len(payload.encode()) > LONGEST_BYTES:
            raise ValueError(f"topic {topic!r} with {len(payload.encode())} bytes: at most {LONGEST_BYTES}, no space")
        await self._half.fetch(NOTIFY, {"message": f"{topic} {payload}"})

    async def subscribe(self, *topics: str) -> AsyncIterator[tuple[str, str]]:
        """Endless (topic, payload) pairs; ("ready", "") comes first, and again whenever some may have been missed."""
        subscriber = _Subscriber(topics)
        self._subscribers.add(subscriber)
        try:
            if self._listening:
                subscriber.tell(READY)
            self._start()
            while (pair := await subscriber.queue.get()) is not None:
                yield pair
        finally:
            self._subscribers.discard(subscriber)

    async def close(self) -> None:
        """End every subscription."""
        if self._listener is not None:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener
            self._listener = None
        for subscriber in self._subscribers:
            subscriber.tell(None)

    # ------ listening

    def _start(self) -> None:
        conninfo = self._half.require()
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen(conninfo))

    async def _listen(self, conninfo: str) -> None:
        pause = RETRY_S[0]
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    pause = RETRY_S[0]
                    await self._receive(connection)
            except (psycopg.Error, OSError) as error:
                self._listening = False
                log.warning("signals_lost", reason=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_S[1])

    async def _receive(self, connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
        self._listening = True
        for subscriber in self._subscribers:
            subscriber.tell(READY)
        while True:
            async for notify in connection.notifies(timeout=PROBE_S):
                topic, _, payload = notify.payload.partition(" ")
                for subscriber in self._subscribers:
                    if topic in subscriber.topics:
                        subscriber.tell((topic, payload))
            await connection.execute("SELECT 1")  # a peer that vanished says nothing by itself


class _Subscriber:
    """One reader's queue; who falls behind is told to look again instead of filling the memory."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.topics = frozenset(topics)
        self.queue: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()

    def tell(self, pair: tuple[str, str] | None) -> None:
        if self.queue.qsize() >= BACKLOG:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(READY)
        self.queue.put_nowait(pair)
