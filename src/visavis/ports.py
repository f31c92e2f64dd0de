"""What the outside must supply: Protocols of one to four methods.

Ports that wait for a database, a network or another process are coroutines; the stages themselves are pure and
synchronous. `visavis.testing` has an in-memory implementation of each, `visavis.storage` one on PostgreSQL; both
pass `tests/contract`. Whatever is written with an id may be written again: the second time changes nothing.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from visavis.types import (
    ApiKey,
    Artefact,
    AuditEntry,
    Campaign,
    Checkpoint,
    Consent,
    Correction,
    Decision,
    Device,
    Erased,
    Event,
    Impression,
    Item,
    Judged,
    KeptModel,
    Link,
    Looks,
    Member,
    MemberId,
    MemberState,
    ModelChange,
    ModelEntry,
    ModelKind,
    ModelState,
    Monitor,
    Outcome,
    PairingCode,
    Pauses,
    Placement,
    PolicySnapshot,
    Ran,
    Review,
    ReviewState,
    SealedArtefact,
    Sighting,
    Staff,
    StaffSession,
    Standing,
    Token,
    Withdrawal,
)


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


class KeyProvider(Protocol):
    """Keeper of the site key; the key itself never leaves it."""

    def wrap(self, key: bytes, *, aad: bytes, erasable: bool = False, holder: bytes = b"") -> bytes:
        """Encrypt a key under the site key; an erasable one can be destroyed, in every copy of what is returned.

        A holder's secret (of a card) is needed to open it again, and is kept nowhere.
        """
        ...

    def unwrap(self, wrapped: bytes, *, aad: bytes, holder: bytes = b"") -> bytes:
        """Raises SealBroken when site key, holder or associated data differ, KeyDestroyed, KeyHeld without a holder."""
        ...

    def rewrap(self, wrapped: bytes, *, aad: bytes, fresh: bool = False) -> bytes:
        """The same key under the site key in use, without the holder's secret if it needs one.

        Unchanged when it is already, unless a fresh start is asked for: then the old one can be destroyed by itself.
        """
        ...

    def destroy(self, wrapped: Iterable[bytes]) -> int:
        """Make erasable keys unopenable for ever, on disk when it returns; how many were not before."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """Keys that are wrapped inside are durable when it ends, not one by one."""
        ...

    def derive(self, label: str) -> bytes:
        """32 bytes for one use (pseudonyms, credentials, signing), HKDF-SHA256; the same after every rotation."""
        ...


class RootCipher(Protocol):
    """Encrypts the root key of a site for the time in which nothing runs."""

    @property
    def place(self) -> str:
        """Who can decrypt it, in words."""
        ...

    def seal(self, root: bytes) -> bytes:
        """What rests; raises PassphraseWrong or KeyServiceUnavailable."""
        ...

    def open(self, sealed: bytes) -> bytes:
        """The key; raises PassphraseWrong or KeyServiceUnavailable."""
        ...


# ------ edge -----------------------------------------------------------------------------------------------------


class Roster(Protocol):
    """The members of a site, at its edge. A member and their consents are written together or not at all."""

    async def save(
        self, member: Member, ledger: Sequence[Consent | Withdrawal] = (), *, before: Member | None = None
    ) -> bool:
        """Add or replace a member and append to the ledger in one transaction; tells every node.

        With `before` only while the member is there and has that key and those templates; otherwise nothing is
        written, and False.
        """
        ...

    async def replace(self, pairs: Sequence[tuple[Member, Member]]) -> frozenset[MemberId]:
        """Give those members whose key and templates are still as before others, and the nickname that goes with them.

        In one transaction; which they were.
        """
        ...

    async def remove(self, member_id: MemberId, ledger: Sequence[Withdrawal] = ()) -> int:
        """Destroy key, templates, nickname and credentials, append the withdrawals; rows removed. Tells every node."""
        ...

    async def members(self) -> Sequence[Member]:
        """All members, oldest first."""
        ...

    async def find(self, credential: bytes) -> Member | None:
        """The member with this credential digest."""
        ...


class WrappedKeys(Protocol):
    """Whatever hangs on the site key in one half of the database."""

    async def rewrap(self, renew: Callable[[bytes, bytes], bytes]) -> int:
        """Pass each wrapped key with its associated data through this, all in one transaction; how many changed."""
        ...


class ConsentLedger(Protocol):
    """Append-only record of consents and withdrawals of one half (edge or hub)."""

    async def append(self, entries: Sequence[Consent | Withdrawal]) -> int:
        """Number of entries that were new."""
        ...

    async def history(self, subject: str) -> Sequence[Consent | Withdrawal]:
        """Everything ever appended for this subject, in the order of appending."""
        ...

    async def histories(self, subjects: Sequence[str]) -> Mapping[str, Sequence[Consent | Withdrawal]]:
        """The history of each of these, by subject."""
        ...


class ErasureList(Protocol):
    """What must not come back when an older backup does. Append-only."""

    async def append(self, entries: Sequence[Erased]) -> None:
        """Durable on return; an entry that is there already changes nothing."""
        ...

    async def all(self) -> Sequence[Erased]:
        """Every entry, in any order; one may stand there twice."""
        ...


class MonitorStore(Protocol):
    """Cameras that the site watches by itself."""

    async def save(self, monitor: Monitor) -> None:
        """Add or replace by name; tells every node."""
        ...

    async def remove(self, name: str) -> bool:
        """Whether there was one; tells every node."""
        ...

    async def all(self) -> Sequence[Monitor]:
        """By name."""
        ...


class DeviceStore(Protocol):
    """Kiosks and screens that were paired."""

    async def add(self, device: Device) -> bool:
        """Whether it was new: neither its id nor its key is known; tells every node."""
        ...

    async def revoke(self, device_id: str, at: datetime) -> bool:
        """Whether there was one to revoke; tells every node. A revoked device stays in the list for ever."""
        ...

    async def seen(self, device_id: str, at: datetime) -> None:
        """It got a token."""
        ...

    async def all(self) -> Sequence[Device]:
        """Oldest first, the revoked too."""
        ...


class PairingStore(Protocol):
    """Codes that pair devices."""

    async def offer(self, code: PairingCode) -> None:
        """Keep a code until it is used, expires, or was missed too often."""
        ...

    async def use(self, digest: bytes, at: datetime) -> PairingCode | None:
        """The code, which is gone then; None when there is none, which counts as a miss of every open one."""
        ...


class CorrectionLog(Protocol):
    """What members said of wrong greetings; goes with the member."""

    async def append(self, correction: Correction) -> bool:
        """Whether it was new; nothing is kept of a member who has gone."""
        ...

    async def counts(self) -> Mapping[str, int]:
        """Template -> corrections of it, where there are any."""
        ...


class AccuracyLog(Protocol):
    """How looks ended, by month, placement, light and score: counts that hold nobody."""

    async def add(self, looks: Sequence[Looks]) -> None:
        """Add to the counts that are there."""
        ...

    async def all(self) -> Sequence[Looks]:
        """Every count, by month, placement, light, look and score."""
        ...


class ReviewQueue(Protocol):
    """Matches that a person looks at; goes with the member."""

    async def ask(self, review: Review) -> bool:
        """Whether it was put in the queue: not while the member has another open one there, and not after they went."""
        ...

    async def open(self, at: datetime) -> Sequence[Review]:
        """Those that wait for an answer, oldest first."""
        ...

    async def answer(self, review_id: str, state: ReviewState, *, by: str, at: datetime) -> Review | None:
        """The review as answered; None when it is not open any more. Answering twice is answering once."""
        ...

    async def of(self, member_id: MemberId) -> Sequence[Review]:
        """All that are kept of a member, oldest first."""
        ...

    async def forget(self, asked_before: datetime) -> int:
        """Delete what was asked before this time, but for each member's last confirmation; how many."""
        ...


class VisitLog(Protocol):
    """When members came last, and when retention ran last; a visit goes with its member."""

    async def came(self, member_id: MemberId, day: date) -> str | None:
        """Keep the day; what waited to be told to the member, once. Nothing is kept of a member who has gone."""
        ...

    async def last(self) -> Mapping[MemberId, date]:
        """Day of each member's last visit."""
        ...

    async def tell(self, member_id: MemberId, news: str) -> None:
        """What the member hears at the next visit."""
        ...

    async def ran(self, category: str, *, at: datetime, removed: int) -> None:
        """What a run did to a category."""
        ...

    async def runs(self) -> Mapping[str, Ran]:
        """The last run of each category."""
        ...


class HubLink(Protocol):
    """All that the edge can tell the hub."""

    async def consented(self, entries: Sequence[Consent | Withdrawal]) -> None:
        """Consents and withdrawals whose subject is a token."""
        ...

    async def sighted(self, sighting: Sighting) -> Decision | None:
        """A member stands at a placement; what was decided for them, None when nothing may be shown."""
        ...

    async def anybody(self, placement: str, *, people_in_view: int) -> Decision | None:
        """Somebody stands there about whom nothing may be used or kept: what everybody may get."""
        ...

    async def forget(self, token: Token) -> Mapping[str, int]:
        """Erase everything about the token; store -> rows removed."""
        ...


# ------ hub ------------------------------------------------------------------------------------------------------


class EventLog(Protocol):
    """Append-only, idempotent by event id."""

    async def append(self, events: Sequence[Event]) -> int:
        """Number of events that were new; returns only when they are durable."""
        ...

    async def of(self, token: Token, limit: int = 1000) -> Sequence[Event]:
        """The token's last events, oldest first (by time, then id)."""
        ...


class StateStore(Protocol):
    """What a model remembers of each member. Never the only copy: the log of events gives it again."""

    async def of(self, tokens: Sequence[Token]) -> Mapping[Token, Standing]:
        """Of each of these, what is kept and how many events the log has now."""
        ...

    async def keep(self, states: Sequence[MemberState]) -> frozenset[Token]:
        """Replace each state that holds exactly as many events as the log has, and more than none; whose were kept.

        So nothing is kept of whom was erased, and of two writers at once neither overwrites what the other counted.
        """
        ...

    async def stale(self, scenario: str, model: str, *, after: str = "", limit: int = 1000) -> Sequence[Token]:
        """Members with events whose state is of another model, holds another number of events, or is not there.

        In order of tokens, from the one after this on.
        """
        ...


class DecisionLog(Protocol):
    """Every decision that was made."""

    async def append(self, decision: Decision) -> None:
        """Durable on return."""
        ...

    async def get(self, decision_id: str) -> Decision | None:
        """None when unknown or erased."""
        ...

    async def recent(self, limit: int = 50, scenario: str | None = None) -> Sequence[Decision]:
        """Newest first."""
        ...


class PlayLog(Protocol):
    """Proof of play."""

    async def append(self, impressions: Sequence[Impression]) -> int:
        """Number of stages that were new."""
        ...

    async def of(self, decision_id: str) -> Sequence[Impression]:
        """Stages of one decision, in order."""
        ...

    async def unanswered(self, shown_before: datetime, limit: int = 1000) -> Sequence[str]:
        """Ids of decisions that were on the glass before this time and have no outcome yet, oldest first."""
        ...


class OutcomeLog(Protocol):
    """What came of decisions, in one order that every reader sees alike."""

    async def append(self, outcomes: Sequence[Outcome]) -> int:
        """Number that were new; readers are told."""
        ...

    async def after(self, seq: int, limit: int = 1000) -> Sequence[tuple[int, Outcome]]:
        """Outcomes whose sequence number is greater, in order; the numbers are final and without reordering."""
        ...

    async def of(self, decision_id: str) -> Sequence[Outcome]:
        """Outcomes of one decision, in order."""
        ...


class JudgedLog(Protocol):
    """Decisions together with what came of them, for those who judge policies."""

    async def between(self, scenario: str, start: datetime, end: datetime, limit: int = 100_000) -> Sequence[Judged]:
        """Decisions from a time on and before another that have an outcome, oldest first."""
        ...

    async def shown(self, token: Token, since: datetime) -> Sequence[tuple[str, datetime]]:
        """What a member was shown since a time, and when, oldest first."""
        ...


class PolicyStore(Protocol):
    """Snapshots of what policies have learned."""

    async def save(self, snapshot: PolicySnapshot) -> None:
        """Keep this version; tells every reader."""
        ...

    async def latest(self, policy: str, scenario: str) -> PolicySnapshot | None:
        """The newest version."""
        ...

    async def at(self, policy: str, scenario: str, version: int) -> PolicySnapshot | None:
        """The newest kept version that is not newer than this one."""
        ...


class ModelStore(Protocol):
    """Trained models as they rest; what is signed and sealed is nobody's business here."""

    async def add(self, sealed: SealedArtefact, change: ModelChange) -> bool:
        """Whether there was none of that version; never replaces one."""
        ...

    async def get(self, kind: ModelKind, scenario: str, version: int | None) -> SealedArtefact | None:
        """That version, or without one the live one, with its files."""
        ...

    async def kept(self, scenario: str) -> Sequence[KeptModel]:
        """All of a scenario without files, by kind, the newest first."""
        ...

    async def move(
        self, kind: ModelKind, scenario: str, version: int, change: ModelChange, before: Collection[ModelState]
    ) -> bool:
        """Change its state if it is one of those before; the one that was live retires. Tells every reader."""
        ...


class ModelRegistry(Protocol):
    """Trained models whose signature and digests were compared; of each kind and scenario at most one is live."""

    async def save(self, artefact: Artefact, state: ModelState = ModelState.SHADOW, why: str = "trained") -> Artefact:
        """Keep it; as it was numbered, where it had no version. Raises ModelMoveRefused for a version that is there."""
        ...

    async def live(self, kind: ModelKind, scenario: str) -> Artefact | None:
        """The one that serves; raises ArtefactInvalid when it was damaged."""
        ...

    async def at(self, kind: ModelKind, scenario: str, version: int) -> Artefact:
        """One version; raises ModelUnknown or ArtefactInvalid."""
        ...

    async def list(self, scenario: str) -> Sequence[ModelEntry]:
        """All of a scenario, by kind, the newest first; of a damaged one what is wrong with it."""
        ...

    async def move(self, kind: ModelKind, scenario: str, version: int, state: ModelState, why: str) -> None:
        """Change whether it serves, and say why; raises ModelUnknown, ModelMoveRefused or ArtefactInvalid."""
        ...


class Allowance(Protocol):
    """Budgets and caps, exact across processes."""

    async def reserve(self, decision_id: str, campaign: Campaign, token: Token | None, at: datetime) -> bool:
        """Take one impression from budget and cap; False (and nothing taken) when either is used up."""
        ...

    async def release(self, decision_id: str) -> None:
        """Give back what a decision reserved and never showed."""
        ...

    async def exhausted(self, campaigns: Sequence[Campaign], token: Token | None, at: datetime) -> frozenset[str]:
        """Ids of those campaigns whose budget, or cap for this token today (UTC), is used up."""
        ...


class Eraser(Protocol):
    """The hub's side of withdrawal."""

    async def erase(self, token: Token) -> Mapping[str, int]:
        """Delete every row of the token in one transaction, consents last; table -> rows."""
        ...

    async def tokens(self) -> frozenset[Token]:
        """Every token about which anything is kept."""
        ...


class Expiry(Protocol):
    """Deletion by age at one half; a category is one of `privacy.retention`."""

    async def expire(self, category: str, before: datetime) -> Mapping[str, int]:
        """Delete what is older; store -> rows. Never what is younger than a day, whatever was asked.

        Raises InputRefused or StorageError for a category that this half does not have.
        """
        ...

    async def due(self, category: str, before: datetime, *, now: datetime) -> Mapping[str, int]:
        """What `expire` would delete now."""
        ...


class Held(Protocol):
    """All that one half holds about one person, for their own eyes."""

    async def held(self, subject: str, token: Token) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """Table -> rows of column and value; without keys, digests and the numbers of templates."""
        ...


class Channel(Protocol):
    """A way to reach a placement."""

    async def deliver(self, decision: Decision, item: Item, placement: Placement) -> None:
        """Hand the decision over; what happens then comes back as impressions."""
        ...


class StaffStore(Protocol):
    """The people who may sign in; nobody is deleted."""

    async def save(self, after: Staff, before: Staff | None) -> bool:
        """Add (before is None), or replace if it is still as before; whether it was written. A login is there once."""
        ...

    async def get(self, staff_id: str) -> Staff | None:
        """By id."""
        ...

    async def find(self, site: str, login: str) -> Staff | None:
        """By login."""
        ...

    async def all(self, site: str) -> Sequence[Staff]:
        """By login."""
        ...


class StaffSessions(Protocol):
    """Who has signed in where, for every process."""

    async def start(self, session: StaffSession) -> None:
        """Keep it; those whose time was over when it started go."""
        ...

    async def find(self, digest: bytes) -> StaffSession | None:
        """By the digest of the cookie, whether or not its time is over."""
        ...

    async def seen(self, digest: bytes, at: datetime) -> None:
        """Its owner did something; one that has ended stays so."""
        ...

    async def end(self, staff_id: str, digest: bytes | None = None) -> int:
        """This one or, without a digest, all of a person; how many there were."""
        ...


class SignInAttempts(Protocol):
    """How often somebody tried to sign in without success, for every process."""

    async def attempt(self, key: str, at: datetime, policy: Pauses) -> datetime | None:
        """Count one more; None when it may be made, else until when nobody may: then nothing is counted."""
        ...

    async def forget(self, key: str) -> None:
        """It succeeded: begin again at none."""
        ...


class ApiKeys(Protocol):
    """What programs sign in with; a revoked one stays in the list."""

    async def save(self, key: ApiKey) -> None:
        """Add or replace by prefix."""
        ...

    async def find(self, prefix: str) -> ApiKey | None:
        """By the part that is no secret."""
        ...

    async def used(self, prefix: str, day: date) -> None:
        """Remember the last day of use."""
        ...

    async def all(self, site: str) -> Sequence[ApiKey]:
        """By time, then prefix."""
        ...


# ------ both -----------------------------------------------------------------------------------------------------


class Signals(Protocol):
    """Short messages between processes; lost when nobody listens, so they carry ids, never the only copy."""

    async def publish(self, topic: str, payload: str = "") -> None:
        """At most 4,000 bytes."""
        ...

    def subscribe(self, *topics: str) -> AsyncIterator[tuple[str, str]]:
        """Endless (topic, payload) pairs; ("ready", "") comes first, and again after a lost connection."""
        ...


class AuditLog(Protocol):
    """Hash chain of what was done to whom, by pseudonym."""

    async def append(
        self, *, actor: str, action: str, subject: str, detail: Mapping[str, str], at: datetime
    ) -> AuditEntry:
        """The entry with its place in the chain."""
        ...

    async def after(self, seq: int, limit: int = 1000) -> Sequence[AuditEntry]:
        """Entries in order."""
        ...

    async def last(self) -> tuple[int, str]:
        """Number and hash of the last entry; 0 and zeros of an empty log."""
        ...

    def links(self, after: int | None = None) -> AsyncIterator[Sequence[Link]]:
        """All entries as a chain is checked by, in order, in batches; from the very first, or after a number."""
        ...


class CheckpointStore(Protocol):
    """Signed checkpoints of one half's audit log. Append-only."""

    async def append(self, checkpoint: Checkpoint) -> None:
        """Durable on return; one that is there already changes nothing."""
        ...

    async def all(self) -> Sequence[Checkpoint]:
        """In the order of appending."""
        ...

    async def last(self) -> Checkpoint | None:
        """The one that was appended last."""
        ...
