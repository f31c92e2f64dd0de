"""Whatever hangs on the site key in the database.

A column that is wrapped by it and not named here is lost when the site key is rotated; a test compares both.
"""

from collections.abc import Callable, Mapping

from visavis.privacy.artefacts import model_binding
from visavis.privacy.vault import address_binding, key_binding, totp_binding
from visavis.storage.half import Half
from visavis.storage.queries import queries

Bindings = Mapping[str, Callable[..., bytes]]
EDGE: Bindings = {"members": key_binding, "monitors": address_binding}
HUB: Bindings = {"staff": totp_binding, "models": model_binding}
"""Name of the query -> associated data, of the columns that follow id and wrapped key."""


class PostgresWrapped:
    """Implements `ports.WrappedKeys` for one half."""

    def __init__(self, half: Half, bindings: Bindings) -> None:
        self._half, self._bindings = half, bindings
        self._sql = queries("wrapped")

    async def rewrap(self, renew: Callable[[bytes, bytes], bytes]) -> int:
        """Pass each wrapped key with its associated data through this, all in one transaction; how many changed."""
        changed = 0
        async with self._half.transaction() as cursor:
            for name, binding in self._bindings.items():
                await cursor.execute(self._sql[name])
                rows = await cursor.fetchall()
                after = [(row_id, old, renew(old, binding(*parts))) for row_id, old, *parts in rows]
                new = [(row_id, one) for row_id, old, one in after if one != old]
                columns = {"ids": [row_id for row_id, _ in new], "wrapped": [one for _, one in new]}
                await cursor.execute(self._sql[f"save_{name}"], columns)
                changed += len(new)
        return changed
