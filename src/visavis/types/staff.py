"""Who works here."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from visavis.types.checks import aware


class Role(StrEnum):
    """What a person of the staff is there for; `server/permissions.py` says what each may do."""

    OPERATOR = "operator"
    ADVERTISER = "advertiser"
    PRIVACY_OFFICER = "privacy_officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class StaffState(StrEnum):
    """Whether a person may sign in; nobody is deleted, so that the audit log keeps its meaning."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """One person of the staff of one site. What proves who they are is a hash or sealed."""

    id: str
    site: str
    login: str  # lower case; unique in the site
    password_hash: str = field(repr=False)  # argon2id, with its parameters
    role: Role
    state: StaffState
    created_at: datetime
    sealed_totp: bytes | None = field(default=None, repr=False)  # under the site key; None: no second factor yet
    totp_step: int = 0  # the 30-second step of the last code that counted: a code counts once
    recovery_sha256: tuple[str, ...] = field(default=(), repr=False)  # of the codes that are left
    revision: int = 0  # one more with each change

    def __post_init__(self) -> None:
        aware("created_at", self.created_at)
        if self.login != self.login.lower() or not self.login:
            raise ValueError(f"login must be lower case, got {len(self.login)} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """One browser in which somebody of the staff has signed in."""

    digest: bytes = field(repr=False)  # SHA-256 of the cookie
    staff_id: str
    complete: bool  # False: the password was right, the second factor is awaited
    started_at: datetime
    seen_at: datetime
    ends_at: datetime  # whatever happens

    def __post_init__(self) -> None:
        aware("started_at", self.started_at)
        aware("seen_at", self.seen_at)
        aware("ends_at", self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What a program signs in with: `vv_<prefix>_<secret>`, of which a digest is kept."""

    prefix: str  # names it, and is no secret
    site: str
    name: str
    digest: bytes = field(repr=False)  # SHA-256 of the whole key
    scopes: tuple[str, ...]  # permissions, sorted
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used: date | None = None

    def __post_init__(self) -> None:
        aware("created_at", self.created_at)
        aware("expires_at", self.expires_at)
        aware("revoked_at", self.revoked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """How guessing is slowed down: so many tries are free, then each pause is twice the one before."""

    free: int = 5
    first_s: int = 30
    longest_s: int = 900
    forgotten_s: int = 86_400  # without another try

    def after(self, tries: int) -> timedelta:
        """How long nobody may try after so many."""
        if tries < self.free:
            return timedelta(0)
        return timedelta(seconds=min(self.longest_s, self.first_s * 2 ** min(tries - self.free, 30)))
