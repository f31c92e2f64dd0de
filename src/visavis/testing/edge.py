"""The edge's ports in memory."""

import os
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from visavis.errors import SealBroken
from visavis.testing.signals import MemorySignals
from visavis.types import Consent, Decision, Member, MemberId, Sighting, Token, Withdrawal

NONCE_BYTES = 12


class MemoryKeys:
    """Implements `ports.KeyProvider` with a site key that the test chooses."""

    def __init__(self, site_key: bytes = bytes(range(32))) -> None:
        self._site_key = site_key

    def wrap(self, key: bytes, *, aad: bytes) -> bytes:
        """Encrypt a member key under the site key."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.derive("wrap")).encrypt(nonce, key, aad)

    def unwrap(self, wrapped: bytes, *, aad: bytes) -> bytes:
        """Raises SealBroken when the site key or the associated data differ."""
        try:
            return AESGCM(self.derive("wrap")).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
        except (InvalidTag, ValueError) as error:
            raise SealBroken("a member key") from error

    def derive(self, label: str) -> bytes:
        """32 bytes for one use."""
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=label.encode()).derive(self._site_key)


class MemoryLedger:
    """Implements `ports.ConsentLedger`."""

    def __init__(self) -> None:
        self.entries: dict[str, Consent | Withdrawal] = {}

    async def append(self, entries: Sequence[Consent | Withdrawal]) -> int:
        """Number of entries that were new."""
        before = len(self.entries)
        for entry in entries:
            self.entries.setdefault(entry.id, entry)
        return len(self.entries) - before

    async def history(self, subject: str) -> Sequence[Consent | Withdrawal]:
        """Everything ever appended for this subject, in the order of appending."""
        return [entry for entry in self.entries.values() if entry.subject == subject]


class MemoryRoster:
    """Implements `ports.Roster`."""

    def __init__(self, ledger: MemoryLedger, signals: MemorySignals) -> None:
        self._ledger = ledger
        self._signals = signals
        self._members: dict[MemberId, Member] = {}

    async def save(self, member: Member, ledger: Sequence[Consent | Withdrawal] = ()) -> None:
        """Add or replace a member and append to the ledger; tells every node."""
        self._members[member.id] = member
        await self._ledger.append(ledger)
        await self._signals.publish("roster")

    async def remove(self, member_id: MemberId, ledger: Sequence[Withdrawal] = ()) -> int:
        """Destroy the member and templates, append the withdrawals; rows removed. Tells every node."""
        gone = self._members.pop(member_id, None)
        await self._ledger.append(ledger)
        await self._signals.publish("roster")
        return 0 if gone is None else 1 + len(gone.templates)

    async def members(self) -> Sequence[Member]:
        """All members, oldest first."""
        return sorted(self._members.values(), key=lambda member: (member.enrolled_at, member.id))

    async def find(self, credential: bytes) -> Member | None:
        """The member with this credential digest; the oldest, should there be two."""
        return next((member for member in await self.members() if credential in member.credentials), None)


class RecordingHub:
    """Implements `ports.HubLink`: keeps what the edge said, and answers sightings with `decision`."""

    def __init__(self, decision: Decision | None = None) -> None:
        self.decision = decision
        self.entries: list[Consent | Withdrawal] = []
        self.sightings: list[Sighting] = []
        self.forgotten: list[Token] = []

    async def consented(self, entries: Sequence[Consent | Withdrawal]) -> None:
        """Consents and withdrawals whose subject is a token."""
        self.entries += entries

    async def sighted(self, sighting: Sighting) -> Decision | None:
        """A member stands at a placement."""
        self.sightings.append(sighting)
        return self.decision

    async def forget(self, token: Token) -> Mapping[str, int]:
        """Erase everything about the token; store -> rows removed."""
        self.forgotten.append(token)
        kept = [entry for entry in self.entries if entry.subject != token]
        removed = len(self.entries) - len(kept)
        self.entries = kept
        return {"ledger": removed}
