"""The edge's ports in memory."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from visavis.errors import KeyDestroyed, KeyHeld, SealBroken
from visavis.privacy.vault import address_binding, key_binding
from visavis.testing.signals import MemorySignals
from visavis.types import (
    Consent,
    Correction,
    Decision,
    Erased,
    Member,
    MemberId,
    Monitor,
    Review,
    ReviewState,
    Sighting,
    Token,
    Withdrawal,
)

NONCE_BYTES = 12


class MemoryKeys:
    """Implements `ports.KeyProvider` with a site key that the test chooses."""

    def __init__(self, site_key: bytes = bytes(range(32))) -> None:
        self._site_key = site_key
        self.destroyed: set[bytes] = set()

    def wrap(self, key: bytes, *, aad: bytes, erasable: bool = False, holder: bytes = b"") -> bytes:
        """Encrypt a key under the holder's secret, if there is one, and the site key."""
        mark = b"held" if holder else b"kept" if erasable else b"site"
        inner = _encrypted(_hkdf(holder, "holder"), mark, key, aad) if holder else key
        return _encrypted(self.derive("wrap"), mark, inner, aad)

    def unwrap(self, wrapped: bytes, *, aad: bytes, holder: bytes = b"") -> bytes:
        """Raises SealBroken, KeyDestroyed or KeyHeld; see the port."""
        if wrapped in self.destroyed:
            raise KeyDestroyed
        inner = _decrypted(self.derive("wrap"), wrapped, aad)
        if wrapped[:4] != b"held":
            return inner
        if not holder:
            raise KeyHeld
        return _decrypted(_hkdf(holder, "holder"), inner, aad)

    def rewrap(self, wrapped: bytes, *, aad: bytes, fresh: bool = False) -> bytes:
        """There is one site key only, so a fresh nonce at most; raises as `unwrap` does."""
        if wrapped in self.destroyed:
            raise KeyDestroyed
        mark = wrapped[:4]
        inner = _decrypted(self.derive("wrap"), wrapped, aad)
        return _encrypted(self.derive("wrap"), mark, inner, aad) if fresh else wrapped

    def destroy(self, wrapped: Iterable[bytes]) -> int:
        """Remember them: they never open again."""
        gone = {one for one in wrapped if one[:4] in (b"held", b"kept")} - self.destroyed
        self.destroyed |= gone
        return len(gone)

    def together(self) -> AbstractContextManager[None]:
        """Memory needs no flushing."""
        return nullcontext()

    def derive(self, label: str) -> bytes:
        """32 bytes for one use."""
        return _hkdf(self._site_key, label)


def _hkdf(key: bytes, label: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=label.encode()).derive(key)


def _encrypted(key: bytes, mark: bytes, plain: bytes, aad: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return mark + nonce + AESGCM(key).encrypt(nonce, plain, mark + aad)


def _decrypted(key: bytes, wrapped: bytes, aad: bytes) -> bytes:
    mark, nonce, ciphertext = wrapped[:4], wrapped[4 : 4 + NONCE_BYTES], wrapped[4 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, mark + aad)
    except (InvalidTag, ValueError) as error:
        raise SealBroken("a member key") from error


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

    async def histories(self, subjects: Sequence[str]) -> Mapping[str, Sequence[Consent | Withdrawal]]:
        """The history of each of these, by subject."""
        return {subject: await self.history(subject) for subject in subjects}


class MemoryRoster:
    """Implements `ports.Roster`."""

    def __init__(self, ledger: MemoryLedger, signals: MemorySignals) -> None:
        self._ledger = ledger
        self._signals = signals
        self._members: dict[MemberId, Member] = {}

    async def save(
        self, member: Member, ledger: Sequence[Consent | Withdrawal] = (), *, before: Member | None = None
    ) -> bool:
        """Add or replace a member and append to the ledger; False when they are not as before. Tells every node."""
        if before is not None and not self._is_still(before):
            return False
        self._members[member.id] = member
        await self._ledger.append(ledger)
        await self._signals.publish("roster")
        return True

    async def replace(self, pairs: Sequence[tuple[Member, Member]]) -> frozenset[MemberId]:
        """Give those whose key and templates are still as before others, and the nickname; which they were."""
        kept = [after for before, after in pairs if self._is_still(before)]
        for member in kept:
            await self.save(member)
        return frozenset(member.id for member in kept)

    def _is_still(self, before: Member) -> bool:
        now = self._members.get(before.id)
        return now is not None and (now.wrapped_key, now.templates) == (before.wrapped_key, before.templates)

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


class MemoryErasures:
    """Implements `ports.ErasureList`."""

    def __init__(self) -> None:
        self._entries: list[Erased] = []

    async def append(self, entries: Sequence[Erased]) -> None:
        """Keep them."""
        self._entries += entries

    async def all(self) -> Sequence[Erased]:
        """Every entry."""
        return list(self._entries)


class MemoryMonitors:
    """Implements `ports.MonitorStore`."""

    def __init__(self, signals: MemorySignals) -> None:
        self._signals = signals
        self._monitors: dict[str, Monitor] = {}

    async def save(self, monitor: Monitor) -> None:
        """Add or replace by name; tells every node."""
        before = self._monitors.get(monitor.name, monitor)
        self._monitors[monitor.name] = replace(monitor, created_at=before.created_at)
        await self._signals.publish("monitors")

    async def remove(self, name: str) -> bool:
        """Whether there was one; tells every node."""
        gone = self._monitors.pop(name, None)
        await self._signals.publish("monitors")
        return gone is not None

    async def all(self) -> Sequence[Monitor]:
        """By name."""
        return [self._monitors[name] for name in sorted(self._monitors)]


class MemoryWrapped:
    """Implements `ports.WrappedKeys`."""

    def __init__(self, roster: MemoryRoster, monitors: MemoryMonitors) -> None:
        self._roster, self._monitors = roster, monitors

    async def rewrap(self, renew: Callable[[bytes, bytes], bytes]) -> int:
        """Pass each wrapped key with its associated data through this, all or none; how many changed."""
        members = [(m, renew(m.wrapped_key, key_binding(m.id))) for m in await self._roster.members() if m.wrapped_key]
        cameras = [(m, renew(m.sealed_address, address_binding(m.name))) for m in await self._monitors.all()]
        new = [replace(m, wrapped_key=key) for m, key in members if key != m.wrapped_key]
        moved = [replace(m, sealed_address=address) for m, address in cameras if address != m.sealed_address]
        for member in new:
            await self._roster.save(member)
        for monitor in moved:
            await self._monitors.save(monitor)
        return len(new) + len(moved)


class MemoryCorrections:
    """Implements `ports.CorrectionLog`."""

    def __init__(self, roster: MemoryRoster, signals: MemorySignals) -> None:
        self._roster, self._signals = roster, signals
        self._entries: dict[str, Correction] = {}

    async def append(self, correction: Correction) -> bool:
        """Whether it was new; nothing is kept of a member who has gone."""
        if correction.id in self._entries or not await here(self._roster, correction.member_id):
            return False
        self._entries[correction.id] = correction
        await self._signals.publish("roster")
        return True

    async def of_member(self, member_id: str) -> Sequence[Correction]:
        """Those of one member."""
        kept = [entry for entry in self._entries.values() if await here(self._roster, entry.member_id)]
        return [entry for entry in kept if entry.member_id == member_id]

    async def counts(self) -> Mapping[str, int]:
        """Template -> corrections of it, where there are any."""
        kept = [entry for entry in self._entries.values() if await here(self._roster, entry.member_id)]
        return Counter(entry.template_id for entry in kept)


class MemoryReviews:
    """Implements `ports.ReviewQueue`."""

    def __init__(self, roster: MemoryRoster) -> None:
        self._roster = roster
        self._reviews: dict[str, Review] = {}

    async def ask(self, review: Review) -> bool:
        """Whether it was put in the queue; not while another is open there, nor after the member went."""
        waiting = {(r.member_id, r.placement) for r in await self.open(review.asked_at)}
        known = await here(self._roster, review.member_id)
        if review.id in self._reviews or not known or (review.member_id, review.placement) in waiting:
            return False
        here_too = [r for r in await self.of(review.member_id) if r.placement == review.placement]
        for lapsed in (r for r in here_too if r.state is ReviewState.OPEN):  # it makes room for the next
            del self._reviews[lapsed.id]
        self._reviews[review.id] = review
        return True

    async def open(self, at: datetime) -> Sequence[Review]:
        """Those that wait for an answer, oldest first."""
        kept = await self._kept()
        return [review for review in kept if review.state is ReviewState.OPEN and review.expires_at > at]

    async def answer(self, review_id: str, state: ReviewState, *, by: str, at: datetime) -> Review | None:
        """The review as answered; None when it is not open any more."""
        review = next((review for review in await self._kept() if review.id == review_id), None)
        if review is None:
            return None
        if review.state is ReviewState.OPEN and review.expires_at > at:
            review = replace(review, state=state, answered_by=by, answered_at=at)
            self._reviews[review_id] = review
        return review if (review.state, review.answered_by, review.answered_at) == (state, by, at) else None

    async def of(self, member_id: MemberId) -> Sequence[Review]:
        """All that are kept of a member, oldest first."""
        return [review for review in await self._kept() if review.member_id == member_id]

    async def forget(self, asked_before: datetime) -> int:
        """Delete what was asked before this time, but for each member's last confirmation; how many."""
        kept = await self._kept()
        last = {review.member_id: review.id for review in kept if review.state is ReviewState.CONFIRMED}
        gone = [r.id for r in kept if r.asked_at < asked_before and r.id not in last.values()]
        self._reviews = {key: review for key, review in self._reviews.items() if key not in gone}
        return len(gone)

    async def _kept(self) -> list[Review]:
        kept = [review for review in self._reviews.values() if await here(self._roster, review.member_id)]
        return sorted(kept, key=lambda review: (review.asked_at, review.id))


async def here(roster: MemoryRoster, member_id: MemberId) -> bool:
    """Whether the member has not gone."""
    return any(member.id == member_id for member in await roster.members())


class RecordingHub:
    """Implements `ports.HubLink`: keeps what the edge said, and answers sightings with `decision`."""

    def __init__(self, decision: Decision | None = None) -> None:
        self.decision = decision
        self.entries: list[Consent | Withdrawal] = []
        self.sightings: list[Sighting] = []
        self.strangers: list[tuple[str, int]] = []
        self.forgotten: list[Token] = []

    async def consented(self, entries: Sequence[Consent | Withdrawal]) -> None:
        """Consents and withdrawals whose subject is a token."""
        self.entries += entries

    async def sighted(self, sighting: Sighting) -> Decision | None:
        """A member stands at a placement."""
        self.sightings.append(sighting)
        return self.decision

    async def anybody(self, placement: str, *, people_in_view: int) -> Decision | None:
        """Somebody about whom nothing is known here."""
        self.strangers.append((placement, people_in_view))
        return None if self.decision is None else replace(self.decision, token=None, sighting_id=None, receipt_id=None)

    async def forget(self, token: Token) -> Mapping[str, int]:
        """Erase everything about the token; store -> rows removed."""
        self.forgotten.append(token)
        kept = [entry for entry in self.entries if entry.subject != token]
        removed = len(self.entries) - len(kept)
        self.entries = kept
        return {"ledger": removed}
