"""The shape of a pack's files: what YAML must look like before anything else is asked of it."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    model_validator,
)

from visavis.types import DEFAULT_CLASSES

LOCALES = ("en", "zh-CN")  # every text has these; more may follow

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"\S")]
Number = Annotated[float, Field(ge=-1e9, le=1e9)]
Chance = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=30 * 86_400)]


def _every_locale(text: dict[str, str]) -> dict[str, str]:
    missing = [locale for locale in LOCALES if locale not in text]
    if missing:
        raise ValueError(f"the text is missing in {', '.join(missing)}")
    return text


Text = Annotated[dict[LanguageTag, Words], AfterValidator(_every_locale)]


SurfaceName = Literal["public_screen", "kiosk", "private"]
PolicyChoice = Literal[
    "squarecb",
    "thompson",
    "linucb",
    "epsilon-greedy",
    "softmax",
    "uniform",
    "greedy",
    "neural-linear",
    "horizon",
]


class Entry(BaseModel):
    """Nothing is converted, nothing unknown is let through."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class EventTypeEntry(Entry):
    """See `types.EventType`."""

    meaning: Text
    interest: Annotated[float, Field(ge=0, le=100)] = 0.0
    reward: Chance = 0.0
    reaction: bool = False
    values: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = None  # least, greatest


class PlacementEntry(Entry):
    """See `types.Placement`."""

    name: Text
    surface: SurfaceName
    venue: Annotated[str, StringConstraints(max_length=100)] = ""


class CampaignEntry(Entry):
    """See `types.Campaign`."""

    items: Annotated[list[Id], Field(min_length=1, max_length=10_000)]
    placements: list[Id] = []
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    budget_impressions: Annotated[int, Field(ge=1)] | None = None
    cap_per_member_day: Annotated[int, Field(ge=1)] | None = None
    house: bool = False


def _off_is_a_word(value: Any) -> Any:
    """YAML 1.1 reads `off` as false; here it is the name of a level."""
    return "off" if value is False else value


Level = Annotated[Literal["off", "active", "either", "both"], BeforeValidator(_off_is_a_word)]


class LivenessEntry(Entry):
    """See `types.Guarded` and `types.Liveness`."""

    enrolment: Level = "off"
    consent_change: Level = "off"
    rewards: Level = "off"


Days = Annotated[int, Field(ge=1, le=3650)] | None


class RetentionEntry(Entry):
    """Days that each category of `privacy.retention` may rest here; what is not named rests as long as elsewhere."""

    biometric: Days = None
    membership: Days = None
    lapsed: Days = None
    event: Days = None
    decision: Days = None
    allowance: Days = None
    review: Days = None
    consent: Days = None


class RuleEntry(Entry):
    """See `types.Rule`."""

    why: Text
    attribute: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    relation: Literal["at_most", "at_least", "equals"]
    value: bool | Number | Words | None = None
    fact: Id | None = None
    valid_days: Annotated[float, Field(gt=0, le=3650)] | None = None
    surfaces: list[SurfaceName] = []
    every_item: bool = False

    @model_validator(mode="after")
    def _one_comparison(self) -> Self:
        if (self.value is None) == (self.fact is None):
            raise ValueError("compares with one thing: give either a value or a fact")
        if self.fact is None and self.valid_days is not None:
            raise ValueError("valid_days says how long a fact counts; there is none here")
        return self


class PackFile(Entry):
    """pack.yaml: what the place is and does."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
    title: Text
    greeting: Text
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    minimum_age: Annotated[int, Field(ge=0, le=120)]
    consent_days: Annotated[int, Field(ge=1, le=3650)]
    attribution_window_s: Seconds
    exploration: Annotated[float, Field(gt=0, le=1e6)]
    categories: Annotated[dict[Id, Text], Field(min_length=1)]
    event_types: Annotated[dict[Id, EventTypeEntry], Field(min_length=1)]
    placements: Annotated[dict[Id, PlacementEntry], Field(min_length=1)]
    campaigns: Annotated[dict[Id, CampaignEntry], Field(min_length=1)]
    liveness: LivenessEntry = LivenessEntry()
    retention_days: RetentionEntry = RetentionEntry()
    behaviour_classes: Annotated[dict[Id, Text], Field(min_length=2, max_length=20)] = {
        name: dict(title) for name, title in DEFAULT_CLASSES.items()
    }
    policy: PolicyChoice = "squarecb"
    exploration_budget: Chance = 1.0
    safety_floor: Chance | None = None
    memory: Annotated[int, Field(ge=10, le=100_000_000)] | None = None
    rules: Annotated[dict[Id, RuleEntry], Field(max_length=100)] = {}


class NoticeEntry(Entry):
    """See `types.Notice`; the purpose is the key."""

    version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
    title: Text
    text: Text
    required: bool = False


class NoticesFile(Entry):
    """notices.yaml: one notice for each purpose of `types.Purpose`."""

    recognise: NoticeEntry
    personalise: NoticeEntry
    push: NoticeEntry
    improve: NoticeEntry


class ItemEntry(Entry):
    """See `types.Item`."""

    category: Id
    title: Text
    text: Text
    privacy: Literal["public", "personal", "private"] = "public"
    price: Annotated[float, Field(ge=0, le=1e9)] | None = None
    attributes: Annotated[dict[Id, bool | Number | Words], Field(max_length=50)] = {}


class ItemsFile(RootModel[Annotated[dict[Id, ItemEntry], Field(min_length=1, max_length=10_000)]]):
    """items.yaml: the catalogue."""


class Step(Entry):
    """One reaction on the way from a glance to a purchase; each follows the one before."""

    kind: Id
    chance: Chance
    delay_s: Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=2, max_length=2)]  # from, to


class Visits(Entry):
    """How often simulated members come, where they stop, and whether alone."""

    days_between: Annotated[float, Field(gt=0, le=365)]  # mean of one member
    placements: Annotated[dict[Id, Annotated[float, Field(gt=0)]], Field(min_length=1)]  # relative weights
    company: Chance  # of somebody else in view


class History(Entry):
    """What simulated members did before the simulation begins."""

    kind: Id
    events: Annotated[float, Field(ge=0, le=1000)]  # mean number of one member
    days: Annotated[float, Field(gt=0, le=3650)]  # how far back
    consistency: Chance  # share of them that follows the member's taste; the rest is chance


class FactEntry(Entry):
    """What simulated members said of themselves before; whole numbers by chance."""

    kind: Id
    values: Annotated[list[Annotated[int, Field(ge=-(10**9), le=10**9)]], Field(min_length=2, max_length=2)]
    days: Annotated[float, Field(gt=0, le=3650)]  # how long ago at most
    missing: Chance = 0.0  # share of members who never did


class Drift(Entry):
    """Tastes and appeals change, once."""

    after_days: Annotated[float, Field(ge=0, le=3650)]
    share: Chance  # of their variance that is new


class Fatigue(Entry):
    """An offer that a member saw lately is worth less to them."""

    odds: Annotated[float, Field(ge=0, le=10)]  # taken from the log-odds by each time
    days: Annotated[float, Field(gt=0, le=365)]  # in which it counts


class Late(Entry):
    """Some react later than their steps say."""

    chance: Chance
    delay_s: Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=2, max_length=2)]  # from, to


Spread = Annotated[list[Annotated[float, Field(ge=0, le=1e7)]], Field(min_length=2, max_length=2)]
"""Median, and standard deviation of the logarithm."""


class Act(Entry):
    """Something that members of `histories` do, and the class that it speaks for when it is large and long enough."""

    kind: Id
    items: list[Id] = []  # one of these by chance; none: it is about no item
    says: Id | None = None
    tier: Id | None = None  # done by members of this tier; by others only so often as chance has it
    value: Spread = [0.0, 0.0]
    dwell_s: Spread = [0.0, 0.0]
    from_value: Annotated[int, Field(ge=0)] = 0
    from_dwell_s: Annotated[int, Field(ge=0)] = 0


class Idle(Entry):
    """Those with few events, whatever these say."""

    behaviour: Id
    fewer_than: Annotated[int, Field(ge=2, le=1000)]
    events: Annotated[float, Field(gt=0, le=1000)]  # mean number of one such member


class Margin(Entry):
    """How far every member is from every other class and tier."""

    votes: Annotated[int, Field(ge=0, le=100)]  # events
    turnover: Annotated[float, Field(ge=0, le=10)]  # share


class Tier(Entry):
    """Members who spend alike."""

    reaches: Annotated[float, Field(ge=0)]  # turnover from which a member belongs here
    scale: Annotated[float, Field(gt=0, le=1e6)]  # of what its members spend at once


class HistoriesEntry(Entry):
    """Months of behaviour with known truth; see `simulation.histories`."""

    events: Annotated[float, Field(ge=1, le=1000)]  # mean number of one member's
    idle: Idle
    telling: Chance  # share of events that are acts which speak for a class
    consistency: Chance  # share of these that follow the member's class; the rest is chance
    margin: Margin
    acts: Annotated[dict[Id, Act], Field(min_length=2, max_length=100)]
    turnover: Annotated[list[Id], Field(min_length=1)]  # event types whose values add up to it
    tiers: Annotated[dict[Id, Tier], Field(min_length=1, max_length=10)]  # in rising order
    offers: dict[Id, dict[Id, Id]]  # class: tier: the item that suits


class SimulatorFile(Entry):
    """simulator.yaml: people with a hidden taste, whose responses are known exactly.

    A person's log-odds of the first step are those of its `chance`, plus the person's taste for the category, plus
    the item's appeal to everybody, plus the quirk of this person and item; all normal with the given spreads.
    """

    taste_spread: Annotated[float, Field(ge=0, le=10)]
    appeal_spread: Annotated[float, Field(ge=0, le=10)]
    quirk_spread: Annotated[float, Field(ge=0, le=10)]
    steps: Annotated[list[Step], Field(min_length=1, max_length=10)]
    refusal: Step  # instead of the first step, of those who did not take it
    visits: Visits
    history: History
    facts: Annotated[list[FactEntry], Field(max_length=50)] = []
    drift: Drift | None = None
    fatigue: Fatigue | None = None
    late: Late | None = None
    histories: HistoriesEntry | None = None
