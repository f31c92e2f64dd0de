"""What was allowed, what is sealed, and what is kept about both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from visavis.types.checks import aware
from visavis.types.names import MemberId, Token


class Purpose(StrEnum):
    """What a consent allows; one consent a purpose."""

    RECOGNISE = "recognise"  # compare my face with my template at this site
    PERSONALISE = "personalise"  # choose by what I did
    PUSH = "push"  # send to my phone or mailbox
    IMPROVE = "improve"  # let models learn from my events


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A receipt: who allowed what, for which scenario and site, on which notice. Appended, never changed."""

    id: str
    subject: str  # MemberId at the edge, Token at the hub
    site: str
    scenario: str
    purpose: Purpose
    notice_version: str
    notice_sha256: str  # of the exact text that was shown
    locale: str
    method: str  # how it was given: kiosk, desk, api
    evidence: str  # what shows it: "pressed accept"; never personal data
    given_at: datetime
    expires_at: datetime
    guardian: str | None = None  # keyed digest of the guardian's signature, where the member is a minor

    def __post_init__(self) -> None:
        aware("given_at", self.given_at)
        aware("expires_at", self.expires_at)
        if self.expires_at <= self.given_at:
            raise ValueError("a consent must expire after it is given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """The end of a consent. Appended, never changed."""

    id: str
    consent_id: str
    subject: str
    purpose: Purpose
    method: str
    withdrawn_at: datetime

    def __post_init__(self) -> None:
        aware("withdrawn_at", self.withdrawn_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """AES-256-GCM ciphertext; opens only with the member's key and the same associated data."""

    nonce: bytes  # 12 bytes
    ciphertext: bytes = field(repr=False)  # includes the 16-byte tag


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTemplate:
    """One enrolled reference as it rests on disk."""

    id: str
    model: str  # which embedder made it
    sealed: Sealed
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as the edge keeps them: nothing here is readable without the site's key."""

    id: MemberId
    token: Token  # the member's pseudonym at the hub
    site: str
    scenario: str
    locale: str
    wrapped_key: bytes = field(repr=False)  # the member key under the site key; gone after withdrawal
    nickname: Sealed = field(repr=False)  # under the member key
    credentials: tuple[bytes, ...] = field(repr=False)  # keyed digests of card and PIN
    templates: tuple[SealedTemplate, ...]  # empty: the member uses card or PIN only
    enrolled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionReceipt:
    """What withdrawal removed and when; signed by the site."""

    id: str
    subject: str
    site: str
    removed: Mapping[str, int]  # store -> rows
    deleted_at: datetime
    signature: str  # compact JWS (EdDSA) over the other fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """One line of the erasure list: kept for ever, since a backup may be old."""

    subject_sha256: str  # of the member's token
    what: str  # a purpose that was withdrawn, or "everything"
    at: datetime

    def __post_init__(self) -> None:
        aware("at", self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the site's hash chain. The subject is a pseudonym: erasure never breaks the chain."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, str]
    previous_sha256: str
    sha256: str


Link = tuple[str, str]
"""What a chain is checked by: the text that an entry's hash covers, and that hash in hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How one half's audit log stood when the site signed it; `privacy.checkpoints` reads what was signed."""

    half: str
    seq: int  # entries that it covers
    jws: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """The last run of the retention job for one category."""

    at: datetime
    removed: int

    def __post_init__(self) -> None:
        aware("at", self.at)
