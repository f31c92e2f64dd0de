"""One process at a time: a lock that the database lets go when its holder dies, however it dies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from visavis.errors import DatabaseUnavailable
from visavis.storage.half import Half
from visavis.storage.translate import translated

AGAIN_S = 1.0
TRY = "SELECT pg_try_advisory_lock(hashtext('visavis.only_one'), hashtext(%s))"


@asynccontextmanager
async def only_one(half: Half, name: str) -> AsyncIterator[None]:
    """Wait until no other process is inside under this name; raises DatabaseUnavailable inside when the lock is lost.

    The lock lives as long as its own connection; should that break, the body is interrupted within about a second.
    """
    with translated():
        connection = await psycopg.AsyncConnection.connect(half.require(), autocommit=True)
    async with connection:
        with translated():
            while not await _taken(connection, name):  # noqa: ASYNC110  other processes set no event of ours
                await asyncio.sleep(AGAIN_S)
        async with _interrupted_when_lost(connection):
            yield


async def _taken(connection: "psycopg.AsyncConnection[Any]", name: str) -> bool:
    row = await (await connection.execute(TRY, [name])).fetchone()
    return bool(row and row[0])


@asynccontextmanager
async def _interrupted_when_lost(connection: "psycopg.AsyncConnection[Any]") -> AsyncIterator[None]:
    body = asyncio.current_task()
    watch = asyncio.create_task(_watch(connection))
    if body is not None:
        watch.add_done_callback(lambda done: None if done.cancelled() else body.cancel())
    try:
        yield
    except asyncio.CancelledError:
        if body is None or not watch.done() or watch.cancelled():
            raise
        body.uncancel()
        raise DatabaseUnavailable("the connection that held the lock is gone") from watch.exception()
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


async def _watch(connection: "psycopg.AsyncConnection[Any]") -> None:
    """Ends with the connection."""
    while True:
        await asyncio.sleep(AGAIN_S)
        await connection.execute("SELECT 1")
