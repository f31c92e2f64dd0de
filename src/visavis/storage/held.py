"""All that one half holds about one person: one statement a table, in `sql/held.sql`."""

from collections.abc import Mapping, Sequence

from visavis.privacy.erasure import digest
from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Token

# Tables that hold nothing about a person; a test finds one that is neither here nor in sql/held.sql.
NOBODY: Mapping[str, Mapping[str, str]] = {
    "edge": {
        "accuracy": "how looks at people ended, counted by month, placement and light",
        "checkpoint": "signed states of the audit log, as hashes",
        "device": "kiosks and screens, and who of the staff paired them",
        "monitor": "cameras of the site, and who may not see their addresses",
        "pairing_code": "codes for kiosks and screens, by digest, some minutes long",
        "retention_run": "when each category was last looked at, and how many rows went",
    },
    "hub": {
        "checkpoint": "signed states of the audit log, as hashes",
        "api_key": "programs and what they may do, nobody's behaviour",
        "sign_in_attempt": "tries to sign in as staff, by digest",
        "staff": "people who work here, who see their own account when they sign in",
        "staff_session": "visits of staff, by digest",
        "budget": "how often a campaign was shown, to everybody together",
        "model": "trained models, which hold averages over many people, encrypted and signed",
        "model_change": "when and why a model came to serve",
        "model_file": "files of trained models, encrypted",
        "policy": "averages over many people, from which nobody can be picked out",
    },
}


class PostgresHeld:
    """Implements `ports.Held`."""

    def __init__(self, half: Half) -> None:
        self._half = half
        prefix = f"{half.name}_"
        self._sql = {name.removeprefix(prefix): s for name, s in queries("held").items() if name.startswith(prefix)}

    async def held(self, subject: str, token: Token) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """Table -> rows of column and value; without keys, digests and the numbers of templates."""
        person = {"subject": subject, "token": token, "digest": digest(token)}
        return {table: [row for (row,) in await self._half.fetch(sql, person)] for table, sql in self._sql.items()}
