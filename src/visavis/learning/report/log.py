"""What a report is made of: members' events and the site's decisions, without anybody's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.series import NONE, Series
from visavis.types import Localised, Scenario
from visavis.types.checks import shaped

LEAST = 5
"""Members that a group must have to be shown: fewer could be recognised."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decisions:
    """Every decision and how far it came; columns of one length, by time."""

    items: tuple[str, ...] = field(repr=False)
    placements: tuple[str, ...]
    whose: NDArray[np.int64] = field(repr=False)  # (N,): number of the member, or NONE; a number names nobody
    at: NDArray[np.int64] = field(repr=False)  # (N,): microseconds since 1970 UTC
    item: NDArray[np.int32] = field(repr=False)  # (N,): index into items
    placement: NDArray[np.int32] = field(repr=False)  # (N,): index into placements, or NONE
    propensity: NDArray[np.float64] = field(repr=False)  # (N,): of what was chosen; NaN: not known
    candidates: NDArray[np.int32] = field(repr=False)  # (N,): among how many; 0: not known
    by_lot: NDArray[np.bool_] = field(repr=False)  # (N,): held out: drawn evenly, whatever is known of the member
    delivered: NDArray[np.bool_] = field(repr=False)  # (N,)
    on_glass: NDArray[np.bool_] = field(repr=False)  # (N,)
    reward: NDArray[np.float64] = field(repr=False)  # (N,): in [0, 1], summed over all outcomes

    def __post_init__(self) -> None:
        count = len(self.at)
        for name, dtype in _COLUMNS.items():
            shaped(name, getattr(self, name), (count,), dtype)
        if (np.diff(self.at) < 0).any():
            raise ValueError("decisions must be in the order of time")
        if not (np.isfinite(self.reward).all() and (self.reward >= 0).all() and (self.reward <= 1 + 1e-9).all()):
            raise ValueError("reward must be in [0, 1]")

    def __len__(self) -> int:
        return len(self.at)

    @property
    def reacted(self) -> NDArray[np.bool_]:
        """(N,): a reaction that is worth something."""
        return self.reward > 0

    def converted(self, top: float) -> NDArray[np.bool_]:
        """(N,): the reaction that is worth most."""
        return self.reward >= top - 1e-9

    def people(self, rows: NDArray[np.bool_]) -> int:
        """How many members are behind those rows."""
        whose = np.unique(self.whose[rows])
        return int((whose != NONE).sum())

    def shown(self, rows: NDArray[np.bool_]) -> bool:
        """Whether a figure over those rows could point to somebody: then it is not shown."""
        people = self.people(rows)
        return bool(rows.any()) and (people == 0 or people >= LEAST)


_COLUMNS: Mapping[str, type] = {
    "whose": np.int64,
    "at": np.int64,
    "item": np.int32,
    "placement": np.int32,
    "propensity": np.float64,
    "candidates": np.int32,
    "by_lot": np.bool_,
    "delivered": np.bool_,
    "on_glass": np.bool_,
    "reward": np.float64,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What ids are called, and to which category an item belongs; an id without a title is its own."""

    kinds: Mapping[str, Localised] = field(default_factory=dict)
    items: Mapping[str, Localised] = field(default_factory=dict)
    placements: Mapping[str, Localised] = field(default_factory=dict)
    categories: Mapping[str, Localised] = field(default_factory=dict)
    category: Mapping[str, str] = field(default_factory=dict)  # item -> category
    currency: str | None = None

    @classmethod
    def of(cls, scenario: Scenario) -> "Names":
        """Those of a pack."""
        return cls(
            kinds={kind: entry.meaning for kind, entry in scenario.event_types.items()},
            items={item_id: item.title for item_id, item in scenario.items.items()},
            placements={name: place.name for name, place in scenario.placements.items()},
            categories=scenario.category_titles,
            category={item_id: item.category for item_id, item in scenario.items.items()},
            currency=scenario.currency,
        )

    def say(self, what: str, name: str, locale: str) -> str:
        """The title of a kind, item, placement or category."""
        titles: Mapping[str, Localised] = getattr(self, what)
        return titles.get(name, {}).get(locale, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """All that a report reads."""

    title: str  # of the site, or of the file
    until: datetime  # the moment of the report; nothing lies after it
    series: Series  # of members who let models learn from it; their names are numbers
    decisions: Decisions | None
    names: Names
    top_reward: float = 1.0  # of the reaction that is worth most
    silent: int = 0  # members who do not let models learn from their events, who are in no figure about members


def nameless(series: Series) -> Series:
    """The same with numbers for members."""
    return replace(series, members=tuple(map(str, range(len(series.members)))))


def decisions_of(
    *,
    at: Sequence[int] | NDArray[np.int64],
    item: Sequence[str],
    members: Sequence[str | None] | None = None,
    placement: Sequence[str | None] | None = None,
    propensity: Sequence[float] | NDArray[np.float64] | None = None,
    candidates: Sequence[int] | NDArray[np.int64] | None = None,
    by_lot: Sequence[bool] | NDArray[np.bool_] | None = None,
    delivered: Sequence[bool] | NDArray[np.bool_] | None = None,
    on_glass: Sequence[bool] | NDArray[np.bool_] | None = None,
    reward: Sequence[float] | NDArray[np.float64] | None = None,
) -> Decisions:
    """Rows in any order; what is not known of any is left out. Whose they are becomes a number."""
    times = np.asarray(at, np.int64)
    order = np.argsort(times, kind="stable")
    items, item_index = _indexed(item)
    places, place_index = _indexed(placement or [None] * len(times))
    _, whose = _indexed(members if members is not None else [None] * len(times))
    yes, no = np.ones(len(times), np.bool_), np.zeros(len(times), np.bool_)
    columns: dict[str, NDArray[Any]] = {
        "whose": whose.astype(np.int64),
        "at": times,
        "item": item_index,
        "placement": place_index,
        "propensity": np.full(len(times), np.nan) if propensity is None else np.asarray(propensity, np.float64),
        "candidates": np.zeros(len(times), np.int32) if candidates is None else np.asarray(candidates, np.int32),
        "by_lot": no if by_lot is None else np.asarray(by_lot, np.bool_),
        "delivered": yes if delivered is None else np.asarray(delivered, np.bool_),
        "on_glass": yes if on_glass is None else np.asarray(on_glass, np.bool_),
        "reward": np.zeros(len(times)) if reward is None else np.asarray(reward, np.float64),
    }
    return Decisions(items=items, placements=places, **{name: column[order] for name, column in columns.items()})


def _indexed(names: Sequence[str | None]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Names in order, and the index of each; nothing is NONE."""
    known = tuple(sorted({name for name in names if name}))
    number = {name: index for index, name in enumerate(known)}
    return known, np.array([number.get(name or "", NONE) for name in names], np.int32)
