"""What the hub keeps of consents, and of whom it forgot, each with a line in its audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from visavis.ports import AuditLog, Clock, ConsentLedger, Eraser
from visavis.privacy.erasure import digest
from visavis.types import Consent, Token, Withdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """In the log a person is the digest of their token, which outlives what it names."""

    ledger: ConsentLedger
    eraser: Eraser
    audit: AuditLog
    clock: Clock

    async def consented(self, entries: Sequence[Consent | Withdrawal]) -> None:
        """Keep consents and withdrawals of one token; what was told before is written once."""
        if not await self.ledger.append(entries):
            return
        given = sorted(entry.purpose for entry in entries if isinstance(entry, Consent))
        ended = sorted(entry.purpose for entry in entries if isinstance(entry, Withdrawal))
        for action, purposes in (("consented", given), ("withdrawn", ended)):
            if purposes:
                await self.note(action, digest(Token(entries[0].subject)), {"purposes": " ".join(purposes)})

    async def forget(self, token: Token) -> Mapping[str, int]:
        """Erase the token everywhere at the hub; store -> rows."""
        removed = await self.eraser.erase(token)
        await self.note("erased", digest(token), {store: str(rows) for store, rows in removed.items()})
        return removed

    async def note(self, action: str, subject: str, detail: Mapping[str, str]) -> None:
        """Write to the hub's audit log."""
        await self.audit.append(actor="hub", action=action, subject=subject, detail=detail, at=self.clock.now())
