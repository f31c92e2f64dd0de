"""What an incident concerns: which data, how well protected, by when whom to tell, and what to do."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from visavis.privacy.jurisdiction import Jurisdiction
from visavis.privacy.register import Place
from visavis.types import Localised

SEALED_PLACES = frozenset({"templates", "members", "cameras"})  # what is personal there opens with keys alone


class Scope(StrEnum):
    """What somebody may have had."""

    EDGE = "edge"  # the edge's schema: templates, members, consents
    HUB = "hub"  # the hub's schema: events, decisions, plays
    KEYS = "keys"  # site key, ring and slots
    BACKUP = "backup"  # a copy of the whole database

    @property
    def schemas(self) -> frozenset[str]:
        """Of the database, that lie open with it."""
        match self:
            case Scope.KEYS:
                return frozenset()
            case Scope.BACKUP:
                return frozenset({"edge", "hub"})
            case _:
                return frozenset({self.value})


class Level(StrEnum):
    """What protects data from whoever had it."""

    SEALED = "sealed"  # ciphertext, and no key was with it
    OPENED = "opened"  # ciphertext, and so were the keys
    READABLE = "readable"  # plain, by pseudonym or digest


class Action(StrEnum):
    """What to do, in this order."""

    KEEP_EVIDENCE = "keep_evidence"
    ROTATE = "rotate"  # the site key
    REKEY = "rekey"  # member keys and the rotation of templates
    ENROL_ANEW = "enrol_anew"  # faces cannot be changed: members decide whether to go on
    NEW_CODES = "new_codes"  # cards and PINs
    EXPIRE_BACKUPS = "expire_backups"
    TELL_AUTHORITY = "tell_authority"
    TELL_MEMBERS = "tell_members"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """One kind of data."""

    place: str
    what: Localised
    rows: Mapping[str, int]  # table -> rows now
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """Whom it concerns: members at any moment of the time asked for."""

    members: int
    by_face: int  # who have templates
    held: int  # whose templates and name open with their own card alone
    gone: int  # who were forgotten since: their keys are destroyed, in every copy
    by_purpose: Mapping[str, int]  # purpose -> people who allowed it at some moment of that time
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Who of the staff looked at members in that time."""

    actor: str
    purpose: str
    looks: int
    subjects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Whether the audit log of a half can be believed."""

    half: str
    entries: int
    intact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """By when an authority has to be told, where the law names hours."""

    jurisdiction: str
    hours: int | None  # 0: at once; None: no figure, without delay
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """The report."""

    site: str
    jurisdiction: str
    scopes: tuple[Scope, ...]
    since: datetime
    until: datetime
    made_at: datetime
    concerned: Concerned
    exposed: tuple[Exposed, ...]
    keys_exposed: bool
    staff: tuple[Looked, ...]
    logs: tuple[Log, ...]
    deadlines: tuple[Deadline, ...]  # the site's own first
    actions: tuple[Action, ...]
    seconds: float  # that the report took


def tables_of(places: Iterable[Place], scopes: Collection[Scope]) -> tuple[str, ...]:
    """Tables that lie open, as schema.table."""
    schemas = frozenset().union(*(scope.schemas for scope in scopes))
    return tuple(table for place in places for table in place.tables if table.split(".")[0] in schemas)


def exposed(places: Iterable[Place], rows: Mapping[str, int], scopes: Collection[Scope]) -> tuple[Exposed, ...]:
    """Kinds of data in these tables, of which there is anything."""
    found = []
    for place in places:
        mine = {table: rows[table] for table in place.tables if rows.get(table)}
        if mine:
            found.append(Exposed(place=place.id, what=place.what, rows=mine, level=_level(place, scopes)))
    return tuple(found)


def _level(place: Place, scopes: Collection[Scope]) -> Level:
    if place.id not in SEALED_PLACES:
        return Level.READABLE
    return Level.OPENED if Scope.KEYS in scopes else Level.SEALED


def deadlines(profiles: Sequence[Jurisdiction], known_at: datetime) -> tuple[Deadline, ...]:
    """Counted from when it became known."""
    return tuple(
        Deadline(
            jurisdiction=profile.name,
            hours=profile.breach_hours,
            due=None if profile.breach_hours is None else known_at + timedelta(hours=profile.breach_hours),
        )
        for profile in profiles
    )


def advised(scopes: Collection[Scope], found: Collection[Exposed]) -> tuple[Action, ...]:
    """What to do, in order; whoever is responsible decides, with a lawyer."""
    levels = {one.level for one in found}
    copied = bool({Scope.EDGE, Scope.BACKUP} & set(scopes))
    wanted = {
        Action.KEEP_EVIDENCE: True,
        Action.ROTATE: Scope.KEYS in scopes,
        Action.REKEY: copied or Scope.KEYS in scopes,
        Action.ENROL_ANEW: Level.OPENED in levels,
        Action.NEW_CODES: Level.OPENED in levels,
        Action.EXPIRE_BACKUPS: Scope.BACKUP in scopes,
        Action.TELL_AUTHORITY: bool(found),
        Action.TELL_MEMBERS: bool(levels & {Level.OPENED, Level.READABLE}),
    }
    return tuple(action for action, due in wanted.items() if due)
