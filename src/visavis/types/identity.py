"""Who stands there, and how sure that is."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from visavis.types.checks import aware
from visavis.types.names import MemberId, Token


class Method(StrEnum):
    """How the member was known. A face is never the only way."""

    FACE = "face"
    CARD = "card"
    PIN = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """All that the edge tells the hub about a person: no image, no landmark, no embedding."""

    id: str
    token: Token
    site: str
    scenario: str
    placement: str
    method: Method
    score: float | None  # comparison score; None for card and PIN
    false_match_rate: float | None  # of the threshold that the score passed
    receipt_id: str | None  # the consent that allowed it; None: the member showed a card or PIN themselves
    people_in_view: int  # at least 1: the member
    seen_at: datetime

    def __post_init__(self) -> None:
        aware("seen_at", self.seen_at)
        if self.people_in_view < 1:
            raise ValueError(f"people_in_view counts the member too, got {self.people_in_view}")
        if self.method is Method.FACE and self.receipt_id is None:
            raise ValueError("a recognition by face names its consent receipt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A camera that this site watches by itself, also after a restart."""

    name: str
    sealed_address: bytes = field(repr=False)  # under the site key: an address may hold a password
    placement: str
    max_fps: float
    enabled: bool
    created_at: datetime

    def __post_init__(self) -> None:
        aware("created_at", self.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A kiosk or a screen that was paired with one placement; it proves itself with a key that never leaves it."""

    id: str
    public_key: bytes  # Ed25519, 32 bytes
    placement: str
    paired_at: datetime
    paired_by: str  # who made the code
    seen_at: datetime  # its last token
    revoked_at: datetime | None = None

    def __post_init__(self) -> None:
        if len(self.public_key) != 32:
            raise ValueError(f"public_key: 32 bytes, not {len(self.public_key)}")
        aware("paired_at", self.paired_at)
        aware("seen_at", self.seen_at)
        if self.revoked_at is not None:
            aware("revoked_at", self.revoked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingCode:
    """A code that staff made for one placement; of the code itself only its digest is kept."""

    digest: bytes
    placement: str
    made_by: str
    expires_at: datetime
    tries_left: int  # wrong codes that may still come, whoever types them

    def __post_init__(self) -> None:
        aware("expires_at", self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Somebody was greeted as a member and said "not me". Idempotent by id."""

    id: str
    member_id: MemberId  # who was greeted
    template_id: str  # that matched
    at: datetime

    def __post_init__(self) -> None:
        aware("at", self.at)


class ReviewState(StrEnum):
    """What became of a review; one that nobody answers in time is simply gone."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A match that a person looks at before the member is greeted. No image: scores, times, ids."""

    id: str
    member_id: MemberId
    template_id: str
    placement: str
    reason: str  # near_threshold, corrected, first_time
    score: float
    threshold: float
    asked_at: datetime
    expires_at: datetime
    state: ReviewState = ReviewState.OPEN
    answered_by: str | None = None  # operator, card, pin; None while open
    answered_at: datetime | None = None

    def __post_init__(self) -> None:
        aware("asked_at", self.asked_at)
        aware("expires_at", self.expires_at)
        aware("answered_at", self.answered_at)
        if (self.state is ReviewState.OPEN) != (self.answered_at is None):
            raise ValueError("a review is open until it is answered")


class Light(StrEnum):
    """How bright an aligned face was, by its mean grey level of 0 to 255."""

    DARK = "dark"  # below 60
    DIM = "dim"  # below 110
    NORMAL = "normal"  # below 170
    BRIGHT = "bright"
    UNKNOWN = "unknown"


class Look(StrEnum):
    """How a look at one person ended."""

    RECOGNISED = "recognised"  # as a member, rightly or not
    WRONG = "wrong"  # one of those, of whom somebody said "not me"
    UNKNOWN = "unknown"  # as nobody: a stranger, or a member who was missed
    MISSED = "missed"  # one of those, who then showed a member's card or PIN and has templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How many looks of a month ended alike; nothing tells whose they were."""

    month: str  # 2026-01
    placement: str
    light: Light
    look: Look
    score: int  # of recognised ones, in twentieths, rounded down; -1 of all others
    count: int
