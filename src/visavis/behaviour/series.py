"""events -> series: everything that every member did, in the order of time, as columns of one length."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.types import Event, Scenario
from visavis.types.checks import aware, shaped

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
NONE = -1  # an event without an item, or without a placement


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """Events by member, each member's in the order of time; what happened at one moment keeps its order of arrival."""

    members: tuple[str, ...] = field(repr=False)
    kinds: tuple[str, ...]
    items: tuple[str, ...] = field(repr=False)
    placements: tuple[str, ...]
    starts: NDArray[np.int64] = field(repr=False)  # (M + 1,): member m's events are starts[m] to starts[m + 1]
    kind: NDArray[np.int32] = field(repr=False)  # (N,): index into kinds
    item: NDArray[np.int32] = field(repr=False)  # (N,): index into items, or NONE
    placement: NDArray[np.int32] = field(repr=False)  # (N,): index into placements, or NONE
    at: NDArray[np.int64] = field(repr=False)  # (N,): microseconds since 1970 UTC
    value: NDArray[np.float32] = field(repr=False)  # (N,): finite; amount, minutes or count, as the kind says
    dwell_s: NDArray[np.float32] = field(repr=False)  # (N,): finite, at least 0

    def __post_init__(self) -> None:
        n = len(self.at)
        shaped("starts", self.starts, (len(self.members) + 1,), np.int64)
        for name, dtype in _COLUMNS.items():
            shaped(name, getattr(self, name), (n,), dtype)
        for name in ("members", "kinds", "items", "placements"):
            _each_once(name, getattr(self, name))
        if self.starts[0] != 0 or self.starts[-1] != n or (np.diff(self.starts) < 0).any():
            raise ValueError(f"starts must rise from 0 to {n}, got {self.starts[0]} to {self.starts[-1]}")
        _indices("kind", self.kind, len(self.kinds), least=0)
        _indices("item", self.item, len(self.items), least=NONE)
        _indices("placement", self.placement, len(self.placements), least=NONE)
        if not (np.isfinite(self.value).all() and np.isfinite(self.dwell_s).all() and (self.dwell_s >= 0).all()):
            raise ValueError("value and dwell_s must be finite, and dwell_s at least 0")
        if (self._since_last() < 0).any():
            raise ValueError("the events of a member must be in the order of time")

    @classmethod
    def of_events(cls, events: Sequence[Event], scenario: Scenario) -> "Series":
        """The series of all members, by name; members' events in the order of (time, id), whatever order they come in.

        Events of nobody, and of a kind that the scenario does not know, are left out; an item or placement that it
        does not know is none.
        """
        kinds, items, places = (_numbers(n) for n in (scenario.event_types, scenario.items, scenario.placements))
        known = [event for event in events if event.token is not None and event.kind in kinds]
        known.sort(key=lambda event: (event.token or "", event.occurred_at, event.id))
        members = sorted({str(event.token) for event in known})
        whose = np.searchsorted(members, [str(event.token) for event in known]) if known else np.empty(0, np.int64)
        return cls(
            members=tuple(members),
            kinds=tuple(kinds),
            items=tuple(items),
            placements=tuple(places),
            starts=_starts(whose, len(members)),
            kind=np.array([kinds[event.kind] for event in known], np.int32),
            item=np.array([items.get(event.item_id or "", NONE) for event in known], np.int32),
            placement=np.array([places.get(event.placement or "", NONE) for event in known], np.int32),
            at=np.array([microseconds(event.occurred_at) for event in known], np.int64),
            value=_single([event.value for event in known]),
            dwell_s=_single([event.dwell_s for event in known]),
        )

    @classmethod
    def of_columns(
        cls,
        *,
        whose: NDArray[np.int64],
        at: NDArray[np.int64],
        members: Sequence[str],
        kinds: Sequence[str],
        items: Sequence[str] = (),
        placements: Sequence[str] = (),
        **columns: NDArray[Any],
    ) -> "Series":
        """The series of rows in any order; rows of one member and one moment keep theirs.

        Args:
            whose: (N,) index into members.
            at: (N,) microseconds since 1970 UTC.
            members: names, in the order that the series keeps.
            kinds: of events; with one kind alone the column may be left out.
            items: that events are about.
            placements: where they happened.
            **columns: kind, item, placement, value, dwell_s of (N,); what is left out is 0, or NONE.

        Raises:
            ValueError: Lengths differ, an index has no name, a number is not finite.
        """
        order = np.lexsort((at, whose))  # stable: the order of the file stays
        absent = {"kind": 0, "item": NONE, "placement": NONE, "value": 0, "dwell_s": 0}
        given: dict[str, NDArray[Any]] = {
            name: np.asarray(columns.pop(name, np.full(len(at), absent[name])), _COLUMNS[name])[order]
            for name in absent
        }
        if columns:
            raise ValueError(f"a series has no column {sorted(columns)}")
        return cls(
            members=tuple(members),
            kinds=tuple(kinds),
            items=tuple(items),
            placements=tuple(placements),
            starts=_starts(whose, len(members)),
            at=at.astype(np.int64)[order],
            **given,
        )

    def __len__(self) -> int:
        return len(self.at)

    @property
    def whose(self) -> NDArray[np.int64]:
        """(N,): index into members of each event."""
        return np.repeat(np.arange(len(self.members)), np.diff(self.starts))

    @property
    def gap_s(self) -> NDArray[np.float32]:
        """(N,): seconds since the member's event before; 0 for their first."""
        return (self._since_last() / 1e6).astype(np.float32)

    def spans(self) -> Iterator[slice]:
        """Where each member's events are, in the order of members."""
        for first, end in zip(self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True):
            yield slice(first, end)

    def before(self, at: datetime | NDArray[np.int64]) -> "Series":
        """What was known at a moment: events strictly before it, of the same members by the same names.

        Args:
            at: one moment for all, or (M,) a moment a member in microseconds since 1970 UTC.
        """
        limit = np.full(len(self.members), microseconds(at)) if isinstance(at, datetime) else at
        shaped("at", limit, (len(self.members),), np.int64)
        return self.where(self.at < limit[self.whose])

    def where(self, kept: NDArray[np.bool_]) -> "Series":
        """The series of those events alone; members stay, also without any."""
        shaped("kept", kept, (len(self),), np.bool_)
        columns = {name: getattr(self, name)[kept] for name in _COLUMNS}
        return replace(self, starts=_starts(self.whose[kept], len(self.members)), **columns)

    def of(self, chosen: Sequence[int] | NDArray[np.int64]) -> "Series":
        """The series of those members alone, in that order."""
        spans = list(self.spans())
        rows = np.concatenate([np.arange(spans[m].start, spans[m].stop) for m in chosen] or [np.empty(0, np.int64)])
        lengths = np.diff(self.starts)[np.asarray(chosen, np.int64)]
        columns = {name: getattr(self, name)[rows] for name in _COLUMNS}
        names = tuple(self.members[m] for m in chosen)
        return replace(self, members=names, starts=np.concatenate([[0], np.cumsum(lengths)]), **columns)

    def _since_last(self) -> NDArray[np.int64]:
        """(N,): microseconds."""
        gap = np.diff(self.at, prepend=self.at[:1])
        firsts = self.starts[:-1]
        gap[firsts[firsts < len(self)]] = 0
        return gap


_COLUMNS: Mapping[str, type] = {
    "kind": np.int32,
    "item": np.int32,
    "placement": np.int32,
    "at": np.int64,
    "value": np.float32,
    "dwell_s": np.float32,
}


def microseconds(at: datetime) -> int:
    """Since 1970 UTC, exact; raises ValueError for a time that is not aware UTC."""
    aware("at", at)
    return (at - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """The aware UTC time of microseconds since 1970."""
    return _EPOCH + at * _MICROSECOND


def _numbers(names: Mapping[str, object]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _starts(whose: NDArray[np.int64], members: int) -> NDArray[np.int64]:
    counts = np.bincount(whose, minlength=members) if len(whose) else np.zeros(members, np.int64)
    if len(counts) != members:
        raise ValueError(f"an event belongs to member {len(counts) - 1} of {members}")
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _single(numbers: Sequence[float]) -> NDArray[np.float32]:
    """In single precision; what it cannot hold is its largest number."""
    most = np.finfo(np.float32).max
    return np.clip(np.array(numbers, np.float64), -most, most).astype(np.float32)


def _each_once(name: str, names: tuple[str, ...]) -> None:
    if len(set(names)) != len(names):
        raise ValueError(f"{name} must each be named once, got {len(names)} of which {len(set(names))} differ")


def _indices(name: str, column: NDArray[np.int32], count: int, *, least: int) -> None:
    if len(column) and not (column.min() >= least and column.max() < count):
        raise ValueError(f"{name} must be in {least} to {count - 1}, got {column.min()} to {column.max()}")
