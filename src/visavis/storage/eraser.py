"""The hub's side of withdrawal."""

from collections.abc import Mapping

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Token


class PostgresEraser:
    """Implements `ports.Eraser` by the database's own function: no other way to delete is granted."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("eraser")

    async def erase(self, token: Token) -> Mapping[str, int]:
        """Delete every row of the token in one transaction, consents last; table -> rows."""
        return dict(await self._half.fetch(self._sql["erase"], {"token": token}))

    async def tokens(self) -> frozenset[Token]:
        """Every token about which anything is kept."""
        return frozenset(Token(row[0]) for row in await self._half.fetch(self._sql["tokens"]))
