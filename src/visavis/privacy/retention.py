"""How long each kind of data may rest, and since when that is counted: the fewest days of law, scenario and default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from visavis.privacy.consent import Entry, unended
from visavis.privacy.jurisdiction import Jurisdiction
from visavis.types import Consent, Member, Purpose, Scenario, Withdrawal


class Category(StrEnum):
    """What is kept, in the order in which the public page lists it."""

    BIOMETRIC = "biometric"  # templates of faces
    MEMBERSHIP = "membership"  # nickname, card, PIN and all that hangs on a member
    LAPSED = "lapsed"  # what is known of the visits of a member whose consent to personalise has ended
    EVENT = "event"  # what members did
    DECISION = "decision"  # what was chosen for them, whether it was shown, and what came of it
    ALLOWANCE = "allowance"  # how often they saw a campaign on a day
    REVIEW = "review"  # matches that staff looked at
    CONSENT = "consent"  # receipts of consents and withdrawals
    AUDIT = "audit"  # what was done to whom, by pseudonym
    ERASURE = "erasure"  # digests of who must not come back when an older backup does
    LOG = "log"  # technical log lines; they hold nobody


class Since(StrEnum):
    """From when days are counted."""

    LAST_VISIT = "last_visit"
    CONSENT_END = "consent_end"  # it expired; a withdrawal waits for no job
    MADE = "made"
    DEPARTURE = "departure"  # the last consent of a member who has gone ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the schedule."""

    category: Category
    since: Since
    days: int | None  # None: no job deletes it; the public page says why

    def before(self, now: datetime) -> datetime:
        """What is older than this goes."""
        if self.days is None:
            raise ValueError(f"{self.category} has no days")
        return now - timedelta(days=self.days)


DEFAULTS: Mapping[Category, tuple[Since, int | None]] = {
    Category.BIOMETRIC: (Since.LAST_VISIT, 365),
    Category.MEMBERSHIP: (Since.LAST_VISIT, 730),
    Category.LAPSED: (Since.CONSENT_END, 30),
    Category.EVENT: (Since.MADE, 730),
    Category.DECISION: (Since.MADE, 730),
    Category.ALLOWANCE: (Since.MADE, 35),  # longer than any attribution window
    Category.REVIEW: (Since.MADE, 30),
    Category.CONSENT: (Since.DEPARTURE, 1095),  # as long as somebody may ask whether it was given
    Category.AUDIT: (Since.MADE, None),
    Category.ERASURE: (Since.MADE, None),
    Category.LOG: (Since.MADE, None),
}
OF_THE_LAW = {Category.BIOMETRIC: "biometric", Category.EVENT: "event", Category.DECISION: "event"}
LIMITED = tuple(category for category, (_, days) in DEFAULTS.items() if days is not None)
"""Categories whose days a scenario may lower."""

Schedule = Mapping[Category, Rule]


def schedule(law: Jurisdiction, scenario: Scenario) -> Schedule:
    """The rule of each category: of jurisdiction, scenario and default, whichever keeps the least."""
    return {
        category: Rule(category=category, since=since, days=_fewest(category, days, law, scenario))
        for category, (since, days) in DEFAULTS.items()
    }


def _fewest(category: Category, default: int | None, law: Jurisdiction, scenario: Scenario) -> int | None:
    if default is None:
        return None
    days = min(default, scenario.retention_days.get(category.value, default))
    match OF_THE_LAW.get(category):
        case "biometric":
            return law.days("biometric", days)
        case "event":
            return law.days("event", days)
    return days


# ------ members


class Due(StrEnum):
    """What the schedule asks for one member."""

    FACE_UNUSED = "face_unused"  # did not come for long: the templates go
    FACE_EXPIRED = "face_expired"  # the consent for them has ended: the templates go
    HISTORY_EXPIRED = "history_expired"  # the consent to personalise has ended: what the hub knows goes
    ALL = "all"  # the member goes


def due(
    member: Member,
    history: Sequence[Entry],
    rules: Schedule,
    now: datetime,
    *,
    last_visit: date | None,
    erased: datetime | None,
) -> tuple[tuple[Category, Due], ...]:
    """What has to go now, and by which rule; empty while everything may stay.

    Args:
        member: as the edge keeps them.
        history: everything the ledger holds of them.
        rules: of this site.
        now: aware UTC.
        last_visit: day of it; None where none was counted.
        erased: when the hub last erased what it knew of them; None for never.
    """
    unseen = now.date() - last_seen(member, last_visit)
    if unseen > _days(rules, Category.MEMBERSHIP):
        return ((Category.MEMBERSHIP, Due.ALL),)
    found = []
    if member.templates and Purpose.RECOGNISE not in {consent.purpose for consent in unended(history, now)}:
        found.append((Category.BIOMETRIC, Due.FACE_EXPIRED))
    elif member.templates and unseen > _days(rules, Category.BIOMETRIC):
        found.append((Category.BIOMETRIC, Due.FACE_UNUSED))
    ended = consent_end(history, Purpose.PERSONALISE, now)
    known = ended is not None and (erased is None or erased < ended)
    if ended is not None and known and now - ended > _days(rules, Category.LAPSED):
        found.append((Category.LAPSED, Due.HISTORY_EXPIRED))
    return tuple(found)


def last_seen(member: Member, last_visit: date | None) -> date:
    """The last day that the member was certainly here: a visit, joining, or the making of a template."""
    made = (member.enrolled_at, *(template.created_at for template in member.templates))
    days = [at.date() for at in made]
    return max(days if last_visit is None else [*days, last_visit])


def consent_end(history: Sequence[Entry], purpose: Purpose, now: datetime) -> datetime | None:
    """When the last consent for this purpose ended; None while one holds, or soon will, and where there was none."""
    if purpose in {consent.purpose for consent in unended(history, now)}:
        return None
    withdrawn = {entry.consent_id: entry.withdrawn_at for entry in history if isinstance(entry, Withdrawal)}
    ends = [
        min(entry.expires_at, withdrawn.get(entry.id, entry.expires_at))
        for entry in history
        if isinstance(entry, Consent) and entry.purpose is purpose
    ]
    return max(ends, default=None)


def _days(rules: Schedule, category: Category) -> timedelta:
    days = rules[category].days
    return timedelta.max if days is None else timedelta(days=days)
