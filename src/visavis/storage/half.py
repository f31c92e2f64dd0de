"""The connections of one half, as its own role, with errors translated."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from visavis.errors import DatabaseUnavailable
from visavis.storage.translate import lost, translated

Rows = Sequence[tuple[Any, ...]]
CHECKOUT_S = 5.0
AGAIN_S = 0.5  # between attempts to connect
PING_S = 2.0
SESSION = """
SELECT set_config('search_path', %s, false), set_config('timezone', 'UTC', false),
    set_config('statement_timeout', '30s', false), set_config('application_name', %s, false)
"""


class Half:
    """A pool of connections whose search path is one schema: the same SQL serves both halves."""

    def __init__(self, name: str, conninfo: str | None, connections: int) -> None:
        self.name = name
        self._conninfo = conninfo  # None: this process did not open this half; every use says so
        self._pool = None if conninfo is None else self._make_pool(conninfo, connections)

    def _make_pool(self, conninfo: str, connections: int) -> AsyncConnectionPool:
        return AsyncConnectionPool(
            conninfo,
            kwargs={"autocommit": True},
            configure=self._configure,
            min_size=1,
            max_size=connections,
            timeout=CHECKOUT_S,
            reconnect_timeout=AGAIN_S,
            reconnect_failed=AsyncConnectionPool.check,  # grows again: the pool's own pauses double up to minutes
            open=False,
            name=self.name,
        )

    async def _configure(self, connection: "psycopg.AsyncConnection[Any]") -> None:
        await connection.execute(SESSION, [self.name, f"visavis {self.name}"])

    async def open(self) -> None:
        if self._pool is not None:
            with translated():
                await self._pool.open(wait=True, timeout=CHECKOUT_S)

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()

    def require(self) -> str:
        """Where to connect; raises DatabaseUnavailable when this process did not open this half."""
        if self._conninfo is None:
            raise DatabaseUnavailable(f"this process did not open the {self.name} half")
        return self._conninfo

    @property
    def pool(self) -> AsyncConnectionPool:
        if self._pool is None:
            raise DatabaseUnavailable(f"this process did not open the {self.name} half")
        return self._pool

    @property
    def opened(self) -> bool:
        return self._pool is not None

    async def fetch(self, statement: bytes, parameters: Mapping[str, Any] | None = None) -> Rows:
        """Run one statement in its own transaction; asked once more when the connection was lost.

        So it must not matter whether it ran once or twice: every statement here is idempotent.
        """
        with translated():
            try:
                return await self._once(statement, parameters)
            except psycopg.OperationalError as error:
                if not lost(error):
                    raise
            await self.pool.check()  # the others of a restarted server are dead too
            return await self._once(statement, parameters)

    async def _once(self, statement: bytes, parameters: Mapping[str, Any] | None) -> Rows:
        async with self.pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            await cursor.execute(statement, parameters)
            return await cursor.fetchall() if cursor.description else ()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["psycopg.AsyncCursor[Any]"]:
        """Several statements or none, on a connection that was alive a moment ago; never repeated."""
        with translated():
            for _ in range(2):
                async with self.pool.connection() as connection:
                    if await self._alive(connection):
                        async with connection.transaction():
                            yield connection.cursor(binary=True)
                        return
                await self.pool.check()
            raise DatabaseUnavailable("connections end as soon as they are made")

    @staticmethod
    async def _alive(connection: "psycopg.AsyncConnection[Any]") -> bool:
        try:
            await AsyncConnectionPool.check_connection(connection)
        except psycopg.OperationalError:
            return False
        return True

    async def ping(self) -> None:
        """Raises DatabaseUnavailable when the database does not answer soon."""
        try:
            async with asyncio.timeout(PING_S):
                await self.fetch(b"SELECT 1")
        except TimeoutError:
            raise DatabaseUnavailable(f"no answer within {PING_S:.0f} s") from None
