"""A pack as data: items, places, notices, and what is asked for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

from visavis.types.checks import aware, unit_interval
from visavis.types.privacy import Purpose
from visavis.types.recommend import PolicyName

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
        aware("starts_at", self.starts_at)
        aware("ends_at", self.ends_at)
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
    values: tuple[float, float] | None = None  # least and greatest value of such an event; None: any

    def __post_init__(self) -> None:
        unit_interval("reward", self.reward)
        if self.values is not None and not self.values[0] <= self.values[1]:
            raise ValueError(f"values of {self.kind} run from {self.values[0]} to {self.values[1]}")


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


class Relation(StrEnum):
    """How an item's attribute must stand to what it is compared with."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    EQUALS = "equals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When an item may be offered at all: its attribute against a value, or against a fact about the member.

    A fact is the value of the member's latest event of a type. Where it is missing or too old, the rule does not hold.
    """

    id: str
    why: Localised  # said of what it withholds
    attribute: str  # of the item
    relation: Relation
    value: str | float | bool | None = None  # to compare with; exactly one of this and `fact`
    fact: str | None = None  # event type whose latest value is compared with
    valid_days: float | None = None  # a fact that is older counts no more; None: it holds for ever
    surfaces: tuple[Surface, ...] = ()  # where the rule holds; empty: everywhere
    every_item: bool = False  # holds for items without the attribute as well, and withholds them

    def __post_init__(self) -> None:
        if (self.value is None) == (self.fact is None):
            raise ValueError(f"rule {self.id} compares with either a value or a fact")


DEFAULT_CLASSES: Mapping[str, Localised] = MappingProxyType(
    {
        "new": {"en": "New here", "zh-CN": "新会员"},
        "occasional": {"en": "Comes now and then", "zh-CN": "偶尔光顾"},
        "regular": {"en": "Comes regularly", "zh-CN": "经常光顾"},
        "devoted": {"en": "Comes often and takes much", "zh-CN": "高频活跃"},
        "lapsed": {"en": "Has not come for long", "zh-CN": "久未光顾"},
    }
)
"""Behaviour classes of a pack that names none."""


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
    behaviour_classes: Mapping[str, Localised] = field(default_factory=lambda: DEFAULT_CLASSES)
    policy: PolicyName = PolicyName.SQUARECB
    exploration_budget: float = 1.0  # largest share of decisions, in [0, 1], that may explore
    safety_floor: float | None = None  # share of the best static choice's mean reward; below it, no exploring
    memory: int | None = None  # outcomes after which what was learned weighs 1/e; None: as the policy has it
    rules: tuple[Rule, ...] = ()  # eligibility: what they withhold is never a candidate

    def __post_init__(self) -> None:
        unit_interval("exploration_budget", self.exploration_budget)
        if self.safety_floor is not None:
            unit_interval("safety_floor", self.safety_floor)

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(sorted({item.category for item in self.items.values()}))
