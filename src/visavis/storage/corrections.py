"""What members said of wrong greetings."""

from collections.abc import Mapping

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Correction


class PostgresCorrections:
    """Implements `ports.CorrectionLog`; topic `roster`, since galleries follow it."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("corrections")

    async def append(self, correction: Correction) -> bool:
        """Whether it was new; nothing is kept of a member who has gone."""
        row = {
            "id": correction.id,
            "member_id": correction.member_id,
            "template_id": correction.template_id,
            "at": correction.at,
        }
        return bool(await self._half.fetch(self._sql["append"], row))

    async def counts(self) -> Mapping[str, int]:
        """Template -> corrections of it, where there are any."""
        return dict(await self._half.fetch(self._sql["counts"]))
