"""What a breach report asks of one half's tables. The reading side, apart from the ports."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from psycopg import sql

from visavis.privacy.breach import Looked
from visavis.storage.half import Half
from visavis.storage.queries import queries


class BreachReader:
    """Questions of one half."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("breach")

    async def rows(self, tables: Sequence[str]) -> Mapping[str, int]:
        """Table (schema.table) -> rows, of those that are in this half."""
        mine = [table for table in tables if table.split(".")[0] == self._half.name]
        counted = {}
        for table in mine:
            statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".")))
            counted[table] = (await self._half.fetch(statement.as_bytes()))[0][0]
        return counted

    async def purposes(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """Purpose -> people who allowed it at some moment of this time."""
        return dict(await self._half.fetch(self._sql["purposes"], {"since": since, "until": until}))

    async def looks(self, since: datetime, until: datetime) -> Sequence[Looked]:
        """Who of the staff looked at members."""
        rows = await self._half.fetch(self._sql["looks"], {"since": since, "until": until})
        return [
            Looked(actor=actor, purpose=purpose or "", looks=looks, subjects=subjects)
            for actor, purpose, looks, subjects in rows
        ]

    async def gone(self, since: datetime) -> Sequence[str]:
        """Tokens of who was forgotten since."""
        return [subject for (subject,) in await self._half.fetch(self._sql["gone"], {"since": since})]
