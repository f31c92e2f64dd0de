"""Every noun that crosses a stage border, in the order of the story.

frame -> face -> sighting -> profile -> decision -> impression -> outcome

Images are RGB uint8 HWC. Scores are cosine similarities in [-1, 1]. Probabilities are in [0, 1]. Times are aware
UTC. A record refuses to exist in a wrong shape. Vocabulary: ISO/IEC 2382-37 for biometrics, contextual bandits for
decisions, IAB/DOOH for delivery, ISO/IEC TS 27560 for consent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any, NewType

import numpy as np
from numpy.typing import NDArray

MemberId = NewType("MemberId", str)
"""Random id of a member at one site's edge. Never leaves the edge."""
Token = NewType("Token", str)
"""Pseudonym of a member for one site and purpose: all that the hub knows."""


def _aware(name: str, value: datetime | None) -> None:
    if value is not None and value.utcoffset() != UTC.utcoffset(None):
        raise ValueError(f"{name} must be an aware UTC time, got {value!r}")


def _unit_interval(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be in [0, 1], got {value}")


def _shape(name: str, array: NDArray[Any], shape: tuple[int | None, ...], dtype: type) -> None:
    fits = len(array.shape) == len(shape) and all(w in (None, g) for w, g in zip(shape, array.shape, strict=True))
    if not fits or array.dtype != dtype:
        raise ValueError(f"{name} must be {dtype.__name__} of shape {shape}, got {array.dtype} of {array.shape}")


# ------ perception -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One picture in memory; never written to disk."""

    pixels: NDArray[np.uint8] = field(repr=False)  # (H, W, 3), RGB
    source: str  # name of the camera, without credentials
    captured_at: datetime

    def __post_init__(self) -> None:
        _shape("pixels", self.pixels, (None, None, 3), np.uint8)
        _aware("captured_at", self.captured_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well a face can be compared; every reason is a code that the kiosk translates."""

    eye_distance_px: float
    sharpness: float  # variance of the second derivative of the aligned grey face, along its less sharp axis
    brightness: float  # mean grey level of the aligned face, 0 to 255
    yaw_deg: float  # positive: turned to the picture's right
    reasons: tuple[str, ...] = ()  # too_small, too_dark, too_bright, blurred, turned_away, covered; empty: usable
    pitch_deg: float = 0.0  # positive: looking up
    roll_deg: float = 0.0  # positive: tilted clockwise

    @property
    def usable(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """One face in one frame, in that frame's pixel coordinates (x right, y down)."""

    box: NDArray[np.float32] = field(repr=False)  # (4,): left, top, right, bottom
    landmarks: NDArray[np.float32] = field(repr=False)  # (5, 2): picture-left eye, right eye, nose, mouth
    confidence: float
    quality: Quality

    def __post_init__(self) -> None:
        _shape("box", self.box, (4,), np.float32)
        _shape("landmarks", self.landmarks, (5, 2), np.float32)
        _unit_interval("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Embedding:
    """A face as a unit vector. Lives in memory only; its numbers cannot be printed."""

    vector: NDArray[np.float32] = field(repr=False)  # (D,), Euclidean length 1
    model: str  # "<pack>@<first 12 hex digits of the model's sha256>"; only equal models compare

    def __post_init__(self) -> None:
        _shape("vector", self.vector, (None,), np.float32)
        length = float(np.linalg.norm(self.vector))
        if not abs(length - 1.0) < 1e-3:
            raise ValueError(f"vector must have length 1, got {length:.4f}")


# ------ privacy --------------------------------------------------------------------------------------------------


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
        _aware("given_at", self.given_at)
        _aware("expires_at", self.expires_at)
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
        _aware("withdrawn_at", self.withdrawn_at)


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
        _aware("at", self.at)


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
        _aware("at", self.at)


# ------ identity -------------------------------------------------------------------------------------------------


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
        _aware("seen_at", self.seen_at)
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
        _aware("created_at", self.created_at)


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
        _aware("paired_at", self.paired_at)
        _aware("seen_at", self.seen_at)
        if self.revoked_at is not None:
            _aware("revoked_at", self.revoked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingCode:
    """A code that staff made for one placement; of the code itself only its digest is kept."""

    digest: bytes
    placement: str
    made_by: str
    expires_at: datetime
    tries_left: int  # wrong codes that may still come, whoever types them

    def __post_init__(self) -> None:
        _aware("expires_at", self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Somebody was greeted as a member and said "not me". Idempotent by id."""

    id: str
    member_id: MemberId  # who was greeted
    template_id: str  # that matched
    at: datetime

    def __post_init__(self) -> None:
        _aware("at", self.at)


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
        _aware("asked_at", self.asked_at)
        _aware("expires_at", self.expires_at)
        _aware("answered_at", self.answered_at)
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


# ------ behaviour ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something a member did, or a screen did for them. Idempotent by id."""

    id: str
    kind: str  # one of the scenario's event types
    occurred_at: datetime
    token: Token | None = None  # None: nobody was recognised
    scenario: str = ""
    placement: str | None = None
    item_id: str | None = None
    decision_id: str | None = None
    value: float = 0.0  # amount, minutes or count, as the event type says

    def __post_init__(self) -> None:
        _aware("occurred_at", self.occurred_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the member's own events say about them."""

    token: Token
    as_of: datetime
    events: int
    last_event_at: datetime | None  # recency
    frequency_30d: float  # events in the last 30 days, decayed
    affinity: Mapping[str, float]  # category -> share of decayed interest, sums to 1 (or 0 without events)
    item_interest: Mapping[str, float] = field(default_factory=dict)  # item -> decayed interest, at least 0

    def __post_init__(self) -> None:
        _aware("as_of", self.as_of)


# ------ scenario (data) ------------------------------------------------------------------------------------------

Localised = Mapping[str, str]
"""BCP 47 tag -> text; every text has at least "en" and "zh-CN"."""


class PrivacyClass(IntEnum):
    """How much an item says about the person who sees it."""

    PUBLIC = 0  # says nothing
    PERSONAL = 1  # chosen for one person: never while others look on
    PRIVATE = 2  # private channel only


class Surface(IntEnum):
    """Who can look at a placement."""

    PUBLIC_SCREEN = 0
    KIOSK = 1  # one person stands before it
    PRIVATE = 2  # the member's own phone or mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An offer or a piece of information."""

    id: str
    category: str
    title: Localised
    text: Localised
    privacy: PrivacyClass = PrivacyClass.PUBLIC
    price: float | None = None
    attributes: Mapping[str, str | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A place where items are shown."""

    id: str
    name: Localised
    surface: Surface
    venue: str = ""  # OpenOOH venue type


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Items that run together, with the limits that hold for them."""

    id: str
    items: tuple[str, ...]
    placements: tuple[str, ...] = ()  # empty: everywhere
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    budget_impressions: int | None = None  # None: without limit
    cap_per_member_day: int | None = None
    house: bool = False  # shown when nothing else may be

    def __post_init__(self) -> None:
        _aware("starts_at", self.starts_at)
        _aware("ends_at", self.ends_at)
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError(f"campaign {self.id} ends before it starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """What an event means for the profile and for learning."""

    kind: str
    meaning: Localised
    interest: float = 0.0  # weight in the profile
    reward: float = 0.0  # in [0, 1]; the strongest reaction to a decision counts
    reaction: bool = False  # answers a decision

    def __post_init__(self) -> None:
        _unit_interval("reward", self.reward)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the person reads before consenting, for one purpose."""

    purpose: Purpose
    version: str
    title: Localised
    text: Localised
    required: bool = False  # without it there is no membership


class Guarded(StrEnum):
    """What a face opens, and a picture of a face should not."""

    ENROLMENT = "enrolment"  # pictures become templates
    CONSENT_CHANGE = "consent_change"  # a member who was known by face changes what they allowed, or is forgotten
    REWARDS = "rewards"  # a member who is known by face gets what is theirs


class Liveness(StrEnum):
    """How a person shows that they are there, and not a picture of them."""

    OFF = "off"
    ACTIVE = "active"  # moves the head as asked
    EITHER = "either"  # that, or lets the screen's colours light the face
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One pack of data. The engine never asks for its name."""

    name: str
    title: Localised
    greeting: Localised  # holds "{nickname}"
    notices: Mapping[Purpose, Notice]
    consent_days: int  # a consent expires after so many days
    minimum_age: int  # declared at enrolment, never inferred
    event_types: Mapping[str, EventType]
    items: Mapping[str, Item]
    placements: Mapping[str, Placement]
    campaigns: Mapping[str, Campaign]
    attribution_window_s: float  # no reaction in this time is a reward of 0
    exploration: float  # gamma of SquareCB; larger explores less
    simulator: Mapping[str, Any] = field(repr=False, default_factory=dict)  # read by simulation alone
    currency: str | None = None  # of prices, ISO 4217
    category_titles: Mapping[str, Localised] = field(default_factory=dict)  # for reasons and reports
    liveness: Mapping[Guarded, Liveness] = field(default_factory=dict)  # what is not named is off
    retention_days: Mapping[str, int] = field(default_factory=dict)  # category -> days, where fewer than elsewhere

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(sorted({item.category for item in self.items.values()}))


# ------ recommend ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item that may be shown here and now."""

    item_id: str
    campaign_id: str
    score: float = 0.0  # of retrieval; orders candidates before the policy looks at them


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One answer to "why this?": a code that pages translate, with its parameters."""

    code: str  # likes_category, popular_here, trying_something_new, bought_before, not_personalised
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was chosen, out of what, how likely, and why: enough to replay it."""

    id: str
    site: str
    scenario: str
    placement: str
    token: Token | None  # None: decided for nobody in particular
    sighting_id: str | None
    receipt_id: str | None  # the consent to personalise; None only without a token
    item_id: str
    campaign_id: str
    candidates: tuple[Candidate, ...]
    probabilities: tuple[float, ...]  # of each candidate, in order; sum to 1
    estimates: tuple[float, ...]  # reward that the policy expected of each candidate, in order
    policy: str
    policy_version: int  # number of updates the policy had learned from
    model_version: str  # of the features
    features: tuple[float, ...]  # the profile as the policy saw it
    draw: float  # the uniform number in [0, 1) that picked the item
    reasons: tuple[Reason, ...]
    decided_at: datetime
    teaches: bool = True  # False: a face led to it, and the law of the place lets no model learn from that

    def __post_init__(self) -> None:
        _aware("decided_at", self.decided_at)
        if len(self.candidates) != len(self.probabilities) or not self.candidates:
            raise ValueError(f"{len(self.candidates)} candidates with {len(self.probabilities)} probabilities")
        if len(self.estimates) != len(self.candidates):
            raise ValueError(f"{len(self.candidates)} candidates with {len(self.estimates)} estimates")
        if abs(sum(self.probabilities) - 1.0) > 1e-9:
            raise ValueError(f"probabilities sum to {sum(self.probabilities)}")
        if self.item_id not in {c.item_id for c in self.candidates}:
            raise ValueError(f"{self.item_id} is not among the candidates")
        if self.token is not None and self.receipt_id is None:
            raise ValueError("a personal decision names its consent receipt")

    @property
    def propensity(self) -> float:
        """Probability with which the shown item was chosen."""
        return next(p for c, p in zip(self.candidates, self.probabilities, strict=True) if c.item_id == self.item_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySnapshot:
    """What a policy has learned after `version` updates; readers swap it whole."""

    policy: str
    scenario: str
    version: int
    state: Mapping[str, NDArray[np.float64]] = field(repr=False)
    made_at: datetime


# ------ delivery and feedback ------------------------------------------------------------------------------------


class Stage(IntEnum):
    """The six stages of a play. Only what was on the glass counts."""

    PLANNED = 0
    DECIDED = 1
    DELIVERED = 2
    RENDERED = 3
    ON_GLASS = 4
    ENDED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Impression:
    """One stage of one decision on one placement. Idempotent by id."""

    id: str
    decision_id: str
    placement: str
    item_id: str
    stage: Stage
    at: datetime

    def __post_init__(self) -> None:
        _aware("at", self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a decision: the reward that this reaction adds to those before it. Idempotent by id."""

    id: str
    decision_id: str
    kind: str  # the event type, or "no_reaction"
    reward: float  # increment in [0, 1]; the sum over a decision is that of its strongest reaction
    first: bool  # the decision's first outcome: the policy learns its context once
    event_id: str | None
    attributed_at: datetime

    def __post_init__(self) -> None:
        _aware("attributed_at", self.attributed_at)
        _unit_interval("reward", self.reward)


# ------ staff ----------------------------------------------------------------------------------------------------


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
        _aware("created_at", self.created_at)
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
        _aware("started_at", self.started_at)
        _aware("seen_at", self.seen_at)
        _aware("ends_at", self.ends_at)


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
        _aware("created_at", self.created_at)
        _aware("expires_at", self.expires_at)
        _aware("revoked_at", self.revoked_at)


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
